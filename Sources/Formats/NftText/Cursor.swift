internal import FilterTerms
internal import Findings
internal import NftRules

/// Steps through tokens; never past the last, which is the end.
struct Cursor {
    let bytes: [UInt8]
    let tokens: [Token]
    /// Offsets at which lines begin.
    private let lines: [Int32]
    var index = 0
    /// Parentheses that are open around here.
    var nesting = 0

    init(bytes: [UInt8], tokens: [Token]) {
        self.bytes = bytes
        self.tokens = tokens
        lines = Self.lines(of: bytes)
    }

    static func lines(of bytes: [UInt8]) -> [Int32] {
        var lines: [Int32] = [0]
        for offset in bytes.indices where bytes[offset] == 10 {
            lines.append(Int32(truncatingIfNeeded: offset + 1))
        }
        return lines
    }

    var token: Token { tokens[index] }
    var kind: Token.Kind { tokens[index].kind }
    var isEnd: Bool { kind == .end }

    mutating func advance() {
        if index < tokens.count - 1 { index += 1 }
    }

    /// The text of a token, without the quotes of a quoted one.
    func text(_ token: Token) -> String {
        let inside = token.kind == .quoted ? 1 : 0
        return String(
            decoding: bytes[(Int(token.start) + inside)..<(Int(token.end) - inside)],
            as: UTF8.self)
    }

    /// The word here; empty for anything else.
    var word: String { kind == .word ? text(token) : "" }

    func isSign(_ sign: String) -> Bool {
        kind == .sign && isToken(tokens[index], sign)
    }

    func isToken(_ token: Token, _ text: String) -> Bool {
        let length = Int(token.end - token.start)
        guard length == text.utf8.count else { return false }
        return bytes[Int(token.start)..<Int(token.end)].elementsEqual(text.utf8)
    }

    /// Steps over a sign if it is here.
    mutating func take(_ sign: String) -> Bool {
        guard isSign(sign) else { return false }
        advance()
        return true
    }

    /// Steps over a word if it is here.
    mutating func takeWord(_ word: String) -> Bool {
        guard kind == .word, isToken(token, word) else { return false }
        advance()
        return true
    }

    /// Steps over a word or a quoted name and gives it.
    mutating func name() -> String? {
        switch kind {
        case .word, .quoted, .number:
            let name = text(token)
            advance()
            return name
        default: return nil
        }
    }

    mutating func number() -> UInt128? {
        guard kind == .number, let value = value(of: token) else { return nil }
        advance()
        return value
    }

    func value(of token: Token) -> UInt128? {
        var value: UInt128 = 0
        let digits = bytes[Int(token.start)..<Int(token.end)]
        if digits.count > 2, digits[digits.startIndex + 1] == UInt8(ascii: "x") {
            guard digits.count <= 34 else { return nil }
            return UInt128(String(decoding: digits.dropFirst(2), as: UTF8.self), radix: 16)
        }
        guard digits.count <= 38 else { return nil }
        for digit in digits { value = value * 10 + UInt128(digit &- 48) }
        return value
    }

    mutating func skipLines() {
        while kind == .line { advance() }
    }

    mutating func skipSeparators() {
        while kind == .line || isSign(";") { advance() }
    }

    /// Whether a rule or another item of a block ends here.
    var isItemEnd: Bool { kind == .line || kind == .end || isSign(";") || isSign("}") }

    /// Skips to where the item ends, over whole blocks.
    mutating func skipItem() {
        var depth = 0
        while !isEnd {
            if depth == 0, isItemEnd { return }
            if isSign("{") { depth += 1 }
            if isSign("}") { depth -= 1 }
            advance()
        }
    }

    /// The text from one token to here, on one line and cut short.
    ///
    /// Token by token: a variable's tokens stand where it is defined, not where it is used.
    func text(from first: Int) -> String {
        guard first < index else { return text(tokens[first]) }
        var plain: [UInt8] = []
        for position in first..<index {
            let token = tokens[position]
            if position > first, tokens[position - 1].end != token.start { plain.append(32) }
            plain += bytes[Int(token.start)..<Int(token.end)].lazy.map { $0 < 32 ? 32 : $0 }
        }
        return Wording.bounded(String(decoding: plain, as: UTF8.self))
    }

    func place(_ token: Token) -> Place {
        var low = 0
        var high = lines.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if lines[middle] <= token.start { low = middle } else { high = middle }
        }
        var column = 1
        for byte in bytes[Int(lines[low])..<Int(token.start)] where byte & 0xC0 != 0x80 {
            column += 1
        }
        return Place(line: low + 1, column: column)
    }

    var place: Place { place(token) }
}
