internal import Breach
internal import Bytes
internal import Digests
internal import LedgerTreaty
internal import Loop
internal import Numerals
internal import OrderTreaty
internal import Passage
internal import RiskTreaty

/// One of the three whose words make a posting, played by the envoy: first an honest block, which
/// must be booked, then one with a false word.
///
/// Which of the three it is, the words of the table tell.
struct Role {
    let stage: Stage
    let mission: Mission
    let ledger: Link
    private(set) var block: UInt64 = 0
    private var digest: [UInt8] = []

    private static let bookedMilliseconds: UInt64 = 5_000
    /// A refused posting is answered to one of the three only.
    private static let silentMilliseconds: UInt64 = 1_000

    /// What the ledger did with a block.
    enum Booking {
        case booked
        case refused(String)
        case nothing
    }

    /// A false word for a block, written in the place of the honest one.
    typealias Lie = (UInt64) -> (inout ByteWriter) -> Void

    private let word: LedgerMessage

    /// Attaches to the ledger as the one who says `word`.
    init?(_ mission: Mission, _ word: LedgerMessage) {
        guard let stage = try? Stage(mission), let ledger = stage.link(saying: word.name) else {
            return nil
        }
        self.stage = stage
        self.mission = mission
        self.ledger = ledger
        self.word = word
    }

    private func resume(on link: Link) -> Resume? {
        let asked = stage.ask(StreamMessage.attach.rawValue, on: link) { _ in }
        guard let answer = stage.reply(to: asked), answer.kind == StreamMessage.resume.rawValue
        else { return nil }
        var reader = answer.body
        return try? Resume.decode(&reader)
    }

    /// Says its part of a block to the ledger, and hears what becomes of it.
    private func book(_ body: (inout ByteWriter) -> Void, isHonest: Bool) -> Booking {
        let asked = stage.ask(word.rawValue, on: ledger, body)
        let answer = stage.reply(
            to: asked, within: isHonest ? Self.bookedMilliseconds : Self.silentMilliseconds)
        guard let answer else { return .nothing }
        guard answer.kind == LedgerMessage.halt.rawValue else { return .booked }
        var reader = answer.body
        let text = (try? reader.take(min(reader.remaining, 300))) ?? []
        return .refused(String(decoding: text, as: UTF8.self))
    }

    // MARK: The sequencer

    /// As the one who says what came from outside: it makes the blocks itself.
    mutating func sequence(_ lie: Lie) -> Finding {
        guard let risk = stage.link(saying: StreamMessage.block.name),
            let known = resume(on: risk), let last = resume(on: ledger), known.block == last.block
        else { return Finding(.couldNotRun("its peers do not attach")) }
        block = last.block
        let honest: Lie = { number in
            { External(block: number, time: Clocks.wallNanoseconds()).encode(into: &$0) }
        }
        return play(honest, lie) { role, number in
            // A command that changes nothing.
            let block = Block(
                number: number, first: role.mission.orders.sequence + number - last.block - 1,
                time: Clocks.wallNanoseconds(), outcomeOf: 0,
                outcome: [UInt8](repeating: 0, count: 32),
                commands: [.resume(AccountID(role.mission.orders.account))])
            return role.stage.tell(
                StreamMessage.block.rawValue, on: risk, { block.encode(into: &$0) })
        }
    }

    // MARK: The one that decides

    /// As the one who says what is held and released: blocks come from the sequencer.
    mutating func decide(_ lie: Lie) -> Finding {
        guard let matching = stage.link(saying: StreamMessage.instructions.name),
            let state = resume(on: matching), let last = resume(on: ledger),
            let attached = stage.next({ $0.kind == StreamMessage.attach.rawValue && !$0.isAnswer })
        else { return Finding(.couldNotRun("its peers do not attach")) }
        stage.answer(attached, StreamMessage.resume.rawValue) { state.encode(into: &$0) }
        guard state.block == last.block else {
            return Finding(.couldNotRun("its peers stand at different blocks"))
        }
        block = last.block
        let honest: Lie = { number in
            { Holds(block: number, held: [], released: []).encode(into: &$0) }
        }
        return play(honest, lie) { role, number in
            role.mission.tell(.prompt("command"))
            guard let block = role.taken(number) else { return false }
            let list = block.commands.indices.map {
                Instruction.pass(sequence: block.first + UInt64($0))
            }
            let asked = role.stage.ask(StreamMessage.instructions.rawValue, on: matching) {
                Instructions(block: number, time: block.time, list: list).encode(into: &$0)
            }
            return role.stage.reply(to: asked) != nil
        }
    }

    /// The sequencer's next block.
    private func taken(_ number: UInt64) -> Block? {
        let message = stage.next { $0.kind == StreamMessage.block.rawValue }
        guard var reader = message?.body, let block = try? Block.decode(&reader),
            block.number == number
        else { return nil }
        return block
    }

    // MARK: The one that matches

    private static func honest(_ number: UInt64) -> (inout ByteWriter) -> Void {
        { Settlements(block: number, isPart: false, trades: []).encode(into: &$0) }
    }

