/// Ratchets: what is small stays small.
///
/// A file or function over the bound needs a line here with
/// its reason, and the line goes when the file shrinks.
enum SizeLaw {
    static let fileLinesMax = 400
    static let functionLinesMax = 60
    /// The jail runs as root before it confines itself: every line of it counts.
    static let jailLinesMax = 800

    /// Path to reason.
    static let longFiles: [String: String] = [:]

    /// `path function` to reason.
    static let longFunctions: [String: String] = [:]

    static func findings(in file: SourceFile, exceptions: [String: String] = longFiles) -> [String]
    {
        let count = file.lines.count - (file.text.hasSuffix("\n") ? 1 : 0)
        if exceptions[file.path] != nil {
            return count > fileLinesMax
                ? [] : ["\(file.path): fits in \(fileLinesMax) lines again; drop its exception"]
        }
        return count <= fileLinesMax
            ? [] : ["\(file.path): \(count) lines, over \(fileLinesMax); find its second subject"]
    }

    static func functionFindings(
        in file: SourceFile, exceptions: [String: String] = longFunctions
    ) -> [String] {
        functions(in: SwiftText(file.text).code).compactMap { function in
            guard function.lines > functionLinesMax,
                exceptions["\(file.path) \(function.name)"] == nil
            else { return nil }
            return "\(file.path):\(function.line): \(function.name) has \(function.lines) lines, "
                + "over \(functionLinesMax); give its parts names"
        }
    }

    static func jailFindings(in files: [SourceFile], limit: Int = jailLinesMax) -> [String] {
        let total = files.reduce(0) { sum, file in
            sum + file.text.utf8.count { $0 == 10 }
        }
        return total <= limit ? [] : ["the jail has \(total) lines of C, over \(limit)"]
    }

    struct Function: Equatable {
        let name: String
        let line: Int
        let lines: Int
    }

    /// Every function, initialiser and subscript with a body, in code without literals.
    static func functions(in code: [UInt8]) -> [Function] {
        var found: [Function] = []
        var line = 1
        var place = 0
        while place < code.count {
            if code[place] == 10 { line += 1 }
            if let name = declaration(in: code, at: place), let end = bodyEnd(in: code, from: place)
            {
                let lines = code[place...end].count { $0 == 10 } + 1
                found.append(Function(name: name, line: line, lines: lines))
            }
            place += 1
        }
        return found
    }

    private static let keywords = ["func", "init", "deinit", "subscript"]

    /// The name of what is declared at `place`, when a declaration begins there.
    private static func declaration(in code: [UInt8], at place: Int) -> String? {
        if place > 0, Search.isWord(code[place - 1]) || code[place - 1] == UInt8(ascii: ".") {
            return nil
        }
        for keyword in keywords where code[place...].starts(with: keyword.utf8) {
            let end = place + keyword.utf8.count
            if end < code.count, Search.isWord(code[end]) { return nil }
            guard keyword == "func" else { return keyword }
            let name = code[end...].drop { $0 == 32 }.prefix { $0 != UInt8(ascii: "(") && $0 > 32 }
            return String(decoding: name, as: UTF8.self)
        }
        return nil
    }

    /// Where the body that follows closes; nil when what follows has none.
    private static func bodyEnd(in code: [UInt8], from start: Int) -> Int? {
        var parentheses = 0
        var braces = 0
        for place in start..<code.count {
            switch code[place] {
            case UInt8(ascii: "("), UInt8(ascii: "["): parentheses += 1
            case UInt8(ascii: ")"), UInt8(ascii: "]"): parentheses -= 1
            case UInt8(ascii: "{"): braces += 1
            case UInt8(ascii: "}"):
                braces -= 1
                if braces < 0 { return nil }
                if braces == 0, parentheses == 0 { return place }
            default:
                // A requirement has no body: the next declaration comes first.
                if braces == 0, parentheses == 0, place > start + 8,
                    declaration(in: code, at: place) != nil
                {
                    return nil
                }
            }
            if parentheses < 0 { return nil }
        }
        return nil
    }
}
