internal import Bytes
internal import Digests
internal import Findings
internal import IdentityTreaty
internal import LedgerTreaty
internal import Loop
internal import OrderTreaty
internal import Orders
internal import Passage
internal import RiskTreaty
internal import Tenancy

/// What peers say, by what the table lets them say.
extension Sequencer {
    private static let keyBytes = 32

    mutating func take(_ arrival: Arrival) throws {
        switch arrival {
        case .opened(let link, let peer): opened(link, peer)
        case .closed(let link, let peer, let why): closed(link, peer, why)
        case .refused(let peer, let address, let why):
            let name = passages.blamed(peer, at: address)
            ended("passage of \(name) refused: \(why.text)", name)
        case .publicIdentity: break
        case .message(let message):
            do throws(Malformed) {
                if message.isAnswer { try answered(message) } else { try asked(message) }
            } catch {
                let name = passages.name(of: message.peer)
                ended("\(name) sent a malformed message: \(error)", name)
                passages.close(message.link)
            }
            try register()
        }
    }

    /// We begin: the stream of blocks to risk, that of postings to the ledger.
    private mutating func opened(_ link: Link, _ peer: Peer) {
        let line = passages.line(of: peer)
        guard line.direction == .open else { return }
        guard passages.ask(StreamMessage.attach.rawValue, on: link, { _ in }) != nil else {
            note("\(line.peer) may not be asked to attach")
            return
        }
        if line.messages.contains(StreamMessage.block.name) { risk = link }
        if line.messages.contains(LedgerMessage.external.name) {
            ledger = link
            posted = []
        }
    }

    private mutating func closed(_ link: Link, _ peer: Peer, _ why: PassageEnd) {
        if link == risk {
            risk = nil
            orders.detachRisk()
        } else if link == matching {
            matching = nil
            orders.detachMatching()
        } else if link == ledger {
            ledger = nil
            posted = []
            orders.detachLedger()
        }
        if let record = why.record {
            let name = passages.name(of: peer)
            ended("\(name) \(record)", name)
        }
    }

    private mutating func asked(_ message: Message) throws(Malformed) {
        var reader = message.body
        if let kind = OrderMessage(rawValue: message.kind) {
            let submission = try Submission.decode(&reader)
            try reader.finish()
            let ticket = issue(.link(message.link, correlation: message.correlation))
            let now = Clocks.monotonic() / 1_000_000
            let keys = keys
            orders.submit(submission, as: kind, ticket: ticket, now: now) { voucher in
                let covered = voucher.covered
                return keys.contains { $0.isCode(voucher.code, over: covered) }
            }
        } else if message.kind == IdentityMessage.share.rawValue {
            let key = try reader.take(Self.keyBytes)
            try reader.finish()
            keys = [HMAC(key: key)] + keys.prefix(2)
            _ = passages.answer(
                IdentityMessage.shared.rawValue, to: message.correlation, on: message.link
            ) { _ in }
        } else if message.kind == StreamMessage.attach.rawValue {
            try reader.finish()
            matching = message.link
            let resume = orders.attachMatching()
            _ = passages.answer(
                StreamMessage.resume.rawValue, to: message.correlation, on: message.link
            ) { resume.encode(into: &$0) }
        } else if message.kind == StreamMessage.results.rawValue {
            guard message.link == matching else { return passages.close(message.link) }
            let results = try Results.decode(&reader)
            try reader.finish()
            judge(orders.take(results), message)
            if let last = rebuilding, orders.answered >= last {
                rebuilding = nil
                note("rebuild done: the results of \(last) blocks are back")
            }
        } else {
            passages.close(message.link)
        }
    }

    private mutating func answered(_ message: Message) throws(Malformed) {
        var reader = message.body
        switch message.kind {
        case StreamMessage.resume.rawValue:
            let resume = try Resume.decode(&reader)
            try reader.finish()
            if message.link == risk {
                note("risk goes on behind block \(resume.block)")
                judge(orders.attachRisk(resume), message)
            } else {
                note("the ledger goes on behind block \(resume.block)")
                judge(orders.attachLedger(resume), message)
            }
        case LedgerMessage.applied.rawValue:
            guard let place = posted.firstIndex(where: { $0.correlation == message.correlation })
            else { return passages.close(message.link) }
            let block = posted[place].block
            posted.removeFirst(place + 1)
            judge(orders.book(block), message)
        case LedgerMessage.halt.rawValue where message.link == ledger:
            halt("the ledger refused a posting", try Self.text(&reader))
        case StreamMessage.halted.rawValue where message.link == risk:
            halt("risk takes nothing more", try Self.text(&reader))
        default: passages.close(message.link)
        }
    }

    private static func text(_ reader: inout ByteReader) throws(Malformed) -> String {
        let bytes = try reader.take(min(reader.remaining, 1_024))
        return Excerpt.of(String(decoding: bytes, as: UTF8.self), limit: 400)
    }

    /// Stops the venue for what a peer says; told once.
    private mutating func halt(_ what: String, _ text: String) {
        guard orders.haltReason == nil else { return }
        orders.halt("\(what): \(text)")
        heed(.halted("\(what): \(text)"))
    }

    /// Ends a passage whose messages do not follow from one another: both ends begin again.
    private mutating func judge(_ verdict: OrdersVerdict, _ message: Message) {
        heed(verdict)
        guard verdict == .outOfOrder else { return }
        let name = passages.name(of: message.peer)
        ended("\(name) is out of order: its passage begins anew", name)
        passages.close(message.link)
    }

    /// A ticket for who waits.
    mutating func issue(_ asker: Asker) -> UInt64 {
        defer { nextTicket += 1 }
        askers[nextTicket] = asker
        return nextTicket
    }
}
