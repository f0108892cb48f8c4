// Packets: exact sets of packets as boxes, and ordered rules over them. Nothing here knows where a
// rule was written or who asks. Bounds: a set holds at most `PacketSet.limit` boxes; a list as many
// rules as its maker lets in.

/// One property of a packet that rules look at: a dimension of the space of packets.
///
/// For ICMP and ICMPv6 the type stands in `sourcePort` and the code in `destinationPort`; the
/// protocol's number keeps the two meanings apart.
package enum Field: Int, Sendable, CaseIterable {
    /// Source and destination address: an IPv4 address in host order, or an `AddressAtoms` number.
    case source = 0
    case destination = 1
    /// Protocol or next header, 0 to 255 (IANA protocol numbers).
    case protocolNumber = 2
    case sourcePort = 3
    case destinationPort = 4
    /// A `ConnectionState`.
    case state = 5
    /// Numbers of the interfaces by which the packet arrives and departs, as the list's maker
    /// gives them out; 0 is none (a packet that the machine itself sends, or keeps).
    case arrival = 6
    case departure = 7

    /// The greatest value.
    package var last: UInt32 {
        switch self {
        case .source, .destination: .max
        case .protocolNumber: 255
        case .sourcePort, .destinationPort, .arrival, .departure: 65_535
        case .state: ConnectionState.untracked.rawValue
        }
    }

    /// What people call it.
    package var name: String {
        switch self {
        case .source: "source"
        case .destination: "destination"
        case .protocolNumber: "protocol"
        case .sourcePort: "source port"
        case .destinationPort: "destination port"
        case .state: "connection state"
        case .arrival: "input interface"
        case .departure: "output interface"
        }
    }
}

/// What connection tracking says of a packet (nf_conntrack; `ct state` of nftables).
///
/// In this order the two sets that rules name most, new with untracked apart and established with
/// related, are intervals.
package enum ConnectionState: UInt32, Sendable, CaseIterable {
    case new = 0
    case established = 1
    case related = 2
    case invalid = 3
    case untracked = 4

    /// As `ct state` writes it.
    package var name: String {
        switch self {
        case .new: "new"
        case .established: "established"
        case .related: "related"
        case .invalid: "invalid"
        case .untracked: "untracked"
        }
    }
}

/// One packet: a value for each field, indexed by `Field.rawValue`.
package struct Packet: Sendable, Hashable {
    package var values: SIMD8<UInt32>

    package init(_ values: SIMD8<UInt32> = .zero) { self.values = values }

    package subscript(_ field: Field) -> UInt32 {
        get { values[field.rawValue] }
        set { values[field.rawValue] = newValue }
    }
}
