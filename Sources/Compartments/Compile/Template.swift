/// Text with `${NAME}` references; `$$` stands for one dollar.
enum Template {
    enum Fault: Error, Equatable {
        /// `${` without its end.
        case open
        /// No such reference, or one that the service may not make.
        case unknown(String)
    }

    private static let referenceBytesMax = 200

    /// The text with every reference replaced by its value.
    static func expand(
        _ text: String, _ value: (Substring) -> String?
    ) throws(Fault) -> String {
        var result = ""
        var rest = Substring(text)
        // By bytes: no other character of UTF-8 holds one of these.
        while let dollar = rest.utf8.firstIndex(of: UInt8(ascii: "$")) {
            result += rest[..<dollar]
            rest = rest[rest.utf8.index(after: dollar)...]
            if rest.utf8.first == UInt8(ascii: "$") {
                result.append("$")
                rest = rest[rest.utf8.index(after: rest.startIndex)...]
            } else if rest.utf8.first == UInt8(ascii: "{") {
                guard let end = rest.utf8.firstIndex(of: UInt8(ascii: "}")) else { throw .open }
                let name = rest[rest.utf8.index(after: rest.startIndex)..<end]
                guard name.utf8.count <= referenceBytesMax, let found = value(name) else {
                    throw .unknown(String(name.prefix(referenceBytesMax)))
                }
                result += found
                rest = rest[rest.utf8.index(after: end)...]
            } else {
                result.append("$")
            }
        }
        return result + rest
    }
}
