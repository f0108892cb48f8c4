internal import FilterTerms
internal import Findings

/// A piece of nft text.
struct Token: Equatable {
    enum Kind: UInt8 {
        case word
        case number
        case v4
        case v6
        case quoted
        case variable
        /// One of `{ } ( ) , . : ; = @ * & | / - ! < >`, or two of them that compare.
        case sign
        case line
        case end
    }
    let kind: Kind
    let start: Int32
    let end: Int32
}

/// Cuts text into tokens; comments and blanks are none.
struct Lexer {
    let bytes: [UInt8]
    private(set) var tokens: [Token] = []
    private var position = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// The place of the first byte that begins no token, if there is one.
    mutating func run() -> Int? {
        tokens.reserveCapacity(bytes.count / 4)
        while position < bytes.count {
            let byte = bytes[position]
            switch byte {
            case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"): position += 1
            case UInt8(ascii: "\n"): add(.line, 1)
            case UInt8(ascii: "\\"):
                guard skipContinuation() else { return position }
            case UInt8(ascii: "#"):
                while position < bytes.count, bytes[position] != 10 { position += 1 }
            case UInt8(ascii: "\""):
                guard quoted() else { return position }
            case UInt8(ascii: "$"):
                position += 1
                let length = run(from: position, Self.isWord)
                guard length > 0 else { return position - 1 }
                add(.variable, length)
            default:
                guard plain(byte) else { return position }
            }
        }
        add(.line, 0)
        add(.end, 0)
        return nil
    }

    private mutating func add(_ kind: Token.Kind, _ length: Int) {
        tokens.append(
            Token(
                kind: kind, start: Int32(truncatingIfNeeded: position),
                end: Int32(truncatingIfNeeded: position + length)))
        position += length
    }

    private mutating func skipContinuation() -> Bool {
        var next = position + 1
        while next < bytes.count, bytes[next] == 32 || bytes[next] == 9 || bytes[next] == 13 {
            next += 1
        }
        guard next < bytes.count, bytes[next] == 10 else { return false }
        position = next + 1
        return true
    }

    private mutating func quoted() -> Bool {
        var end = position + 1
        while end < bytes.count, bytes[end] != UInt8(ascii: "\""), bytes[end] != 10 { end += 1 }
        guard end < bytes.count, bytes[end] == UInt8(ascii: "\"") else { return false }
        add(.quoted, end + 1 - position)
        return true
    }

    private mutating func plain(_ byte: UInt8) -> Bool {
        if Self.isHexadecimal(byte) || byte == UInt8(ascii: ":"), address() { return true }
        if Self.isDigit(byte) {
            number()
            return true
        }
        if Self.isLetter(byte) {
            var length = run(from: position, Self.isWord)
            if position + length < bytes.count, bytes[position + length] == UInt8(ascii: "*") {
                length += 1
            }
            // A dot or a dash at the end belongs to what follows.
            while let last = bytes[position..<position + length].last,
                last == UInt8(ascii: ".") || last == UInt8(ascii: "-") || last == UInt8(ascii: "/")
            {
                length -= 1
            }
            add(.word, length)
            return true
        }
        return sign(byte)
    }

    private mutating func sign(_ byte: UInt8) -> Bool {
        guard "{}(),.:;=@*&|/-!<>[]^+%".utf8.contains(byte) else { return false }
        let next = position + 1 < bytes.count ? bytes[position + 1] : 0
        let isDouble =
            "=!<>".utf8.contains(byte) && next == UInt8(ascii: "=")
            || byte == next && (byte == UInt8(ascii: "<") || byte == UInt8(ascii: ">"))
        add(.sign, isDouble ? 2 : 1)
        return true
    }

