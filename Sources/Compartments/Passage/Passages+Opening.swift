internal import Addresses
internal import Certificates
internal import Descriptors
internal import Loop
internal import Sockets
internal import TLSEngine

extension Passages {
    /// Connections taken from a listener in one turn.
    private static let acceptsMax = 16
    private static let muteNanoseconds: UInt64 = 100_000_000

    /// Begins a connection to the peer of a dial; `joins` when it takes over from the line's link.
    mutating func dial(_ index: Int, _ loop: borrowing EventLoop) {
        let line = dials[index].line
        let peer = table.lines[line]
        let now = clock.monotonic()
        dials[index].due = now &+ dials[index].backoff
        dials[index].backoff = min(dials[index].backoff * 2, Self.backoffMax)
        guard let identity, clock.wall() < identity.certificate.notAfter, let slot = freeSlot(),
            let session = TLSSession(
                client: identity.opening, name: peer.peer, time: clock.wall())
        else { return }
        guard let socket = try? StreamSocket.connect(to: peer.address, port: peer.port) else {
            return
        }
        let transport = Transport(
            socket, session, token: token(slot), isOpener: true, address: peer.address,
            port: peer.port, line: line, identity: identity,
            deadline: now &+ Self.handshakeNanoseconds)
        transport.joins = lineLinks[line] >= 0
        guard (try? transport.watch(loop)) != nil else { return }
        transports[slot] = transport
        dials[index].attempt = slot
    }

    /// Takes waiting connections from addresses of the table.
    mutating func accept(
        _ index: Int, _ loop: borrowing EventLoop, into arrivals: inout [Arrival]
    ) {
        guard listeners.indices.contains(index) else { return }
        let (listener, port) = listeners[index]
        for _ in 0..<Self.acceptsMax {
            do throws(SystemFailure) {
                guard let taken = try StreamSocket.accept(on: listener.number) else { return }
                let address = taken.address
                guard let why = take(taken.take(), address, port, loop) else { continue }
                arrivals.append(.refused(nil, address, why))
            } catch {
                // Out of descriptors: what waits would be reported for ever.
                mute(loop)
                return
            }
        }
    }

    private mutating func take(
        _ socket: consuming Descriptor, _ address: Address, _ port: UInt16,
        _ loop: borrowing EventLoop
    ) -> PassageEnd? {
        let isKnown = table.lines.contains {
            $0.direction == .accept && $0.address == address && $0.port == port
        }
        guard isKnown else { return .stranger }
        let unproven = transports.count { $0.map { !$0.isOpener && $0.line < 0 } ?? false }
        guard unproven < Self.unprovenMax, let slot = freeSlot() else { return .crowded }
        guard let identity, let session = TLSSession(server: identity.accepting, time: clock.wall())
        else { return .expired }
        let transport = Transport(
            socket, session, token: token(slot), isOpener: false, address: address, port: port,
            line: -1, identity: identity,
            deadline: clock.monotonic() &+ Self.handshakeNanoseconds)
        guard (try? transport.watch(loop)) != nil else { return .crowded }
        transports[slot] = transport
        return nil
    }

    private mutating func mute(_ loop: borrowing EventLoop) {
        guard mutedUntil == 0 else { return }
        mutedUntil = clock.monotonic() &+ Self.muteNanoseconds
        for (listener, _) in listeners { try? loop.remove(listener.number) }
    }

    /// Watches the listeners again.
    mutating func unmute(_ loop: borrowing EventLoop) {
        mutedUntil = 0
        for (index, listener) in listeners.enumerated() {
            try? loop.add(
                listener.descriptor.number, token: Self.listenerToken + UInt64(index), .readable)
        }
    }

    /// TCP stands, or never will.
    mutating func connected(
        _ slot: Int, _ transport: Transport, _ loop: borrowing EventLoop,
        into arrivals: inout [Arrival]
    ) {
        guard StreamSocket.failure(of: transport.descriptor.number) == nil else {
            fail(slot, .lost, into: &arrivals)
            return
        }
        transport.phase = .handshake
        decrypt(slot, transport, loop, into: &arrivals)
        pump(slot, loop, into: &arrivals)
    }

    /// TLS stands: who is it? False when it is nobody of the table.
    mutating func established(
        _ slot: Int, _ transport: Transport, into arrivals: inout [Arrival]
    ) -> Bool {
        guard let certificate = transport.tls.peerCertificate, certificate.names.count == 1,
            certificate.commonName == certificate.names[0], certificate.addresses.isEmpty,
            let line = line(of: transport, named: certificate.commonName)
        else {
            fail(slot, .stranger, into: &arrivals)
            return false
        }
        transport.line = line
        guard transports.count(where: { $0?.line == line }) <= Self.perLineMax else {
            fail(slot, .crowded, into: &arrivals)
            return false
        }
        transport.expires = min(transport.expires, certificate.notAfter)
        let now = clock.wall()
        transport.renews = now + max(0, transport.expires - now) * 3 / 4
        transport.ends = clock.monotonic() &+ nanoseconds(until: transport.expires)
        transport.phase = .greeting
        if transport.isOpener {
            transport.say(transport.joins ? .join : .open)
            soil(slot)
        }
        return true
    }

    private func line(of transport: Transport, named name: String) -> Int? {
        if transport.isOpener {
            return table.lines[transport.line].peer == name ? transport.line : nil
        }
        return table.lines.firstIndex {
            $0.direction == .accept && $0.peer == name && $0.address == transport.address
                && $0.port == transport.port
        }
    }

    private mutating func freeSlot() -> Int? {
        if let slot = transports.firstIndex(where: { $0 == nil }) { return slot }
        guard transports.count < Self.transportsMax else { return nil }
        transports.append(nil)
        return transports.count - 1
    }

    private mutating func token(_ slot: Int) -> UInt64 {
        generations += 1
        let number = (generations << 16) & ((1 << 62) - 1)
        return Self.firstToken | number | UInt64(slot)
    }
}
