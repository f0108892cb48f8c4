import AuditTreaty
import Bytes
import Testing

@Suite("Sensor table")
struct SensorTableTests {
    @Test("a table survives writing and reading")
    func roundTrip() throws {
        let table = Fixtures.table()
        #expect(try SensorTable.decode(table.encode()) == table)
    }

    @Test("a shortened or changed table is malformed or another table, and never traps")
    func malformed() {
        let bytes = Fixtures.table().encode()
        for count in 0..<bytes.count {
            #expect(throws: Malformed.self) { try SensorTable.decode(Array(bytes.prefix(count))) }
        }
        #expect(throws: Malformed.self) { try SensorTable.decode(bytes + [0]) }
        for index in bytes.indices {
            for value in [UInt8(0), 0x7F, 0xFF] {
                var changed = bytes
                changed[index] = value
                _ = try? SensorTable.decode(changed)
            }
        }
    }
}
