internal import Bytes
internal import Descriptors
internal import Loop
internal import Sockets
internal import TLSEngine

extension Passages {
    /// Reads of one socket in one turn; the loop reports what is left.
    private static let readsMax = 4
    /// Plain bytes that are decrypted before their frames are looked at.
    private static let plainMax = 256 << 10

    /// A transport is readable, writable, or gone.
    mutating func move(
        _ ready: Ready, _ loop: borrowing EventLoop, into arrivals: inout [Arrival]
    ) {
        let slot = Int(ready.token & 0xFFFF)
        guard transports.indices.contains(slot), let transport = transports[slot],
            transport.token == ready.token
        else { return }
        if transport.phase == .connecting {
            connected(slot, transport, loop, into: &arrivals)
            return
        }
        if ready.writable { pump(slot, loop, into: &arrivals) }
        if transport.isHeld || transport.isPaused || transport.isStopped {
            if ready.hangup { fail(slot, .lost, into: &arrivals) }
            return
        }
        if ready.readable { receive(slot, transport, loop, into: &arrivals) }
    }

    private mutating func receive(
        _ slot: Int, _ transport: Transport, _ loop: borrowing EventLoop,
        into arrivals: inout [Arrival]
    ) {
        for _ in 0..<Self.readsMax {
            var count = 0
            do throws(SystemFailure) {
                switch try StreamSocket.receive(into: &room, on: transport.descriptor.number) {
                case .bytes(let moved): count = moved
                case .wouldBlock: return
                case .end:
                    fail(slot, .lost, into: &arrivals)
                    return
                }
            } catch {
                fail(slot, .lost, into: &arrivals)
                return
            }
            transport.tls.take(room, in: 0..<count)
            decrypt(slot, transport, loop, into: &arrivals)
            guard transports[slot] === transport, !transport.isHeld, count == room.count else {
                return
            }
        }
    }

    /// Takes what TLS has, frame by frame, until it is blocked or the connection is held or gone.
    mutating func decrypt(
        _ slot: Int, _ transport: Transport, _ loop: borrowing EventLoop,
        into arrivals: inout [Arrival]
    ) {
        while true {
            let progress = transport.tls.plain(into: &transport.input, limit: Self.plainMax)
            if transport.tls.pending > 0 { soil(slot) }
            if transport.phase == .handshake, transport.tls.isEstablished,
                !established(slot, transport, into: &arrivals)
            {
                return
            }
            guard parse(slot, transport, loop, into: &arrivals) else { return }
            switch progress {
            case .bytes: continue
            case .blocked: return
            case .end:
                fail(slot, .lost, into: &arrivals)
                return
            case .failed(let problem):
                fail(slot, .tls(problem), into: &arrivals)
                return
            }
        }
    }

    /// Takes whole frames; false when nothing more may be taken from this connection now.
    mutating func parse(
        _ slot: Int, _ transport: Transport, _ loop: borrowing EventLoop,
        into arrivals: inout [Arrival]
    ) -> Bool {
        var lent = false
        while !transport.isHeld {
            let start = transport.inputStart
            switch FrameHead.read(transport.input, at: start) {
            case .malformed:
                fail(slot, .breach(.malformed), into: &arrivals)
                return false
            case .more: return keepRest(transport, lent)
            case .head(let head):
                let body = start + FrameHead.bytes
                guard transport.input.count - body >= head.bodyBytes else {
                    return keepRest(transport, lent)
                }
                transport.inputStart = body + head.bodyBytes
                if head.kind == 0 {
                    guard word(slot, transport, head, loop, into: &arrivals) else { return false }
                    continue
                }
                if let breach = deliver(transport, head, body, into: &arrivals) {
                    fail(slot, .breach(breach), into: &arrivals)
                    return false
                }
                lent = true
            }
        }
        _ = keepRest(transport, lent)
        return false
    }

    /// Keeps the part of a frame.
    ///
    /// Bodies that were handed out lie in the buffer, so it is left to
    /// them, and the rest goes to a new one.
    private func keepRest(_ transport: Transport, _ lent: Bool) -> Bool {
        if transport.inputStart == 0 { return true }
        if lent {
            transport.input = Array(transport.input[transport.inputStart...])
        } else {
            transport.input.removeFirst(transport.inputStart)
        }
        transport.inputStart = 0
        return true
    }

    /// Hands a frame to the service, or tells which rule it breaks.
    private mutating func deliver(
        _ transport: Transport, _ head: FrameHead, _ body: Int, into arrivals: inout [Arrival]
    ) -> PassageEnd.Breach? {
        guard transport.phase == .open, transport.link >= 0, let state = links[transport.link]
        else {
            return .order
        }
        if state.isOpener {
            guard head.isAnswer else { return .unasked }
            guard known.contains(head.kind) else { return .kind }
            let isAsked =
                head.isLast
                ? state.asked.remove(head.correlation) != nil
                : state.asked.contains(head.correlation)
            guard isAsked else { return .unasked }
        } else {
            guard !head.isAnswer, !head.isLast else { return .unasked }
            guard permitted[state.line].contains(head.kind) else { return .kind }
        }
        arrivals.append(
            .message(
                Message(
                    link: Link(slot: transport.link, generation: state.generation),
                    peer: Peer(line: state.line), kind: head.kind, correlation: head.correlation,
                    isAnswer: head.isAnswer, isLast: head.isLast,
                    body: ByteReader(transport.input, in: body..<body + head.bodyBytes))))
        return nil
    }

    /// Sends what a transport has, and watches it for what it needs next.
    mutating func pump(
        _ slot: Int, _ loop: borrowing EventLoop, into arrivals: inout [Arrival]
    ) {
        guard let transport = transports[slot], transport.phase != .connecting else { return }
        if let end = transport.pump() {
            fail(slot, end, into: &arrivals)
            return
        }
        let queued = transport.queued
        if queued > Self.queueHigh {
            transport.isPaused = true
        } else if queued <= Self.queueHigh / 2 {
            transport.isPaused = false
        }
        do {
            try transport.rewatch(loop)
        } catch {
            fail(slot, .lost, into: &arrivals)
        }
    }
}
