import AdminTreaty
import Bytes
import ClientAPI
import Descriptors
import Digests
import Glibc
import Journal
import LedgerTreaty
import Loop
import Matching
import Numerals
import OrderTreaty
import Orders
import Risk
import RiskTreaty
import Testing

/// A directory of a test's own, removed with it.
final class Place {
    let path: String
    init() throws {
        path = "/tmp/bulkhead-orders-\(getpid())-\(UInt64.random(in: 0...UInt64.max))"
        try Files.makeDirectories(path)
    }
    deinit {
        for name in (try? Files.list(path)) ?? [] { try? Files.remove(path + "/" + name) }
        unsafe rmdir(path)
    }
}

/// Risk and matching as one: blocks in, results out, everything lost at once.
struct Decider {
    private var risk = Risk(Rig.listing)
    private var matching = Matching(Rig.listing)
    private var chain = ReportChain()
    private(set) var block: UInt64 = 0
    /// Results that nobody took yet, and those of before.
    var results: [Results] = []

    mutating func decide(_ next: Block) throws {
        let instructions = try risk.decide(next)
        var reports: [Report] = []
        try matching.apply(instructions, into: &reports)
        try risk.take(reports, of: next.number)
        _ = try risk.finish()
        chain.extend(reports)
        block = next.number
        results.append(
            Results(
                block: next.number, time: next.time, digest: chain.digest, isPart: false,
                reports: reports))
    }
}

/// A client's side of requests: what it signed, and the voucher that identity would give it.
struct Client {
    private var nonce: UInt64 = 0
    static let now: UInt64 = 1_700_000_000_000

    mutating func sign(
        _ method: String, _ target: String, _ body: String = "", account: UInt32 = 1,
        scopes: Scopes = .known, expires: UInt64 = now + 5_000
    ) -> Submission {
        nonce += 1
        let payload = Array("\(Self.now + nonce)\n5000\n\(method)\n\(target)\n\(body)".utf8)
        var writer = ByteWriter(capacity: 16)
        writer.integer(nonce)
        writer.integer(UInt64(0))
        return Submission(
            payload: payload,
            voucher: Voucher(
                account: AccountID(account), scopes: scopes.rawValue,
                digest: SHA256.hash(of: payload), nonce: writer.bytes, expires: expires,
                code: [UInt8](repeating: 1, count: 32)))
    }

    mutating func place(
        _ id: String, _ side: String, _ quantity: String, at price: String?,
        _ kind: String = "limit", account: UInt32 = 1
    ) -> Submission {
        let limit = price.map { ",\"price\":\"\($0)\"" } ?? ""
        return sign(
            "POST", "/v1/orders",
            "{\"clientOrderId\":\"\(id)\",\"symbol\":\"BTC-USD\",\"side\":\"\(side)\","
                + "\"type\":\"\(kind)\"\(limit),\"quantity\":\"\(quantity)\"}", account: account)
    }
}

/// The sequencer over a journal, with a decider beside it; every step is a call.
struct Rig: ~Copyable {
    static let listing = Listing(
        currencies: [Currency(name: "BTC", digits: 4), Currency(name: "USD", digits: 2)],
        instruments: [
            Instrument(
                symbol: "BTC-USD", base: CurrencyID(0), quote: CurrencyID(1), priceDigits: 0,
                quantityDigits: 4, tick: Price(5), lot: Quantity(2_000),
                quantityMax: Quantity(400_000), valueMin: Amount(10), valueMax: Amount(1_000_000),
                collarBasisPoints: 2_000, makerFee: 100, takerFee: 150, reference: Price(1_000),
                divisor: 100)
        ])
    static let journalLimits = JournalLimits(segmentBytes: 16 << 10, payloadMax: 8 << 10)

    let directory: String
    var journal: Journal
    var orders: Orders
    var decider: Decider
    var client: Client
    var ticket: UInt64 = 0
    var time: UInt64 = 0
    var steady: UInt64 = 0
    var answers: [UInt64: OrdersAnswer] = [:]
    var externals: [External] = []

    init(
        _ directory: String, _ decider: Decider = Decider(), _ client: Client = Client(),
        limits: OrdersLimits = OrdersLimits()
    ) throws {
        let journal = try Journal.open(directory, Self.journalLimits)
        orders = Orders(Self.listing, limits: limits, journaled: journal.last)
        time = journal.last
        self.journal = journal
        self.directory = directory
        self.decider = decider
        self.client = client
    }

