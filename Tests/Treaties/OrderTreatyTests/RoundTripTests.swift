import Bytes
import Testing
import OrderTreaty
