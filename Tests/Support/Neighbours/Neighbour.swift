package import Bytes
internal import LedgerTreaty
internal import MarketTreaty
package import Passage
internal import Relay
internal import RiskTreaty

/// Another service as the desk sees it: it says what a test tells it to, and keeps what it heard.
package struct Neighbour: Desk {
    package struct Heard {
        package let kind: UInt16
        package let correlation: UInt64
        package let isLast: Bool
        package let body: [UInt8]
    }

    package enum Word {
        case tell(UInt16, [UInt8])
        case ask(UInt16, [UInt8])
        case answer(UInt16, to: UInt64, [UInt8])
    }

    package static var names: [(String, UInt16)] {
        StreamMessage.allCases.map { ($0.name, $0.rawValue) }
            + LedgerMessage.allCases.map { ($0.name, $0.rawValue) }
            + MarketMessage.allCases.map { ($0.name, $0.rawValue) }
    }

    private var link: Link?
    package private(set) var heard: [Heard] = []
    private var words: [Word] = []
    /// Passages that ended.
    package private(set) var ends = 0

    package init() {}

    package var isOpen: Bool { link != nil }

    package mutating func say(_ word: Word) { words.append(word) }

    package mutating func opened(
        _ link: Link, _ line: PassageTable.Line, _ passages: inout Passages
    ) { self.link = link }

    package mutating func closed(_ link: Link, _ passages: inout Passages) {
        guard link == self.link else { return }
        self.link = nil
        ends += 1
    }

    package mutating func take(_ message: Message, _ passages: inout Passages) throws(Malformed) {
        var reader = message.body
        heard.append(
            Heard(
                kind: message.kind, correlation: message.correlation, isLast: message.isLast,
                body: try reader.take(reader.remaining)))
    }

    package mutating func advance(_ passages: inout Passages) {
        guard let link else { return }
        for word in words {
            switch word {
            case .tell(let kind, let body): _ = passages.tell(kind, on: link) { $0.append(body) }
            case .ask(let kind, let body): _ = passages.ask(kind, on: link) { $0.append(body) }
            case .answer(let kind, let question, let body):
                _ = passages.answer(kind, to: question, on: link) { $0.append(body) }
            }
        }
        words.removeAll()
    }

    package func isEager(_ passages: borrowing Passages) -> Bool { !words.isEmpty }
    package mutating func takeNotes() -> [String] { [] }
}

extension Seat where Work == Neighbour {
    /// All messages of a kind, oldest first.
    package func heard(_ kind: UInt16) -> [Neighbour.Heard] {
        (read(\.heard) ?? []).filter { $0.kind == kind }
    }

    package func say(_ word: Neighbour.Word) { change { $0.say(word) } }
    package var isOpen: Bool { read(\.isOpen) ?? false }
    package var ends: Int { read(\.ends) ?? 0 }
}

package func encoded(_ body: (inout ByteWriter) -> Void) -> [UInt8] {
    var writer = ByteWriter()
    body(&writer)
    return writer.bytes
}
