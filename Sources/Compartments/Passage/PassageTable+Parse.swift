internal import Addresses
package import Findings

extension PassageTable {
    /// Reads a whole table; anything unknown, double or left over is a failure that names its line.
    package init(parsing bytes: [UInt8]) throws(Failure) {
        guard bytes.count <= Self.bytesMax,
            bytes.allSatisfy({ $0 == 10 || (32...126).contains($0) })
        else { throw Self.wrong("it is longer than \(Self.bytesMax) bytes or no plain text") }
        let text = String(decoding: bytes, as: UTF8.self)
        guard text.hasSuffix("\n") else { throw Self.wrong("its last line does not end") }
        var own: (name: String, address: Address)?
        var published: [Address] = []
        var lines: [Line] = []
        let written = text.dropLast().split(separator: "\n", omittingEmptySubsequences: false)
        guard written.count <= Self.linesMax else {
            throw Self.wrong("it has more than \(Self.linesMax) lines")
        }
        for (index, line) in written.enumerated() {
            let words = line.split(separator: " ", omittingEmptySubsequences: false)
            if index == 0 {
                guard words.count == 3, words[0] == "self", Self.isName(words[1]),
                    let address = Address(words[2])
                else { throw Self.wrong("line 1 is not `self NAME ADDRESS`") }
                own = (String(words[1]), address)
                continue
            }
            if words.count == 2, words[0] == "public", let address = Address(words[1]) {
                published.append(address)
                continue
            }
            guard let entry = Self.line(words) else {
                throw Self.wrong(
                    "line \(index + 1) is not `accept` or `open` with PEER ADDRESS PORT MESSAGES")
            }
            try Self.add(entry, to: &lines)
        }
        guard let own else { throw Self.wrong("it is empty") }
        self.init(name: own.name, address: own.address, published: published, lines: lines)
    }

    /// One passage for all lines between the same two ends.
    private static func add(_ entry: Line, to lines: inout [Line]) throws(Failure) {
        let place = lines.firstIndex {
            $0.direction == entry.direction && $0.peer == entry.peer
                && $0.address == entry.address && $0.port == entry.port
        }
        guard let place else {
            lines.append(entry)
            return
        }
        let known = lines[place].messages
        lines[place].messages += entry.messages.filter { !known.contains($0) }
        guard lines[place].messages.count <= messagesMax else {
            throw wrong("more than \(messagesMax) messages for \(entry.peer)")
        }
    }

    static func wrong(_ problem: String) -> Failure {
        Failure(
            .machine, "passage-table", "the table of passages cannot be used: \(problem)",
            remedy: "start this program by the supervisor")
    }

    private static func line(_ words: [Substring]) -> Line? {
        guard words.count == 5, isName(words[1]), let address = Address(words[2]),
            let port = Port("tcp/\(words[3])")?.number
        else { return nil }
        let messages = words[4].split(separator: ",", omittingEmptySubsequences: false)
        guard (1...messagesMax).contains(messages.count), messages.allSatisfy(isName),
            Set(messages).count == messages.count
        else { return nil }
        let direction: Direction
        switch words[0] {
        case "accept": direction = .accept
        case "open": direction = .open
        default: return nil
        }
        return Line(direction, String(words[1]), address, port, messages.map(String.init))
    }

    /// Lower-case letters, digits, hyphens and dots, with a letter or digit at both ends.
    static func isName(_ text: some StringProtocol) -> Bool {
        func isPlain(_ byte: UInt8) -> Bool {
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
        }
        guard (1...nameMax).contains(text.utf8.count), let first = text.utf8.first,
            let last = Array(text.utf8).last, isPlain(first), isPlain(last)
        else { return false }
        return text.utf8.allSatisfy {
            isPlain($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ".")
        }
    }
}
