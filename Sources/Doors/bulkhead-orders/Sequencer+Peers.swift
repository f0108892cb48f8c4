internal import Bytes
internal import Digests
internal import Findings
internal import IdentityTreaty
internal import LedgerTreaty
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
            let name = peer.map { passages.name(of: $0) } ?? "nobody"
            note("passage of \(name) at \(address) refused: \(why.text)")
        case .publicIdentity: break
        case .message(let message):
            do throws(Malformed) {
                if message.isAnswer { try answered(message) } else { try asked(message) }
            } catch {
                note("\(passages.name(of: message.peer)) sent a malformed message: \(error)")
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
        if case .breach = why {
            note("\(passages.name(of: peer)) broke the rules of passages: \(why.text)")
        }
    }

    private mutating func asked(_ message: Message) throws(Malformed) {
        var reader = message.body
        if let kind = OrderMessage(rawValue: message.kind) {
            let submission = try Submission.decode(&reader)
            try reader.finish()
            let ticket = issue(.link(message.link, correlation: message.correlation))
            let now = WallClock.now() / 1_000_000
            let keys = keys
            orders.submit(submission, as: kind, ticket: ticket, now: now) { voucher in
                let covered = voucher.covered
                return keys.contains { $0.isCode(voucher.code, over: covered) }
            }
        } else if message.kind == IdentityMessage.share.rawValue {
            let key = try reader.take(Self.keyBytes)
            try reader.finish()
            keys = [HMAC(key: key)] + keys.prefix(1)
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
        case LedgerMessage.halt.rawValue:
            let bytes = try reader.take(min(reader.remaining, 1_024))
            let text = Excerpt.of(String(decoding: bytes, as: UTF8.self), limit: 400)
            orders.halt("the ledger refused a posting")
            note("halted: the ledger refused a posting: \(text)")
        default: passages.close(message.link)
        }
    }

    /// Ends a passage whose messages do not follow from one another: both ends begin again.
    private mutating func judge(_ verdict: OrdersVerdict, _ message: Message) {
        heed(verdict)
        guard verdict == .outOfOrder else { return }
        note("\(passages.name(of: message.peer)) is out of order: its passage begins anew")
        passages.close(message.link)
    }

    /// A ticket for who waits.
    mutating func issue(_ asker: Asker) -> UInt64 {
        defer { nextTicket += 1 }
        askers[nextTicket] = asker
        return nextTicket
    }
}
