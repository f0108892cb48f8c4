import Bytes
import Testing
import AdminTreaty
