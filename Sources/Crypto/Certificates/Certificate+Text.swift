/// RFC 7468: certificates as text.
extension Certificate {
    private static let first = "-----BEGIN CERTIFICATE-----"
    private static let last = "-----END CERTIFICATE-----"
    private static let alphabet = Array(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    private static let lineBytes = 64

    /// Lines of 64 characters between the marks.
    package var pem: String {
        var characters: [UInt8] = []
        for start in stride(from: 0, to: der.count, by: 3) {
            let part = der[start..<min(start + 3, der.count)]
            var group: UInt32 = 0
            for byte in part { group = group << 8 | UInt32(byte) }
            group <<= 8 * UInt32(3 - part.count)
            for index in 0..<4 {
                let six = Int(group >> (18 - 6 * UInt32(index)) & 63)
                characters.append(index > part.count ? UInt8(ascii: "=") : Self.alphabet[six])
            }
        }
        var text = Self.first + "\n"
        for start in stride(from: 0, to: characters.count, by: Self.lineBytes) {
            let end = min(start + Self.lineBytes, characters.count)
            text += String(decoding: characters[start..<end], as: UTF8.self) + "\n"
        }
        return text + Self.last + "\n"
    }

    /// Reads the text of exactly one certificate; nil for anything else.
    package init?(pem text: String) {
        guard text.utf8.count <= 2 * Self.bytesMax else { return nil }
        let lines = text.split(whereSeparator: \.isNewline)
        guard lines.count >= 3, lines.first == Self.first[...], lines.last == Self.last[...] else {
            return nil
        }
        var der: [UInt8] = []
        var group: UInt32 = 0
        var held = 0
        var padding = 0
        for byte in lines[1..<lines.count - 1].joined().utf8 {
            var six: UInt32 = 0
            if byte == UInt8(ascii: "=") {
                padding += 1
            } else {
                guard padding == 0, let place = Self.alphabet.firstIndex(of: byte) else {
                    return nil
                }
                six = UInt32(place)
            }
            group = group << 6 | six
            held += 1
            if held == 4 {
                der += [UInt8(group >> 16 & 255), UInt8(group >> 8 & 255), UInt8(group & 255)]
                group = 0
                held = 0
            }
        }
        guard held == 0, padding <= 2 else { return nil }
        der.removeLast(padding)
        self.init(der: der)
    }
}