    /// An IPv6 address; a hardware address becomes a word.
    private mutating func address() -> Bool {
        let end =
            position
            + run(from: position) {
                Self.isHexadecimal($0) || $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: ".")
            }
        var colons = 0
        for byte in bytes[position..<end] where byte == UInt8(ascii: ":") { colons += 1 }
        guard colons >= 2, end >= bytes.count || !Self.isLetter(bytes[end]) else { return false }
        if AddressText.v6(bytes[position..<end]) != nil {
            add(.v6, end - position)
            return true
        }
        guard colons == 5, bytes[position] != UInt8(ascii: ":") else { return false }
        add(.word, end - position)
        return true
    }

    private mutating func number() {
        var length = run(from: position) { Self.isDigit($0) || $0 == UInt8(ascii: ".") }
        if bytes[position..<position + length].last == UInt8(ascii: ".") { length -= 1 }
        let next = position + length < bytes.count ? bytes[position + length] : 0
        if Self.isLetter(next) {
            let whole = run(from: position, Self.isWord)
            let isHexadecimal =
                length == 1 && bytes[position] == UInt8(ascii: "0") && next == UInt8(ascii: "x")
                && bytes[(position + 2)..<(position + whole)].allSatisfy(Self.isHexadecimal)
            return add(isHexadecimal && whole > 2 ? .number : .word, whole)
        }
        if AddressText.v4(bytes[position..<position + length]) != nil { return add(.v4, length) }
        let digits = run(from: position, Self.isDigit)
        add(digits == length ? .number : .word, length)
    }

    private func run(from start: Int, _ holds: (UInt8) -> Bool) -> Int {
        var end = start
        while end < bytes.count, holds(bytes[end]) { end += 1 }
        return end - start
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (48...57).contains(byte) }

    private static func isHexadecimal(_ byte: UInt8) -> Bool {
        isDigit(byte) || (97...102).contains(byte) || (65...70).contains(byte)
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (97...122).contains(byte) || (65...90).contains(byte) || byte == UInt8(ascii: "_")
            || byte >= 0x80
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        isLetter(byte) || isDigit(byte) || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "-")
            || byte == UInt8(ascii: "/")
    }
}

/// Puts the values of variables where they are used.
struct Variables {
    /// What all values and the text that uses them may hold together: a few lines, each of which
    /// uses the one before twice, would fill any memory.
    static let tokensMax = 16 << 20

    private var values: [String: [Token]] = [:]
    private var replaced = 0

    /// The tokens with each variable's value in its place, or what is wrong with one of them.
    mutating func expand(
        _ tokens: [Token], text: (Token) -> String
    ) -> Result<[Token], Problem> {
        var out: [Token] = []
        out.reserveCapacity(tokens.count)
        var index = 0
        var isStart = true
        while index < tokens.count {
            let token = tokens[index]
            if isStart, token.kind == .word, index + 3 < tokens.count,
                ["define", "redefine"].contains(text(token)), tokens[index + 1].kind == .word,
                text(tokens[index + 2]) == "="
            {
                let name = text(tokens[index + 1])
                var value: [Token] = []
                var depth = 0
                index += 3
                while index < tokens.count, tokens[index].kind != .end {
                    let word = tokens[index].kind == .sign ? text(tokens[index]) : ""
                    if depth == 0, tokens[index].kind == .line || word == ";" { break }
                    if word == "{" { depth += 1 }
                    if word == "}" { depth -= 1 }
                    if let problem = append(tokens[index], to: &value, text) {
                        return .failure(problem)
                    }
                    index += 1
                }
                values[name] = value
                continue
            }
            isStart = token.kind == .line || token.kind == .sign && ";{".contains(text(token))
            if let problem = append(token, to: &out, text) { return .failure(problem) }
            index += 1
        }
        return .success(out)
    }

    struct Problem: Error {
        let token: Token
        let what: String
        let remedy: String
    }

    private mutating func append(
        _ token: Token, to out: inout [Token], _ text: (Token) -> String
    ) -> Problem? {
        guard token.kind == .variable else {
            out.append(token)
            return nil
        }
        guard let value = values[text(token)] else {
            return Problem(
                token: token, what: "a variable is not defined",
                remedy: "define it above its first use")
        }
        replaced += value.count
        guard replaced <= Self.tokensMax else {
            return Problem(
                token: token, what: "variables hold more than \(Self.tokensMax) words",
                remedy: "name large values in a set instead")
        }
        out += value
        return nil
    }
}
