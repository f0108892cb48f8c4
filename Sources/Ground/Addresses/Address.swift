/// An IPv4 address in host byte order.
public struct Address: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// The address as an integer: 10.0.0.1 is 0x0A000001.
    public let value: UInt32

    /// From an integer in host byte order.
    public init(_ value: UInt32) { self.value = value }

    /// Reads strict dotted quads: four decimal numbers of 0 to 255 without leading zeroes.
    public init?(_ text: some StringProtocol) {
        var parts: [UInt32] = []
        for part in text.split(separator: ".", omittingEmptySubsequences: false) {
            guard (1...3).contains(part.utf8.count),
                part.utf8.allSatisfy({ (48...57).contains($0) }),
                part.utf8.count == 1 || part.utf8.first != 48, let number = UInt32(part),
                number <= 255
            else { return nil }
            parts.append(number)
        }
        guard parts.count == 4 else { return nil }
        value = parts[0] << 24 | parts[1] << 16 | parts[2] << 8 | parts[3]
    }

    /// Dotted quad.
    public var description: String {
        "\(value >> 24).\(value >> 16 & 255).\(value >> 8 & 255).\(value & 255)"
    }

    /// Numeric order.
    public static func < (left: Address, right: Address) -> Bool { left.value < right.value }
}

/// An IPv4 network in CIDR form with no host bits set.
public struct Prefix: Hashable, Sendable, CustomStringConvertible {
    /// The network's first address.
    public let base: Address
    /// Leading bits, 0 to 32.
    public let length: Int

    /// Nil when the length is out of range or host bits are set.
    public init?(base: Address, length: Int) {
        guard (0...32).contains(length), base.value & ~Self.mask(length) == 0 else { return nil }
        self.base = base
        self.length = length
    }

    /// Reads `10.0.0.0/8`; nil for anything else, host bits included.
    public init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let base = Address(parts[0]), (1...2).contains(parts[1].utf8.count),
            parts[1].utf8.allSatisfy({ (48...57).contains($0) }), let length = Int(parts[1])
        else { return nil }
        self.init(base: base, length: length)
    }

    private static func mask(_ length: Int) -> UInt32 {
        length == 0 ? 0 : ~0 << UInt32(32 - length)
    }

    /// The network's last address.
    public var last: Address { Address(base.value | ~Self.mask(length)) }
    /// Number of addresses.
    public var count: UInt64 { 1 << UInt64(32 - length) }
    /// Whether the address lies inside.
    public func contains(_ address: Address) -> Bool {
        address.value & Self.mask(length) == base.value
    }
    /// Whether the two share an address.
    public func overlaps(_ other: Prefix) -> Bool {
        contains(other.base) || other.contains(base)
    }
    /// CIDR form.
    public var description: String { "\(base)/\(length)" }
}

/// A transport protocol that a port belongs to.
public enum Transport: UInt8, Sendable, Hashable {
    case tcp = 6
    case udp = 17

    /// Reads `tcp` or `udp`.
    public init?(name: some StringProtocol) {
        switch name {
        case "tcp": self = .tcp
        case "udp": self = .udp
        default: return nil
        }
    }

    /// `tcp` or `udp`.
    public var name: String { self == .tcp ? "tcp" : "udp" }
}

/// A port of a transport, `tcp/443`; the port is 1 to 65,535.
public struct Port: Hashable, Sendable, CustomStringConvertible {
    /// TCP or UDP.
    public let transport: Transport
    /// 1 to 65,535.
    public let number: UInt16

    /// Nil for port zero.
    public init?(_ transport: Transport, _ number: UInt16) {
        guard number > 0 else { return nil }
        self.transport = transport
        self.number = number
    }

    /// Reads `tcp/443`; nil for anything else.
    public init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let transport = Transport(name: parts[0]),
            (1...5).contains(parts[1].utf8.count),
            parts[1].utf8.allSatisfy({ (48...57).contains($0) }), parts[1].utf8.first != 48,
            let number = UInt16(parts[1])
        else { return nil }
        self.init(transport, number)
    }

    /// `tcp/443`.
    public var description: String { "\(transport.name)/\(number)" }
}
