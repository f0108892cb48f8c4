import Bytes
import Testing
import LedgerTreaty
