import Bytes
import Enrolment
import LedgerTreaty
import Neighbours
import Passage
import Postings
import Relay
import RiskTreaty
import Testing

/// A service that only posts.
private struct Poster: Desk {
    static var names: [(String, UInt16)] { Neighbour.names }

    var postings = Postings("holds", LedgerMessage.holds.rawValue, blocksMax: 4)
    var notes: [String] = []
    var isBehind = false

    mutating func opened(_ link: Link, _ line: PassageTable.Line, _ passages: inout Passages) {
        postings.attach(link)
        _ = passages.ask(StreamMessage.attach.rawValue, on: link) { _ in }
    }
    mutating func closed(_ link: Link, _ passages: inout Passages) {
        if link == postings.link { postings.detach() }
    }
    mutating func take(_ message: Message, _ passages: inout Passages) throws(Malformed) {
        var reader = message.body
        if try !postings.take(message, &reader, &passages, noting: &notes) { isBehind = true }
    }
    mutating func advance(_ passages: inout Passages) {
        postings.send(&passages, queueMax: Self.queueMax, noting: &notes)
    }
    func isEager(_ passages: borrowing Passages) -> Bool {
        postings.isEager(passages, queueMax: Self.queueMax)
    }
    mutating func takeNotes() -> [String] { [] }
}

@Suite("Postings")
final class PostingsTests {
    private let map: Map
    private var office: Office
    private let poster = Seat<Poster>()
    private let ledger = Seat<Neighbour>()

    init() throws {
        map = try Map([("risk", "ledger", ["attach", "holds"])])
        office = try Office()
        try poster.start(Poster(), "risk", map, &office)
        try ledger.start(Neighbour(), "ledger", map, &office)
    }

    private func until(_ holds: () -> Bool) throws {
        for _ in 0..<200_000 {
            if holds() { return }
            try poster.round()
            try ledger.round()
        }
        throw Malformed(at: 0, expected: "an end")
    }

    private func post(_ blocks: ClosedRange<UInt64>) {
        for block in blocks {
            poster.change { $0.postings.append(block, [[UInt8(block), 0], [UInt8(block), 1]]) }
        }
    }

    private var asked: [Neighbour.Heard] { ledger.heard(LedgerMessage.holds.rawValue) }
    private var blocks: [UInt8] { asked.filter { $0.body[1] == 1 }.map { $0.body[0] } }
    private var waiting: Int { poster.read(\.postings.count) ?? 0 }
    private var notes: [String] { poster.read(\.notes) ?? [] }

    /// The ledger says how far it has come.
    private func resume(behind block: UInt64) throws {
        try until { !ledger.heard(StreamMessage.attach.rawValue).isEmpty }
        let question = try #require(ledger.heard(StreamMessage.attach.rawValue).last)
        let resume = Resume(block: block, digest: [UInt8](repeating: 0, count: 32))
        ledger.say(
            .answer(
                StreamMessage.resume.rawValue, to: question.correlation,
                encoded { resume.encode(into: &$0) }))
    }

    @Test("nothing is sent before the ledger has said where it stands, then all behind it in order")
    func order() throws {
        post(1...3)
        try until { !ledger.heard(StreamMessage.attach.rawValue).isEmpty }
        for _ in 0..<50 {
            try poster.round()
            try ledger.round()
        }
        #expect(asked.isEmpty)
        try resume(behind: 1)
        try until { blocks.count == 2 }
        #expect(asked.map(\.body) == [[2, 0], [2, 1], [3, 0], [3, 1]])
    }

    @Test("a block is kept until the ledger has it on disk, and a full window says so")
    func kept() throws {
        post(1...4)
        #expect(poster.read(\.postings.isFull) == true)
        try resume(behind: 0)
        try until { blocks.count == 4 }
        #expect(waiting == 4)
        let second = try #require(asked.first { $0.body == [2, 1] })
        ledger.say(.answer(LedgerMessage.applied.rawValue, to: second.correlation, []))
        try until { waiting == 2 }
        #expect(poster.read(\.postings.isFull) == false)
    }

    @Test("a ledger that lost what is forgotten here is told to the owner")
    func forgotten() throws {
        post(1...4)
        try resume(behind: 3)
        try until { blocks == [4] }
        // The ledger came back from an older disk.
        try ledger.start(Neighbour(), "ledger", map, &office)
        try resume(behind: 0)
        try until { poster.read(\.isBehind) == true }
        #expect(notes.last?.hasPrefix("the ledger has block 0, the holds behind it") == true)
    }

    @Test("after a refused posting nothing more is sent until the ledger asks anew")
    func refused() throws {
        post(1...2)
        try resume(behind: 0)
        try until { blocks == [1, 2] }
        let first = try #require(asked.first { $0.body == [1, 1] })
        ledger.say(
            .answer(LedgerMessage.halt.rawValue, to: first.correlation, Array("below zero".utf8)))
        try until { !notes.isEmpty }
        #expect(notes == ["the ledger refused a posting: below zero"])
        post(3...3)
        #expect(poster.read { $0.postings.count } == 3)
        for _ in 0..<50 {
            try poster.round()
            try ledger.round()
        }
        #expect(blocks == [1, 2])
        try ledger.start(Neighbour(), "ledger", map, &office)
        try resume(behind: 0)
        try until { blocks == [1, 2, 3] }
    }
}
