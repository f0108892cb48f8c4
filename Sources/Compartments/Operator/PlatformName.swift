/// The name of a platform, as its file states it in plain sight.
///
/// Found without a parser, before one reads the file: whatever a file then does to the parser, its
/// plan is for the platform that any reader of the file sees named.
package enum PlatformName {
    private static let key = Array("platform".utf8)
    private static let lengthMax = 32

    /// The name behind `platform:` in a line of its own, at the line's start where there is one such
    /// line; nil when there is none.
    package static func stated(in text: [UInt8]) -> String? {
        let lines = text.split { $0 == 10 || $0 == 13 }
        for line in lines {
            if let name = name(in: line) { return name }
        }
        for line in lines {
            if let name = name(in: line.drop { " \t{".utf8.contains($0) }) { return name }
        }
        return nil
    }

    private static func name(in line: ArraySlice<UInt8>) -> String? {
        let quotes = Array("\"'".utf8)
        let rest = line.drop { quotes.contains($0) }
        guard rest.starts(with: key) else { return nil }
        let after = rest.dropFirst(key.count).drop { quotes.contains($0) }.drop { $0 == 32 }
        guard after.first == UInt8(ascii: ":") else { return nil }
        let value = after.dropFirst().drop { $0 == 32 || $0 == 9 || quotes.contains($0) }
        let name = value.prefix {
            (97...122).contains($0) || (48...57).contains($0) || $0 == UInt8(ascii: "-")
        }
        return (1...lengthMax).contains(name.count) ? String(decoding: name, as: UTF8.self) : nil
    }
}
