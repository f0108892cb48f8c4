internal import Packets

/// Which bit of which field each level looks at: protocol first, which is smallest by two to
/// three times on firewall sets, then addresses, then ports.
enum Levels {
    struct Place: Sendable {
        let field: Field
        /// Level of the most significant bit, and number of bits.
        let first: UInt8
        let bits: UInt8
    }

    static let places: [Place] = {
        let widths: [(Field, UInt8)] = [
            (.protocolNumber, 8), (.source, 32), (.destination, 32), (.destinationPort, 16),
            (.sourcePort, 16), (.state, 3), (.arrival, 16), (.departure, 16),
        ]
        var places: [Place] = []
        var next: UInt8 = 0
        for (field, bits) in widths {
            places.append(Place(field: field, first: next, bits: bits))
            next += bits
        }
        return places
    }()

    /// The level below the last bit.
    static let end: UInt8 = 139

    /// The value of a packet's bit at a level.
    static func bit(_ level: UInt8, of packet: Packet) -> Bool {
        guard let place = places.last(where: { $0.first <= level }) else { return false }
        let shift = UInt32(place.bits - 1 - (level - place.first))
        return packet[place.field] >> shift & 1 == 1
    }
}
