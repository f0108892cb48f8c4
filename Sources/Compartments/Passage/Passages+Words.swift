internal import Descriptors
internal import Loop
internal import TLSEngine

/// Words about connections: how a link begins, and how it moves to a new connection.
///
/// The opener says `join` on the new one and is welcomed; each side then says `move` as its last
/// word on the old one and goes on writing on the new one. Nobody takes a frame from the new one
/// before the other side's `move`: no frame is lost, doubled or overtaken.
extension Passages {
    private static let retiredNanoseconds: UInt64 = 5_000_000_000

    /// Acts on a word; false when nothing more is taken from this connection now.
    mutating func word(
        _ slot: Int, _ transport: Transport, _ head: FrameHead, _ loop: borrowing EventLoop,
        into arrivals: inout [Arrival]
    ) -> Bool {
        guard head.bodyBytes == 0, !head.isAnswer, !head.isLast,
            let word = Word(rawValue: head.correlation)
        else {
            fail(slot, .breach(.malformed), into: &arrivals)
            return false
        }
        let isGreeting = transport.phase == .greeting
        switch word {
        case .open where isGreeting && !transport.isOpener:
            let before = lineLinks[transport.line]
            if before >= 0 { drop(link: before, .replaced, into: &arrivals) }
            transport.say(.welcome)
            begin(slot, transport, into: &arrivals)
            return true
        case .welcome where isGreeting && transport.isOpener && !transport.joins:
            forget(attempt: slot)
            begin(slot, transport, into: &arrivals)
            return true
        case .join where isGreeting && !transport.isOpener:
            return joined(slot, transport, &arrivals)
        case .welcome where isGreeting && transport.isOpener:
            return welcomed(slot, transport, into: &arrivals)
        case .move where transport.phase == .open:
            return moved(slot, transport, loop, into: &arrivals)
        default:
            fail(slot, .breach(.order), into: &arrivals)
            return false
        }
    }

    private mutating func begin(
        _ slot: Int, _ transport: Transport, into arrivals: inout [Arrival]
    ) {
        generations += 1
        let state = LinkState(
            generation: generations, line: transport.line, isOpener: transport.isOpener,
            since: clock.monotonic(), transport: slot)
        let place: Int
        if let free = links.firstIndex(where: { $0 == nil }) {
            place = free
            links[free] = state
        } else {
            place = links.count
            links.append(state)
        }
        lineLinks[transport.line] = place
        transport.link = place
        transport.phase = .open
        soil(slot)
        arrivals.append(
            .opened(
                Link(slot: place, generation: state.generation), Peer(line: transport.line)))
    }

    /// The acceptor hears that a connection goes on where another ends.
    private mutating func joined(
        _ slot: Int, _ transport: Transport, _ arrivals: inout [Arrival]
    ) -> Bool {
        let place = lineLinks[transport.line]
        guard place >= 0, let state = links[place], state.next < 0 else {
            fail(slot, .breach(.order), into: &arrivals)
            return false
        }
        state.next = slot
        transport.link = place
        transport.phase = .open
        transport.isHeld = true
        transport.say(.welcome)
        soil(slot)
        return false
    }

    /// The opener may leave the old connection.
    private mutating func welcomed(
        _ slot: Int, _ transport: Transport, into arrivals: inout [Arrival]
    ) -> Bool {
        let place = lineLinks[transport.line]
        guard place >= 0, let state = links[place], state.next < 0 else {
            fail(slot, .breach(.order), into: &arrivals)
            return false
        }
        forget(attempt: slot)
        state.next = slot
        transport.link = place
        transport.phase = .open
        transport.isHeld = true
        transports[state.transport]?.say(.move)
        state.writer = slot
        soil(state.transport)
        soil(slot)
        return false
    }

    /// The other side's last word on the old connection.
    private mutating func moved(
        _ slot: Int, _ transport: Transport, _ loop: borrowing EventLoop,
        into arrivals: inout [Arrival]
    ) -> Bool {
        guard transport.link >= 0, let state = links[transport.link], state.transport == slot,
            state.next >= 0, let next = transports[state.next],
            transport.isOpener == (state.writer == state.next)
        else {
            fail(slot, .breach(.order), into: &arrivals)
            return false
        }
        transport.link = -1
        if transport.isOpener {
            remove(slot)
        } else {
            transport.say(.move)
            transport.phase = .retired
            transport.deadline = clock.monotonic() &+ Self.retiredNanoseconds
            soil(slot)
        }
        let place = state.next
        state.transport = place
        state.writer = place
        state.next = -1
        next.isHeld = false
        soil(place)
        decrypt(place, next, loop, into: &arrivals)
        return false
    }

    /// An attempt has become a connection of its link.
    private mutating func forget(attempt slot: Int) {
        for index in dials.indices where dials[index].attempt == slot {
            dials[index].attempt = -1
        }
    }

    /// A connection is over; its link too, unless it can go on without it.
    mutating func fail(_ slot: Int, _ why: PassageEnd, into arrivals: inout [Arrival]) {
        guard let transport = transports[slot] else { return }
        if transport.link >= 0 {
            drop(link: transport.link, why, into: &arrivals)
            return
        }
        forget(attempt: slot)
        let isQuiet =
            transport.phase == .retired
            || (transport.isOpener && (why == .lost || transport.phase == .connecting))
        if !isQuiet {
            let peer = transport.line >= 0 ? Peer(line: transport.line) : nil
            arrivals.append(.refused(peer, transport.address, why))
        }
        remove(slot)
    }

    /// A link is over, with every connection under it.
    mutating func drop(link place: Int, _ why: PassageEnd, into arrivals: inout [Arrival]) {
        guard let state = links[place] else { return }
        links[place] = nil
        lineLinks[state.line] = -1
        remove(state.transport)
        if state.next >= 0 { remove(state.next) }
        arrivals.append(
            .closed(
                Link(slot: place, generation: state.generation), Peer(line: state.line), why))
        guard state.isOpener, let index = dials.firstIndex(where: { $0.line == state.line }) else {
            return
        }
        if dials[index].attempt >= 0 {
            remove(dials[index].attempt)
            dials[index].attempt = -1
        }
        let now = clock.monotonic()
        // A peer that takes us and throws us out again is not asked all the time.
        if now &- state.since > Self.handshakeNanoseconds { dials[index].backoff = Self.backoffMin }
        dials[index].due = now &+ dials[index].backoff
    }

    /// Ends a connection and says so to the other side; epoll forgets the closed socket.
    private mutating func remove(_ slot: Int) {
        transports[slot]?.close()
        transports[slot] = nil
    }

    /// Ends a retired connection.
    mutating func retire(_ slot: Int) { remove(slot) }
}
