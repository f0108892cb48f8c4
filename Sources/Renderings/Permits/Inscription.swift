/// Words of an operator made fit for comments of other formats: nothing in them can end a comment,
/// a quoted text or a line.
package enum Inscription {
    /// Letters, digits, spaces and `._-/:()#,@+=&;!*[]<>?` of ASCII; each other scalar becomes `?`,
    /// white space a space, and the text is cut at `limit` bytes.
    package static func plain(_ text: String, limit: Int) -> String {
        cut(text, limit) { marks.contains($0) }
    }

    /// What a description of AWS may hold (`a-zA-Z0-9. _-:/()#,@[]+=&;{}!$*`), without those that
    /// Terraform acts on; 255 characters at most.
    package static func cloud(_ text: String) -> String {
        cut(text.replacing(">", with: "to"), 255) { cloudMarks.contains($0) }
    }

    private static let marks = Set("._-/:()#,@+=&;!*[]<>?'|".unicodeScalars)
    private static let cloudMarks = Set("._-:/()#,@[]+=&;!*".unicodeScalars)

    private static func cut(
        _ text: String, _ limit: Int, _ isMark: (Unicode.Scalar) -> Bool
    ) -> String {
        var bytes: [UInt8] = []
        for scalar in text.unicodeScalars {
            guard bytes.count < limit else { break }
            let isWord =
                switch scalar {
                case "a"..."z", "A"..."Z", "0"..."9", " ": true
                default: isMark(scalar)
                }
            if isWord {
                bytes.append(UInt8(truncatingIfNeeded: scalar.value))
            } else if scalar.properties.isWhitespace {
                bytes.append(UInt8(ascii: " "))
            } else {
                bytes.append(UInt8(ascii: isMark("?") ? "?" : "_"))
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
