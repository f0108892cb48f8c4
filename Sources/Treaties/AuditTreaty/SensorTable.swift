public import Addresses
public import Bytes

/// A published port of the host and the compartment behind it.
public struct PublishedPort: Sendable, Equatable {
    /// Host address; 0.0.0.0 stands for all of them.
    public var address: Address
    /// TCP port on the host.
    public var port: UInt16
    /// Index of the compartment that accepts.
    public var compartment: UInt16
    /// Id of the first flow that justifies it.
    public var flow: UInt32

    /// Puts an entry together.
    public init(address: Address, port: UInt16, compartment: UInt16, flow: UInt32) {
        self.address = address
        self.port = port
        self.compartment = compartment
        self.flow = flow
    }
}

/// What the sensor has to know to name what it sees; the supervisor hands it over in a memfd.
public struct SensorTable: Sendable, Equatable {
    /// Names and addresses of compartments by index.
    public var roster: Roster
    /// Uid of each compartment by index; 0 where it has none of its own.
    public var uids: [UInt32]
    /// Ports of the host that lead into the platform.
    public var published: [PublishedPort]
    /// Networks of the operators' side.
    public var office: [Prefix]
    /// Attempts from one outside zone that are listed in a second; the others are counted.
    public var outsidePerSecond: UInt32

    /// Largest encoded table in bytes.
    public static let bytesMax = 16 << 20
    private static let compartmentsMax = 4096
    private static let publishedMax = 4096
    private static let officeMax = 1024

    /// Puts a table together.
    public init(
        roster: Roster, uids: [UInt32], published: [PublishedPort] = [], office: [Prefix] = [],
        outsidePerSecond: UInt32 = 1000
    ) {
        self.roster = roster
        self.uids = uids
        self.published = published
        self.office = office
        self.outsidePerSecond = outsidePerSecond
    }

    /// The table as bytes.
    public func encode() -> [UInt8] {
        var writer = ByteWriter(capacity: 4096)
        writer.integer(UInt8(1))
        RosterCodec.encode(roster, into: &writer)
        writer.integer(UInt32(uids.count))
        for uid in uids { writer.integer(uid) }
        writer.integer(UInt32(published.count))
        for port in published {
            writer.integer(port.address.value)
            writer.integer(port.port)
            writer.integer(port.compartment)
            writer.integer(port.flow)
        }
        writer.integer(UInt32(office.count))
        for prefix in office {
            writer.integer(prefix.base.value)
            writer.integer(UInt8(prefix.length))
        }
        writer.integer(outsidePerSecond)
        return writer.bytes
    }

    /// Reads a whole table.
    public static func decode(_ bytes: [UInt8]) throws(Malformed) -> SensorTable {
        var reader = ByteReader(bytes)
        guard bytes.count <= bytesMax, try reader.integer(UInt8.self) == 1 else {
            throw Malformed(at: 0, expected: "a table of version 1")
        }
        var table = SensorTable(roster: try RosterCodec.decode(&reader), uids: [])
        for _ in 0..<(try reader.count(limit: compartmentsMax)) {
            table.uids.append(try reader.integer())
        }
        for _ in 0..<(try reader.count(limit: publishedMax)) {
            table.published.append(
                PublishedPort(
                    address: Address(try reader.integer()), port: try reader.integer(),
                    compartment: try reader.integer(), flow: try reader.integer()))
        }
        for _ in 0..<(try reader.count(limit: officeMax)) {
            let start = reader.position
            let base = Address(try reader.integer())
            guard let prefix = Prefix(base: base, length: Int(try reader.integer(UInt8.self)))
            else { throw Malformed(at: start, expected: "a network without host bits") }
            table.office.append(prefix)
        }
        table.outsidePerSecond = try reader.integer()
        try reader.finish()
        return table
    }
}
