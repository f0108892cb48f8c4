import Bytes
import Digests
import LedgerTreaty
import OrderTreaty
import Passage
import Relay
import RiskTreaty

private let zeroes = [UInt8](repeating: 0, count: 32)

/// Orders as its peers see it: a journal that is sent from anywhere, and results that are compared.
struct OrdersStub: Desk {
    static var names: [(String, UInt16)] {
        StreamMessage.allCases.map { ($0.name, $0.rawValue) }
    }

    let journal: [Block]
    /// Blocks whose results are not here, at most.
    var window: UInt64 = 32
    private var risk: Link?
    private var matching: Link?
    private var sent: UInt64 = 0
    private(set) var received: UInt64 = 0
    private(set) var digests: [[UInt8]] = [zeroes]
    /// Blocks, not before 1, that were sent again: how often somebody started anew.
    private(set) var restarts = 0
    private(set) var wrong: [String] = []

    init(_ journal: [Block]) { self.journal = journal }

    var digest: [UInt8] { digests[Int(received)] }

    mutating func opened(
        _ link: Link, _ line: PassageTable.Line, _ passages: inout Passages
    ) {
        guard line.direction == .open else { return }
        risk = nil
        _ = passages.ask(StreamMessage.attach.rawValue, on: link, { _ in })
    }

    mutating func closed(_ link: Link, _ passages: inout Passages) {
        if link == risk { risk = nil }
        if link == matching { matching = nil }
    }

    mutating func take(_ message: Message, _ passages: inout Passages) throws(Malformed) {
        var reader = message.body
        switch message.kind {
        case StreamMessage.resume.rawValue:
            let resume = try Resume.decode(&reader)
            risk = message.link
            if resume.block < sent, resume.block == 0 { restarts += 1 }
            sent = resume.block
        case StreamMessage.attach.rawValue:
            matching = message.link
            let resume = Resume(block: received, digest: digest)
            _ = passages.answer(
                StreamMessage.resume.rawValue, to: message.correlation, on: message.link
            ) { resume.encode(into: &$0) }
        default:
            let results = try Results.decode(&reader)
            try reader.finish()
            guard message.link == matching else { return }
            take(results)
        }
    }

    private mutating func take(_ results: Results) {
        guard !results.isPart else { return }
        if results.block <= received {
            if digests[Int(results.block)] != results.digest {
                wrong.append("block \(results.block) has another digest now")
            }
            return
        }
        guard results.block == received + 1 else {
            wrong.append("block \(results.block) behind \(received)")
            return
        }
        received = results.block
        digests.append(results.digest)
    }

    mutating func advance(_ passages: inout Passages) {
        guard let risk else { return }
        while sent < UInt64(journal.count), sent < received + window,
            passages.queued(risk) <= Self.queueMax,
            passages.tell(
                StreamMessage.block.rawValue, on: risk, { journal[Int(sent)].encode(into: &$0) })
        {
            sent += 1
        }
    }

    func isEager(_ passages: borrowing Passages) -> Bool { false }
    mutating func takeNotes() -> [String] { [] }
    mutating func forget() {
        received = 0
        digests = [zeroes]
    }
}

/// The ledger as risk and matching see it: a block is taken when both have spoken of it, in order.
struct LedgerStub: Desk {
    static var names: [(String, UInt16)] {
        StreamMessage.allCases.map { ($0.name, $0.rawValue) }
            + LedgerMessage.allCases.map { ($0.name, $0.rawValue) }
    }

    private struct Stream {
        var link: Link?
        var wholes: [(block: UInt64, bytes: [UInt8], questions: [UInt64])] = []
        var bytes: [UInt8] = []
        var questions: [UInt64] = []
    }

    private var holds = Stream()
    private var trades = Stream()
    private(set) var last: UInt64 = 0
    private(set) var digest = zeroes
    /// It takes what comes and books nothing.
    var isAsleep = false
    private(set) var wrong: [String] = []

    mutating func opened(
        _ link: Link, _ line: PassageTable.Line, _ passages: inout Passages
    ) {}

    mutating func closed(_ link: Link, _ passages: inout Passages) {
        if link == holds.link { holds = Stream() }
        if link == trades.link { trades = Stream() }
    }

    mutating func take(_ message: Message, _ passages: inout Passages) throws(Malformed) {
        var reader = message.body
        let bytes = try reader.take(reader.remaining)
        reader = message.body
        switch message.kind {
        case StreamMessage.attach.rawValue:
            if passages.line(of: message.peer).peer == "risk" {
                holds = Stream()
                holds.link = message.link
            } else {
                trades = Stream()
                trades.link = message.link
            }
            let resume = Resume(block: last)
            _ = passages.answer(
                StreamMessage.resume.rawValue, to: message.correlation, on: message.link
            ) { resume.encode(into: &$0) }
        case LedgerMessage.holds.rawValue:
            guard message.link == holds.link else { return }
            let one = try Holds.decode(&reader)
            keep(one.block, bytes, false, message.correlation, \.holds)
        default:
            guard message.link == trades.link else { return }
            let one = try Settlements.decode(&reader)
            keep(one.block, bytes, one.isPart, message.correlation, \.trades)
        }
    }

    private mutating func keep(
        _ block: UInt64, _ bytes: [UInt8], _ isPart: Bool, _ question: UInt64,
        _ path: WritableKeyPath<LedgerStub, Stream>
    ) {
        if block != last + UInt64(self[keyPath: path].wholes.count) + 1 {
            wrong.append("block \(block) does not follow")
        }
        self[keyPath: path].bytes += bytes
        self[keyPath: path].questions.append(question)
        guard !isPart else { return }
        self[keyPath: path].wholes.append(
            (block, self[keyPath: path].bytes, self[keyPath: path].questions))
        self[keyPath: path].bytes = []
        self[keyPath: path].questions = []
    }

    mutating func advance(_ passages: inout Passages) {
        while !isAsleep, let held = holds.wholes.first, let traded = trades.wholes.first {
            holds.wholes.removeFirst()
            trades.wholes.removeFirst()
            last = held.block
            digest = SHA256.hash(of: digest + held.bytes + traded.bytes)
            for (link, questions) in [
                (holds.link, held.questions), (trades.link, traded.questions),
            ] {
                guard let link else { continue }
                for question in questions {
                    _ = passages.answer(LedgerMessage.applied.rawValue, to: question, on: link) {
                        $0.integer(last)
                    }
                }
            }
        }
    }

    func isEager(_ passages: borrowing Passages) -> Bool { false }
    mutating func takeNotes() -> [String] { [] }
}
