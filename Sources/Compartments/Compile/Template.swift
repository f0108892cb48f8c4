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
        while let dollar = rest.firstIndex(of: "$") {
            result += rest[..<dollar]
            rest = rest[rest.index(after: dollar)...]
            if rest.first == "$" {
                result.append("$")
                rest = rest.dropFirst()
            } else if rest.first == "{" {
                guard let end = rest.firstIndex(of: "}") else { throw .open }
                let name = rest[rest.index(after: rest.startIndex)..<end]
                guard name.utf8.count <= referenceBytesMax, let found = value(name) else {
                    throw .unknown(String(name.prefix(referenceBytesMax)))
                }
                result += found
                rest = rest[rest.index(after: end)...]
            } else {
                result.append("$")
            }
        }
        return result + rest
    }
}
