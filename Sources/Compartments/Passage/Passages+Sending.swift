package import Bytes

extension Passages {
    /// Asks a question on a link that we opened; its correlation, which the answers carry.
    ///
    /// Nil, and nothing is sent, when the link is gone, the table does not permit the kind, the
    /// body is too long, or too many questions are open.
    package mutating func ask(
        _ kind: UInt16, on link: Link, _ body: (inout ByteWriter) -> Void
    ) -> UInt64? {
        guard let slot = index(of: link), let state = links[slot],
            mayOpen(kind, state), state.asked.count < Self.askedMax
        else { return nil }
        let correlation = state.lastCorrelation + 1
        guard put(slot, kind, isAnswer: false, isLast: false, correlation, body) else { return nil }
        state.lastCorrelation = correlation
        state.asked.insert(correlation)
        return correlation
    }

    /// Says something that wants no answer, on a link that we opened; false as in `ask`.
    package mutating func tell(
        _ kind: UInt16, on link: Link, _ body: (inout ByteWriter) -> Void
    ) -> Bool {
        guard let slot = index(of: link), let state = links[slot], mayOpen(kind, state) else {
            return false
        }
        return put(slot, kind, isAnswer: false, isLast: false, 0, body)
    }

    /// Answers a question that the peer asked; with `isLast` false more answers follow.
    package mutating func answer(
        _ kind: UInt16, to correlation: UInt64, on link: Link, isLast: Bool = true,
        _ body: (inout ByteWriter) -> Void
    ) -> Bool {
        guard let slot = index(of: link), let state = links[slot], !state.isOpener,
            known.contains(kind), correlation != 0
        else { return false }
        return put(slot, kind, isAnswer: true, isLast: isLast, correlation, body)
    }

    /// Ends a link at the next flush; `closed` arrives then.
    package mutating func close(_ link: Link) {
        doomed.append((link, .ours))
    }

    /// Stops taking from a peer, or goes on, from the next flush on: what it says meanwhile waits at
    /// its end.
    ///
    /// Some hundred kilobytes that were read already may still arrive. A connection whose
    /// certificate ends while nothing is taken is closed, because its last word is not read.
    package mutating func stop(_ link: Link, _ isStopped: Bool) {
        guard let slot = index(of: link), let state = links[slot],
            let transport = transports[state.transport], transport.isStopped != isStopped
        else { return }
        transport.isStopped = isStopped
        soil(state.transport)
    }

    private func mayOpen(_ kind: UInt16, _ state: LinkState) -> Bool {
        state.isOpener && permitted[state.line].contains(kind)
    }

    private mutating func put(
        _ slot: Int, _ kind: UInt16, isAnswer: Bool, isLast: Bool, _ correlation: UInt64,
        _ body: (inout ByteWriter) -> Void
    ) -> Bool {
        guard let state = links[slot], let transport = transports[state.writer] else {
            return false
        }
        guard transport.queued <= Self.queueMax else {
            doomed.append((Link(slot: slot, generation: state.generation), .overflow))
            return false
        }
        let head = FrameHead(
            bodyBytes: 0, kind: kind, isAnswer: isAnswer, isLast: isLast, correlation: correlation)
        guard transport.put(head, body) else { return false }
        soil(state.writer)
        return true
    }

    /// Notes that a transport has something to send.
    mutating func soil(_ slot: Int) {
        guard let transport = transports[slot], !transport.isDirty else { return }
        transport.isDirty = true
        dirty.append(slot)
    }
}
