import Bytes
import Testing
import IdentityTreaty
