import Addresses
import AuditTreaty
import Netlink
import Sensors

/// A platform of two compartments, one published port, and an office.
enum Fixtures {
    static let web = Address(0x0A4D_0105)
    static let data = Address(0x0A4D_0304)
    static let stranger = Address(0xC633_6409)

    static func table(perSecond: UInt32 = 3) -> SensorTable {
        SensorTable(
            roster: Roster(
                platform: "first", file: "first.yaml", isolation: "full",
                compartments: [
                    RosterEntry(name: "web", zone: "dmz", address: web),
                    RosterEntry(name: "db", zone: "data", address: data),
                    RosterEntry(name: "sensor", zone: "dmz", address: Address(0)),
                ], flows: []),
            uids: [70_001, 70_002, 0],
            published: [
                PublishedPort(address: Address(0), port: 8443, compartment: 0, flow: 2),
                PublishedPort(address: Address(0x7F00_0001), port: 8080, compartment: 1, flow: 3),
            ],
            office: [Prefix(base: Address(0xC000_0200), length: 24)].compactMap { $0 },
            outsidePerSecond: perSecond)
    }

    static func record(
        _ group: UInt16, _ sequence: UInt32, from: Address, to: Address, mark: UInt32 = 0,
        input: UInt32 = 0, port: UInt16 = 5432, uid: UInt32 = .max
    ) -> LogRecord {
        var record = LogRecord()
        record.group = group
        record.sequence = sequence
        record.mark = mark
        record.inputInterface = input
        record.transport = 6
        record.source = from.value
        record.target = to.value
        record.sourcePort = 40_000
        record.targetPort = port
        record.uid = uid
        return record
    }
}

extension EventOutlet {
    /// Everything added so far, in order.
    mutating func events() throws -> [Event] {
        seal()
        var events: [Event] = []
        while let message = front {
            events += try EventMessage.decode(message).events
            advance()
        }
        return events
    }
}