    /// Everybody stands at the same block; the link on which results are told.
    private mutating func attach() -> Link? {
        guard let orders = stage.link(saying: StreamMessage.results.name),
            let state = resume(on: orders), let last = resume(on: ledger),
            let attached = stage.next({ $0.kind == StreamMessage.attach.rawValue && !$0.isAnswer })
        else { return nil }
        stage.answer(attached, StreamMessage.resume.rawValue) { state.encode(into: &$0) }
        guard state.block == last.block else { return nil }
        block = last.block
        digest = state.digest
        return orders
    }

    private static let lonely = Finding(
        .couldNotRun("its peers do not attach, or stand at different blocks"))

    /// As the one who says what was traded: instructions come from the one that decides.
    mutating func match(_ lie: Lie) -> Finding {
        guard let orders = attach() else { return Self.lonely }
        return play(Self.honest, lie) { role, number in
            role.mission.tell(.prompt("command"))
            return role.report(number, to: orders)
        }
    }

    /// As the one who matches: an honest block, then a false tale of one with a client's order, told
    /// to the one that answers clients.
    mutating func tale(_ lie: (_ sequence: UInt64, _ order: NewOrder) -> [RiskTreaty.Report])
        -> Finding
    {
        guard let orders = attach() else { return Self.lonely }
        let told = mission.opened.first { $0.messages.contains(StreamMessage.results.name) }
        let hearer = told?.peer ?? ""
        block += 1
        mission.tell(.prompt("command"))
        guard report(block, to: orders), case .booked = book(Self.honest(block), isHonest: true)
        else { return Finding(.couldNotRun("an honest block was not taken")) }
        block += 1
        mission.tell(.prompt("order"))
        guard let (_, instructions) = instructions(of: block),
            case .place(let sequence, let order)? = instructions.list.first,
            instructions.list.count == 1
        else { return Finding(.couldNotRun("no order came to be matched")) }
        let results = results(lie(sequence, order), of: instructions)
        guard
            stage.tell(StreamMessage.results.rawValue, on: orders, { results.encode(into: &$0) })
        else { return Finding(.couldNotRun("\(hearer) cannot be told")) }
        // Said for certain once something more is heard, or nothing for a while.
        _ = stage.next(within: Self.silentMilliseconds) { _ in false }
        var finding = Finding(
            .stopped(
                Refusal(call: nil, errno: 0, detail: "\(hearer) was told of block \(block)")))
        finding.targets = [hearer]
        finding.control = "\(hearer) took the honest block \(block - 1), and it was booked"
        return finding
    }

    private func instructions(of number: UInt64) -> (Message, Instructions)? {
        let message = stage.next { $0.kind == StreamMessage.instructions.rawValue }
        guard let message else { return nil }
        var reader = message.body
        guard let instructions = try? Instructions.decode(&reader), instructions.block == number
        else { return nil }
        return (message, instructions)
    }

    /// The next results, with the digest that they must carry.
    private mutating func results(_ reports: [RiskTreaty.Report], of instructions: Instructions)
        -> Results
    {
        var writer = ByteWriter()
        writer.append(digest)
        for report in reports { report.encode(into: &writer) }
        digest = SHA256.hash(of: writer.bytes)
        return Results(
            block: instructions.block, time: instructions.time, digest: digest, isPart: false,
            reports: reports)
    }

    /// Answers the next instructions: every command was taken, nothing was traded.
    private mutating func report(_ number: UInt64, to orders: Link) -> Bool {
        guard let (message, instructions) = instructions(of: number) else { return false }
        let results = results(
            instructions.list.map { Report.done(sequence: $0.sequence) }, of: instructions)
        stage.answer(message, StreamMessage.results.rawValue) { results.encode(into: &$0) }
        return stage.tell(StreamMessage.results.rawValue, on: orders) { results.encode(into: &$0) }
    }

    // MARK: Both blocks

    private mutating func play(
        _ honest: Lie, _ lie: Lie, _ bring: (inout Role, UInt64) -> Bool
    ) -> Finding {
        let bookkeeper = mission.opened.first { $0.messages.contains(word.name) }?.peer ?? ""
        block += 1
        guard bring(&self, block) else {
            return Finding(.couldNotRun("no block came to be posted"))
        }
        guard case .booked = book(honest(block), isHonest: true) else {
            return Finding(.couldNotRun("an honest posting was not booked"))
        }
        block += 1
        guard bring(&self, block) else {
            return Finding(.couldNotRun("no second block came to be posted"))
        }
        var finding: Finding
        switch book(lie(block), isHonest: false) {
        case .booked: finding = Finding(.through("\(bookkeeper) booked it as block \(block)"))
        case .refused(let text):
            finding = Finding(
                .stopped(Refusal(call: nil, errno: 0, detail: "\(bookkeeper) halted: \(text)")))
        case .nothing:
            finding = Finding(
                .stopped(
                    Refusal(call: nil, errno: 0, detail: "\(bookkeeper) did not book it")))
        }
        finding.targets = [bookkeeper]
        finding.control = "\(bookkeeper) booked the honest block \(block - 1)"
        return finding
    }
}
