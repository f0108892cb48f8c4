/// Swift text taken apart far enough for the laws: code without literals, and comments.
///
/// Both views keep every line, so a finding's line is the file's.
struct SwiftText {
    let code: [UInt8]
    let comments: [UInt8]

    private enum Context {
        /// Code inside a string's `\( )`, with the open parentheses counted.
        case interpolation(Int)
        case string(hashes: Int, quotes: Int)
        case block(Int)
        case line
    }

    init(_ text: String) {
        var scan = Scan(Array(text.utf8))
        scan.run()
        code = scan.code
        comments = scan.comments
    }

    var codeLines: [ArraySlice<UInt8>] {
        code.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    }

    var commentLines: [ArraySlice<UInt8>] {
        comments.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    }

    private struct Scan {
        let bytes: [UInt8]
        var code: [UInt8]
        var comments: [UInt8]
        var contexts: [Context] = []
        var place = 0

        init(_ bytes: [UInt8]) {
            self.bytes = bytes
            let blank = bytes.map { $0 == 10 ? $0 : UInt8(ascii: " ") }
            code = blank
            comments = blank
        }

        mutating func run() {
            while place < bytes.count {
                switch contexts.last {
                case nil: stepCode(parentheses: nil)
                case .interpolation(let count): stepCode(parentheses: count)
                case .string(let hashes, let quotes): stepString(hashes, quotes)
                case .block(let depth): stepBlock(depth)
                case .line: stepLine()
                }
            }
        }

        private func starts(with word: String, at offset: Int = 0) -> Bool {
            bytes[(place + offset)...].starts(with: word.utf8)
        }

        private mutating func stepCode(parentheses: Int?) {
            if starts(with: "//") { return contexts.append(.line) }
            if starts(with: "/*") {
                contexts.append(.block(0))
                return
            }
            let hashes = bytes[place...].prefix { $0 == UInt8(ascii: "#") }.count
            if place + hashes < bytes.count, bytes[place + hashes] == UInt8(ascii: "\"") {
                let quotes = starts(with: "\"\"\"", at: hashes) ? 3 : 1
                code[place + hashes] = UInt8(ascii: "\"")
                contexts.append(.string(hashes: hashes, quotes: quotes))
                place += hashes + quotes
                return
            }
            let byte = bytes[place]
            if let parentheses {
                contexts.removeLast()
                if byte == UInt8(ascii: ")"), parentheses == 0 {
                    place += 1
                    return
                }
                let change = byte == UInt8(ascii: "(") ? 1 : byte == UInt8(ascii: ")") ? -1 : 0
                contexts.append(.interpolation(parentheses + change))
            }
            code[place] = byte
            place += 1
        }

        private mutating func stepString(_ hashes: Int, _ quotes: Int) {
            let marks = String(repeating: "#", count: hashes)
            if starts(with: "\\" + marks + "(") {
                contexts.append(.interpolation(0))
                place += hashes + 2
            } else if hashes == 0, bytes[place] == UInt8(ascii: "\\") {
                place += 2
            } else if starts(with: String(repeating: "\"", count: quotes) + marks) {
                contexts.removeLast()
                code[place] = UInt8(ascii: "\"")
                place += quotes + hashes
            } else {
                if quotes == 1, bytes[place] == 10 { contexts.removeLast() }
                place += 1
            }
        }

        private mutating func stepBlock(_ depth: Int) {
            if starts(with: "/*") {
                contexts[contexts.count - 1] = .block(depth + 1)
                place += 2
            } else if starts(with: "*/") {
                contexts.removeLast()
                if depth > 1 { contexts.append(.block(depth - 1)) }
                place += 2
            } else {
                comments[place] = bytes[place]
                place += 1
            }
        }

        private mutating func stepLine() {
            if bytes[place] == 10 {
                contexts.removeLast()
            } else {
                comments[place] = bytes[place]
                place += 1
            }
        }
    }
}

/// Searching in bytes: String's own search walks characters, too slow for every line of the house.
enum Search {
    static func isWord(_ byte: UInt8) -> Bool {
        switch byte {
        case 48...57, 65...90, 95, 97...122: true
        default: false
        }
    }

    /// Whether `token` is in `line`; where it begins or ends with a letter, as a whole word.
    static func occurs(_ token: String, in line: ArraySlice<UInt8>) -> Bool {
        let wanted = Array(token.utf8)
        guard let first = wanted.first, let last = wanted.last, line.count >= wanted.count
        else { return false }
        for start in line.startIndex...(line.endIndex - wanted.count) where line[start] == first {
            let end = start + wanted.count
            guard line[start..<end].elementsEqual(wanted) else { continue }
            let before = start > line.startIndex && isWord(first) && isWord(line[start - 1])
            let after = end < line.endIndex && isWord(last) && isWord(line[end])
            if !before && !after { return true }
        }
        return false
    }
}
