package import Addresses
package import Bytes

/// A tracked IPv4 connection, seen from the side that opened it.
package struct Connection: Sendable, Equatable {
    package var source: Address
    package var target: Address
    /// IP protocol number.
    package var transport: UInt8
    /// 0 for protocols without ports.
    package var sourcePort: UInt16
    package var targetPort: UInt16
    /// The mark that connection tracking keeps; not the packet's.
    package var mark: UInt32 = 0
    /// The kernel's own number of the entry, and its tuple as it came: what a deletion names.
    var id: [UInt8] = []
    var tuple: [UInt8] = []

    package init(
        source: Address, target: Address, transport: UInt8, sourcePort: UInt16, targetPort: UInt16
    ) {
        self.source = source
        self.target = target
        self.transport = transport
        self.sourcePort = sourcePort
        self.targetPort = targetPort
    }
}

/// Connection tracking messages (`linux/netfilter/nfnetlink_conntrack.h`): pure.
package enum ConnectionMessages {
    private static let get: UInt16 = 0x0101
    private static let delete: UInt16 = 0x0102

    /// Asks for every IPv4 entry.
    package static let all = Request(get) { $0.raw([2, 0, 0, 0]) }

    /// Removes exactly the entry that was read, not a later one with the same addresses.
    package static func remove(_ connection: Connection) -> Request {
        Request(delete) { writer in
            writer.raw([2, 0, 0, 0])
            writer.nest(1, nested: true) { $0.raw(connection.tuple) }
            if !connection.id.isEmpty { writer.attribute(12, connection.id) }
        }
    }

    /// Reads one entry of a dump; nil when it is not IPv4.
    package static func parse(
        _ bytes: Span<UInt8>, _ payload: Range<Int>
    ) throws(Malformed) -> Connection? {
        guard payload.count >= 4 else {
            throw Malformed(at: payload.lowerBound, expected: "a netfilter header")
        }
        guard bytes.u8(payload.lowerBound) == 2 else { return nil }
        var offset = payload.lowerBound + 4
        var found: Connection?
        var id: [UInt8] = []
        var mark: UInt32 = 0
        while let attribute = try MessageReader.attribute(
            in: bytes, at: &offset, end: payload.upperBound)
        {
            switch attribute.type {
            case 1: found = try tuple(bytes, attribute.value)
            case 8 where attribute.value.count >= 4:
                mark = bytes.be32(attribute.value.lowerBound)
            case 12: id = bytes.copy(attribute.value)
            default: continue
            }
        }
        found?.id = id
        found?.mark = mark
        return found
    }

    private static func tuple(
        _ bytes: Span<UInt8>, _ range: Range<Int>
    ) throws(Malformed) -> Connection {
        var found = Connection(
            source: Address(0), target: Address(0), transport: 0, sourcePort: 0, targetPort: 0)
        var offset = range.lowerBound
        while let part = try MessageReader.attribute(in: bytes, at: &offset, end: range.upperBound)
        {
            var inner = part.value.lowerBound
            while let field = try MessageReader.attribute(
                in: bytes, at: &inner, end: part.value.upperBound)
            {
                let at = field.value.lowerBound
                switch (part.type, field.type, field.value.count) {
                case (1, 1, 4...): found.source = Address(bytes.be32(at))
                case (1, 2, 4...): found.target = Address(bytes.be32(at))
                case (2, 1, 1...): found.transport = bytes.u8(at)
                case (2, 2, 2...): found.sourcePort = bytes.be16(at)
                case (2, 3, 2...): found.targetPort = bytes.be16(at)
                default: continue
                }
            }
        }
        found.tuple = bytes.copy(range)
        return found
    }
}
