import Bytes
import Testing
import RequestTreaty
