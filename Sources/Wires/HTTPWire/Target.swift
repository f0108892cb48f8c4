/// Judges a request's target, which is taken only in its normal form.
///
/// A client signs its target, so the bytes that are inspected, signed and forwarded must be the
/// same: a target that normalisation would change is refused instead of changed.
enum Target {
    /// Nil for a path and query in origin form and normal form.
    static func refusal(of bytes: [UInt8], in range: Range<Int>) -> Refusal? {
        guard let first = range.first, bytes[first] == slash else { return .target }
        var place = range.lowerBound
        var isQuery = false
        var segment = place + 1
        while place < range.upperBound {
            let byte = bytes[place]
            switch byte {
            case percent:
                if let found = encoded(bytes, place, range.upperBound) { return found }
                place += 2
            case question where !isQuery:
                guard isNormalSegment(bytes, segment..<place, isLast: true) else {
                    return .targetNotNormal
                }
                isQuery = true
            case slash, question:
                if isQuery { break }
                if place > range.lowerBound {
                    guard isNormalSegment(bytes, segment..<place, isLast: false) else {
                        return .targetNotNormal
                    }
                    segment = place + 1
                }
            default:
                guard Octet.isPath(byte) else { return .target }
            }
            place += 1
        }
        guard isQuery || isNormalSegment(bytes, segment..<place, isLast: true) else {
            return .targetNotNormal
        }
        return nil
    }

    private static let slash: UInt8 = 0x2F
    private static let question: UInt8 = 0x3F
    private static let percent: UInt8 = 0x25
    private static let dot: UInt8 = 0x2E
    private static let semicolon: UInt8 = 0x3B

    /// No empty segment but the last, and no dot segment, not even with parameters behind it.
    private static func isNormalSegment(
        _ bytes: [UInt8], _ range: Range<Int>, isLast: Bool
    ) -> Bool {
        if range.isEmpty { return isLast }
        var place = range.lowerBound
        while place < range.upperBound, bytes[place] == dot { place += 1 }
        let dots = place - range.lowerBound
        let isEnd = place == range.upperBound || bytes[place] == semicolon
        return !((dots == 1 || dots == 2) && isEnd)
    }

    /// What is wrong with `%XY`: it must be two capital digits for a visible ASCII character that
    /// has to be encoded, and neither a slash of either kind nor the start of a second encoding.
    private static func encoded(_ bytes: [UInt8], _ place: Int, _ end: Int) -> Refusal? {
        guard place + 2 < end, let high = Octet.hexadecimal(bytes[place + 1]),
            let low = Octet.hexadecimal(bytes[place + 2])
        else { return .target }
        let byte = high << 4 | low
        guard (0x20..<0x7F).contains(byte), byte != slash, byte != 0x5C, byte != percent else {
            return .target
        }
        guard bytes[place + 1] < 0x61, bytes[place + 2] < 0x61, !Octet.isUnreserved(byte) else {
            return .targetNotNormal
        }
        return nil
    }

    /// Splits an absolute form `https://authority/path?query`; nil for any other.
    static func absolute(
        _ bytes: [UInt8], in range: Range<Int>
    ) -> (authority: Range<Int>, rest: Range<Int>)? {
        let scheme = range.lowerBound + 8
        guard scheme <= range.upperBound, bytes.says("https://", in: range.lowerBound..<scheme)
        else { return nil }
        var place = scheme
        while place < range.upperBound, bytes[place] != slash, bytes[place] != question {
            place += 1
        }
        return (scheme..<place, place..<range.upperBound)
    }

    /// A host with an optional port, and nobody's name before it.
    static func isAuthority(_ bytes: [UInt8], in range: Range<Int>) -> Bool {
        guard let first = range.first else { return false }
        var place = first
        if bytes[first] == 0x5B {
            place += 1
            let inner = place
            while place < range.upperBound, bytes[place] != 0x5D {
                let byte = bytes[place]
                guard Octet.hexadecimal(byte) != nil || byte == Octet.colon || byte == dot else {
                    return false
                }
                place += 1
            }
            guard place < range.upperBound, place - inner >= 2 else { return false }
            place += 1
        } else {
            while place < range.upperBound, bytes[place] != Octet.colon {
                let byte = bytes[place]
                guard Octet.isAlphanumeric(byte) || byte == 0x2D || byte == dot || byte == 0x5F
                else { return false }
                place += 1
            }
            guard place > first, place - first <= 253 else { return false }
        }
        if place == range.upperBound { return true }
        guard bytes[place] == Octet.colon else { return false }
        return isPort(bytes, in: (place + 1)..<range.upperBound)
    }

    private static func isPort(_ bytes: [UInt8], in range: Range<Int>) -> Bool {
        guard (1...5).contains(range.count) else { return false }
        var value = 0
        for place in range {
            guard (0x30...0x39).contains(bytes[place]) else { return false }
            value = value * 10 + Int(bytes[place] - 0x30)
        }
        return (1...65_535).contains(value)
    }
}