    /// Risk and matching attach; a decider that cannot go on from where orders is begins anew.
    mutating func attach() throws {
        try register()
        let resume = orders.attachMatching()
        if resume.block < decider.block && decider.results.first?.block != resume.block + 1 {
            decider = Decider()
        }
        decider.results.removeAll { $0.block <= resume.block }
        #expect(orders.attachRisk(Resume(block: decider.block)) == .fine)
    }

    mutating func register() throws {
        guard let first = orders.wanted else { return }
        var reader = try journal.reader(from: first)
        while orders.wanted != nil, let bytes = try reader.next(through: journal.last) {
            #expect(orders.register(try Self.decode(bytes)) == .fine)
        }
    }

    static func decode(_ bytes: [UInt8]) throws -> Block {
        var reader = ByteReader(bytes)
        let block = try Block.decode(&reader)
        try reader.finish()
        var writer = ByteWriter()
        block.encode(into: &writer)
        #expect(writer.bytes == bytes, "a block's bytes follow from its fields")
        return block
    }

    mutating func submit(_ submission: Submission, _ message: OrderMessage) -> UInt64 {
        ticket += 1
        orders.submit(submission, as: message, ticket: ticket, now: Client.now) { _ in true }
        collect()
        return ticket
    }

    mutating func submit(_ request: AccountRequest) -> UInt64 {
        ticket += 1
        orders.submit(request, ticket: ticket)
        collect()
        return ticket
    }

    mutating func collect() {
        for answer in orders.takeAnswers() {
            switch answer {
            case .order(let ticket, _), .operators(let ticket, _):
                #expect(answers[ticket] == nil, "one answer for each request")
                answers[ticket] = answer
            }
        }
    }

    /// Closes a block, writes it and asks for its sync; false when there was none to close.
    @discardableResult
    mutating func close() throws -> Bool {
        time += 1_000_000_000
        try settle { $0.isIdle && $0.hasRoom }
        guard let block = orders.close(time: time, steady: steady) else { return false }
        var writer = ByteWriter()
        block.encode(into: &writer)
        #expect(try journal.append(writer.bytes) == block.number)
        try journal.sync()
        return true
    }

    mutating func sync() throws {
        try settle { $0.isIdle }
        #expect(orders.stored(journal.synced) == .fine)
        collect()
    }

    private mutating func settle(_ isDone: (borrowing Journal) -> Bool) throws {
        var loop = try EventLoop(capacity: 1)
        try loop.add(journal.number, token: 0, .readable)
        while !isDone(journal) {
            _ = try loop.wait(timeoutMilliseconds: 10_000)
            try journal.settle()
        }
    }

    /// Sends up to that many blocks.
    mutating func send(_ count: Int = .max) throws {
        var left = count
        while left > 0, let number = orders.sendable {
            var reader = try journal.reader(from: number)
            guard let bytes = try reader.next(through: journal.last) else { return }
            let block = try Self.decode(bytes)
            try decider.decide(block)
            #expect(orders.noteSent(block) == .fine)
            left -= 1
        }
    }

    /// Brings up to that many results back.
    mutating func receive(_ count: Int = .max) throws {
        for _ in 0..<min(count, decider.results.count) {
            #expect(orders.take(decider.results.removeFirst()) == .fine)
            try register()
            collect()
        }
    }

    /// Until nothing moves any more.
    mutating func run() throws {
        var isMoving = true
        while isMoving {
            isMoving = try close()
            try sync()
            if orders.sendable != nil { isMoving = true }
            try send()
            if !decider.results.isEmpty { isMoving = true }
            try receive()
        }
    }

    func outcome(_ ticket: UInt64) -> OrderOutcome? {
        guard case .order(_, let outcome)? = answers[ticket] else { return nil }
        return outcome
    }

    func view(_ ticket: UInt64) -> OrderView? {
        guard case .order(let view)? = outcome(ticket) else { return nil }
        return view
    }

    /// Accounts 1 and 2 with money in both currencies.
    mutating func fund() throws {
        for account in 1...2 as ClosedRange<UInt32> {
            _ = submit(.open)
            for currency in 0...1 as ClosedRange<UInt16> {
                _ = submit(
                    .credit(AccountID(account), CurrencyID(currency), Amount(1_000_000_000)))
            }
        }
        try run()
    }
}
