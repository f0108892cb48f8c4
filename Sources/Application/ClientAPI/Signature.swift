/// The text forms of a signature: HMAC-SHA256 as 64 lower-case hexadecimal digits, Ed25519 as
/// base64 with its padding.
public enum Signature {
    /// The 32 or 64 bytes; nil for any other text.
    public static func parse(_ text: String) -> [UInt8]? {
        let digits = Array(text.utf8)
        switch digits.count {
        case 64: return hexadecimal(digits)
        case 88: return base64(digits)
        default: return nil
        }
    }

    private static func hexadecimal(_ digits: [UInt8]) -> [UInt8]? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(32)
        for index in stride(from: 0, to: digits.count, by: 2) {
            guard let high = nibble(digits[index]), let low = nibble(digits[index + 1]) else {
                return nil
            }
            bytes.append(high << 4 | low)
        }
        return bytes
    }

    private static func nibble(_ digit: UInt8) -> UInt8? {
        switch digit {
        case 0x30...0x39: digit - 0x30
        case 0x61...0x66: digit - 0x57
        default: nil
        }
    }

    /// 86 digits, of which the last ends in four zero bits, and two signs of padding.
    private static func base64(_ digits: [UInt8]) -> [UInt8]? {
        guard digits[86] == 0x3D, digits[87] == 0x3D else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(64)
        var word: UInt32 = 0
        var bits: UInt32 = 0
        for digit in digits[..<86] {
            guard let value = sextet(digit) else { return nil }
            word = word << 6 | UInt32(value)
            bits += 6
            if bits >= 8 {
                bits -= 8
                bytes.append(UInt8(truncatingIfNeeded: word >> bits))
            }
        }
        return word & (1 << bits - 1) == 0 ? bytes : nil
    }

    private static func sextet(_ digit: UInt8) -> UInt8? {
        switch digit {
        case 0x41...0x5A: digit - 0x41
        case 0x61...0x7A: digit - 0x61 + 26
        case 0x30...0x39: digit - 0x30 + 52
        case 0x2B: 62
        case 0x2F: 63
        default: nil
        }
    }
}
