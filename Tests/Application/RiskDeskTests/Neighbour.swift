import Bytes
import Descriptors
import LedgerTreaty
import Passage
import Relay
import RiskTreaty

/// Another service as the desk sees it: it says what a test tells it to, and keeps what it heard.
struct Neighbour: Desk {
    struct Heard {
        let kind: UInt16
        let correlation: UInt64
        let isLast: Bool
        let body: [UInt8]
    }

    enum Word {
        case tell(UInt16, [UInt8])
        case ask(UInt16, [UInt8])
        case answer(UInt16, to: UInt64, [UInt8])
    }

    static var names: [(String, UInt16)] {
        StreamMessage.allCases.map { ($0.name, $0.rawValue) }
            + LedgerMessage.allCases.map { ($0.name, $0.rawValue) }
    }

    private var link: Link?
    private(set) var heard: [Heard] = []
    private var words: [Word] = []
    /// Passages that ended.
    private(set) var ends = 0

    var isOpen: Bool { link != nil }

    mutating func say(_ word: Word) { words.append(word) }

    mutating func opened(
        _ link: Link, _ line: PassageTable.Line, _ passages: inout Passages
    ) { self.link = link }

    mutating func closed(_ link: Link, _ passages: inout Passages) {
        guard link == self.link else { return }
        self.link = nil
        ends += 1
    }

    mutating func take(_ message: Message, _ passages: inout Passages) throws(Malformed) {
        var reader = message.body
        heard.append(
            Heard(
                kind: message.kind, correlation: message.correlation, isLast: message.isLast,
                body: try reader.take(reader.remaining)))
    }

    mutating func advance(_ passages: inout Passages) {
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

    func isEager(_ passages: borrowing Passages) -> Bool { !words.isEmpty }
    mutating func takeNotes() -> [String] { [] }
}

/// One service as it runs, until it is killed.
final class Seat<Work: Desk> {
    private var relay: Relay<Work>?
    private var authority: SharedDescriptor?

    func start(_ desk: Work, _ name: String, _ map: Map, _ office: inout Office) throws {
        // The old process had no time to say anything.
        relay = nil
        let authority = try office.pair(name)
        var next = try Relay(
            desk, name, map.table(name), authority: authority.number, events: nil)
        try office.serve()
        try next.attach()
        relay = consume next
        self.authority = authority
    }

    func round(_ milliseconds: Int32 = 0) throws {
        _ = try relay?.round(timeoutMilliseconds: milliseconds)
    }

    func read<Value>(_ look: (Work) -> Value) -> Value? {
        guard let here = relay.take() else { return nil }
        let value = look(here.desk)
        relay = consume here
        return value
    }

    func change(_ change: (inout Work) -> Void) {
        guard var here = relay.take() else { return }
        change(&here.desk)
        relay = consume here
    }
}

extension Seat where Work == Neighbour {
    /// All messages of a kind, oldest first.
    func heard(_ kind: UInt16) -> [Neighbour.Heard] {
        (read(\.heard) ?? []).filter { $0.kind == kind }
    }

    func say(_ word: Neighbour.Word) { change { $0.say(word) } }
    var isOpen: Bool { read(\.isOpen) ?? false }
    var ends: Int { read(\.ends) ?? 0 }
}

func encoded(_ body: (inout ByteWriter) -> Void) -> [UInt8] {
    var writer = ByteWriter()
    body(&writer)
    return writer.bytes
}

/// A seeded generator: the same numbers on every machine.
struct Seeded: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    mutating func number(_ range: ClosedRange<Int64>) -> Int64 { .random(in: range, using: &self) }
}
