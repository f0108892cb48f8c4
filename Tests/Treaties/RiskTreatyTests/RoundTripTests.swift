import Bytes
import Testing
import RiskTreaty
