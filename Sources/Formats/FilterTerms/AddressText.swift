package import Ruleset

/// Addresses of both families as text.
package enum AddressText {
    /// `192.0.2.1`, four decimal parts.
    package static func v4(_ text: ArraySlice<UInt8>) -> UInt128? {
        var value: UInt128 = 0
        var part = 0
        var digits = 0
        var parts = 0
        for byte in text {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                part = part * 10 + Int(byte - UInt8(ascii: "0"))
                digits += 1
                guard digits <= 3, part <= 255 else { return nil }
            case UInt8(ascii: "."):
                guard digits > 0, parts < 3 else { return nil }
                value = value << 8 | UInt128(part)
                (part, digits, parts) = (0, 0, parts + 1)
            default: return nil
            }
        }
        guard parts == 3, digits > 0 else { return nil }
        return value << 8 | UInt128(part)
    }

    /// Text forms of RFC 4291, section 2.2, an IPv4 address at the end included.
    package static func v6(_ text: ArraySlice<UInt8>) -> UInt128? {
        guard text.count <= 45 else { return nil }
        var groups: [UInt128] = []
        var gap: Int?
        let pieces = text.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        guard pieces.count >= 3 else { return nil }
        for (index, piece) in pieces.enumerated() {
            if piece.isEmpty {
                let isEdge = index == 0 || index == pieces.count - 1
                if isEdge {
                    // An empty end belongs to a `::` beside it.
                    let beside = index == 0 ? 1 : pieces.count - 2
                    guard pieces[beside].isEmpty else { return nil }
                    continue
                }
                guard gap == nil else { return nil }
                gap = groups.count
            } else if index == pieces.count - 1, piece.contains(UInt8(ascii: ".")) {
                guard let last = v4(piece) else { return nil }
                groups += [last >> 16, last & 0xFFFF]
            } else {
                guard piece.count <= 4, let group = hexadecimal(piece) else { return nil }
                groups.append(group)
            }
        }
        guard gap == nil ? groups.count == 8 : groups.count < 8 else { return nil }
        if let gap {
            groups.insert(contentsOf: repeatElement(0, count: 8 - groups.count), at: gap)
        }
        return groups.reduce(0) { $0 << 16 | $1 }
    }

    /// An address of either family.
    package static func address(
        _ text: ArraySlice<UInt8>
    ) -> (value: UInt128, family: Families)? {
        if let value = v4(text) { return (value, .v4) }
        return v6(text).map { ($0, .v6) }
    }

    /// Bits of an address.
    package static func width(_ family: Families) -> Int { family == .v4 ? 32 : 128 }

    /// The addresses that begin like one; host bits do not matter.
    package static func prefix(
        _ address: UInt128, _ length: Int, _ family: Families
    ) -> ClosedRange<UInt128>? {
        let width = width(family)
        guard (0...width).contains(length) else { return nil }
        let host: UInt128 = width - length >= 128 ? .max : (1 << UInt128(width - length)) - 1
        return (address & ~host)...(address | host)
    }

    /// The length of a mask whose ones stand in front; nil for any other.
    package static func length(ofMask mask: UInt128, _ family: Families) -> Int? {
        let width = width(family)
        let ones = mask.nonzeroBitCount
        guard let range = prefix(0, ones, family), ones <= width else { return nil }
        let all: UInt128 = family == .v4 ? UInt128(UInt32.max) : .max
        return mask == all - range.upperBound ? ones : nil
    }

    private static func hexadecimal(_ text: ArraySlice<UInt8>) -> UInt128? {
        var value: UInt128 = 0
        for byte in text {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                value = value << 4 | UInt128(byte - UInt8(ascii: "0"))
            case UInt8(ascii: "a")...UInt8(ascii: "f"):
                value = value << 4 | UInt128(byte - UInt8(ascii: "a") + 10)
            case UInt8(ascii: "A")...UInt8(ascii: "F"):
                value = value << 4 | UInt128(byte - UInt8(ascii: "A") + 10)
            default: return nil
            }
        }
        return value
    }
}
