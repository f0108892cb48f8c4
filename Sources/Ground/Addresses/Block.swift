/// An IPv6 address as text.
public enum Address6 {
    /// Reads RFC 4291 text: eight groups of up to four digits, one `::`, IPv4 in the last two; nil
    /// for anything else, zones included.
    public static func value(_ text: some StringProtocol) -> UInt128? {
        guard text.utf8.count <= 45 else { return nil }
        let halves = split(String(text))
        guard (1...2).contains(halves.count),
            let head = groups(halves[0], isLast: halves.count == 1)
        else { return nil }
        guard halves.count == 2 else { return head.count == 8 ? joined(head) : nil }
        guard let tail = groups(halves[1], isLast: true), head.count + tail.count <= 7 else {
            return nil
        }
        return joined(head + Array(repeating: 0, count: 8 - head.count - tail.count) + tail)
    }

    /// The text before and after `::`.
    private static func split(_ text: String) -> [Substring] {
        guard let gap = text.firstRange(of: "::") else { return [text[...]] }
        return [text[..<gap.lowerBound], text[gap.upperBound...]]
    }

    private static func groups(_ text: Substring, isLast: Bool) -> [UInt128]? {
        guard !text.isEmpty else { return [] }
        let words = text.split(separator: ":", omittingEmptySubsequences: false)
        var groups: [UInt128] = []
        for (index, word) in words.enumerated() {
            if isLast, index == words.count - 1, word.contains("."), let old = Address(word) {
                groups += [UInt128(old.value >> 16), UInt128(old.value & 0xFFFF)]
                continue
            }
            guard (1...4).contains(word.utf8.count), word.utf8.first != UInt8(ascii: "+"),
                let value = UInt128(word, radix: 16)
            else { return nil }
            groups.append(value)
        }
        return groups.count <= 8 ? groups : nil
    }

    private static func joined(_ groups: [UInt128]) -> UInt128 {
        groups.reduce(0) { $0 << 16 | $1 }
    }
}

/// The addresses of a CIDR block or of one address, of either family.
public enum Block: Hashable, Sendable {
    case v4(ClosedRange<UInt32>)
    case v6(ClosedRange<UInt128>)

    /// Reads `10.0.0.0/8`, `2001:db8::/32` or an address alone; bits behind the prefix are masked,
    /// and `isMasked` says that there were some.
    public static func read(_ text: some StringProtocol) -> (block: Block, isMasked: Bool)? {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = parts.first else { return nil }
        if let address = Address(first) {
            guard let length = length(parts, most: 32) else { return nil }
            let hosts: UInt32 = length == 0 ? .max : (1 << UInt32(32 - length)) - 1
            let base = address.value & ~hosts
            return (.v4(base...(base | hosts)), base != address.value)
        }
        guard let address = Address6.value(first), let length = length(parts, most: 128) else {
            return nil
        }
        let hosts: UInt128 = length == 0 ? .max : (1 << UInt128(128 - length)) - 1
        let base = address & ~hosts
        return (.v6(base...(base | hosts)), base != address)
    }

    private static func length(_ parts: [some StringProtocol], most: Int) -> Int? {
        guard parts.count == 2 else { return most }
        guard (1...3).contains(parts[1].utf8.count),
            parts[1].utf8.allSatisfy({ (48...57).contains($0) }), let length = Int(parts[1]),
            length <= most
        else { return nil }
        return length
    }
}
