/// Makes foreign text safe to show inside a message.
public enum Excerpt {
    /// The first `limit` characters, with what terminals and logs act on written as `\u{…}`.
    ///
    /// Covers control and format characters (escape sequences, line breaks, bidirectional
    /// overrides), so quoted input can neither forge a line nor colour one.
    public static func of(_ text: some StringProtocol, limit: Int = 60) -> String {
        var shown = ""
        for (index, scalar) in text.unicodeScalars.enumerated() {
            if index == limit {
                shown += "…"
                break
            }
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate:
                shown += "\\u{\(String(scalar.value, radix: 16))}"
            default: shown.unicodeScalars.append(scalar)
            }
        }
        return shown
    }
}
