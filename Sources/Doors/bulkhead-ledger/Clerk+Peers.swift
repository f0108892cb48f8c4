internal import Bytes
internal import IdentityTreaty
internal import LedgerBook
internal import LedgerStore
internal import LedgerTreaty
internal import Loop
internal import OrderTreaty
internal import Passage
internal import RiskTreaty

/// What peers say, by what the table lets them say.
extension Clerk {
    mutating func take(_ arrival: Arrival) {
        switch arrival {
        case .opened, .publicIdentity: break
        case .closed(let link, let peer, let why): closed(link, peer, why)
        case .refused(let peer, let address, let why):
            let name = passages.blamed(peer, at: address)
            ended("passage of \(name) refused: \(why.text)", name)
        case .message(let message):
            do throws(Malformed) {
                try asked(message)
            } catch {
                let name = passages.name(of: message.peer)
                ended("\(name) sent a malformed message: \(error)", name)
                passages.close(message.link)
            }
        }
    }

    private mutating func closed(_ link: Link, _ peer: Peer, _ why: PassageEnd) {
        if let stream = streams[peer], links[stream] == link { forget(stream) }
        if let record = why.record {
            let name = passages.name(of: peer)
            ended("\(name) \(record)", name)
        }
    }

    private mutating func forget(_ stream: Intake.Stream) {
        teller.detach(stream)
        links[stream] = nil
        waiting[stream] = nil
    }

    private mutating func asked(_ message: Message) throws(Malformed) {
        var reader = message.body
        if message.kind == LedgerMessage.balances.rawValue {
            let submission = try Submission.decode(&reader)
            try reader.finish()
            return answer(submission, message)
        }
        if message.kind == IdentityMessage.share.rawValue {
            let key = try reader.take(Permits.keyBytes)
            try reader.finish()
            permits.share(key)
            _ = passages.answer(
                IdentityMessage.shared.rawValue, to: message.correlation, on: message.link
            ) { _ in }
            return
        }
        guard let stream = streams[message.peer] else { return passages.close(message.link) }
        if message.kind == StreamMessage.attach.rawValue {
            try reader.finish()
            return attach(stream, message)
        }
        guard links[stream] == message.link else {
            let name = passages.name(of: message.peer)
            ended("\(name) spoke before it attached", name)
            return passages.close(message.link)
        }
        let bytes = reader.remaining
        switch message.kind {
        case LedgerMessage.external.rawValue:
            let part = try External.decode(&reader)
            try reader.finish()
            judge(teller.take(part, bytes: bytes), part.block, stream, message)
        case LedgerMessage.holds.rawValue:
            let part = try Holds.decode(&reader)
            try reader.finish()
            judge(teller.take(part, bytes: bytes), part.block, stream, message)
        case LedgerMessage.settlements.rawValue:
            let part = try Settlements.decode(&reader)
            try reader.finish()
            judge(teller.take(part, bytes: bytes), part.block, stream, message)
        default: passages.close(message.link)
        }
    }

    /// The stream begins behind the last block on disk.
    ///
    /// A halted ledger says so to orders, and nothing to the others.
    private mutating func attach(_ stream: Intake.Stream, _ message: Message) {
        if links[stream] != nil { forget(stream) }
        if let reason = teller.halted {
            if stream == .orders { halt(reason, message.correlation, message.link) }
            return
        }
        links[stream] = message.link
        teller.attach(stream)
        let resume = Resume(block: teller.last)
        _ = passages.answer(
            StreamMessage.resume.rawValue, to: message.correlation, on: message.link
        ) { resume.encode(into: &$0) }
    }

    private mutating func judge(
        _ verdict: Intake.Verdict, _ block: UInt64, _ stream: Intake.Stream, _ message: Message
    ) {
        switch verdict {
        case .kept:
            waiting[stream, default: []].append((block, message.correlation))
        case .known: applied(block, message.correlation, message.link)
        case .outOfOrder, .beyondWindow:
            let name = passages.name(of: message.peer)
            ended("\(name): block \(block) is \(verdict); its passage begins anew", name)
            passages.close(message.link)
        }
    }

    private mutating func answer(_ submission: Submission, _ message: Message) {
        guard passages.queued(message.link) <= Self.queueMax else {
            return passages.close(message.link)
        }
        guard
            let account = permits.account(submission, now: Clocks.monotonic() / 1_000_000)
        else {
            let name = passages.name(of: message.peer)
            ended("\(name) asked for balances without a voucher for them", name)
            _ = passages.answer(
                LedgerMessage.denied.rawValue, to: message.correlation, on: message.link
            ) { _ in }
            return
        }
        let balances = teller.book.balances(account)
        _ = passages.answer(
            LedgerMessage.balance.rawValue, to: message.correlation, on: message.link
        ) { balances.encode(into: &$0) }
    }
}
