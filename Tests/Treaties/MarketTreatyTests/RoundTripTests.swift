import Bytes
import Testing
import MarketTreaty
