internal import Addresses
internal import Descriptors
internal import HTTPWire
internal import Loop
internal import Passage
internal import Sockets
internal import TLSEngine

extension Gate {
    /// Takes waiting connections, as many as one turn may.
    mutating func accept(_ loop: borrowing EventLoop, _ passages: borrowing Passages) {
        for turn in 0..<limits.acceptedPerTurnMax {
            let victim = roll.isFull ? longestIdle : nil
            guard !roll.isFull || victim != nil, handshakes < limits.handshakesMax else {
                // Somebody knocks and waits outside; nobody knows yet who that is.
                if turn == 0 {
                    complain(Address(0), 0, nil, roll.isFull ? "table-full" : "handshakes-full")
                }
                setAccepting(false, loop)
                return
            }
            do throws(SystemFailure) {
                guard let taken = try StreamSocket.accept(on: listener) else { return }
                if let victim { drop(victim, loop) }
                welcome(taken, loop, passages)
            } catch {
                // No descriptor is left: the sweep tries again.
                setAccepting(false, loop)
                return
            }
        }
    }

    private mutating func welcome(
        _ taken: consuming TakenStream, _ loop: borrowing EventLoop, _ passages: borrowing Passages
    ) {
        let address = taken.address
        let port = taken.port
        guard !roll.isCrowded(address) else {
            complain(address, port, nil, "too-many-connections")
            return
        }
        guard let context = passages.publicContext,
            let tls = TLSSession(server: context, time: clock.wall()),
            let place = roll.take(address, due: now &+ limits.handshake)
        else { return }
        generation = (generation + 1) & (1 << 44 - 1)
        let client = Client(
            taken.take(), tls, Conversation(limits), address: address, port: port,
            token: Self.clientBit | generation << 16 | UInt64(place))
        do throws(SystemFailure) {
            try loop.add(client.descriptor.number, token: client.token, .readable)
        } catch {
            roll.release(place, address)
            return
        }
        clients[place] = client
        handshakes += 1
        sweepOn()
    }

    /// Whoever has been idle longest makes room for a new one.
    private var longestIdle: Int? {
        var oldest: (place: Int, due: UInt64)?
        for place in clients.indices where clients[place]?.phase == .idle {
            if roll.due[place] < oldest?.due ?? .max { oldest = (place, roll.due[place]) }
        }
        return oldest?.place
    }

    mutating func setAccepting(_ accepts: Bool, _ loop: borrowing EventLoop) {
        guard accepts != isAccepting else { return }
        isAccepting = accepts
        sweepOn()
        try? loop.change(
            listener, token: Self.listenerToken, accepts ? .readable : [])
    }

    /// Reads from a client, or goes on writing to it.
    mutating func move(
        _ ready: Ready, _ loop: borrowing EventLoop, _ passages: inout Passages
    ) {
        guard let place = place(of: ready.token), let client = clients[place] else { return }
        if ready.hangup && !client.interest.contains(.readable) {
            drop(place, loop)
            return
        }
        if ready.writable { touch(place) }
        guard ready.readable, client.interest.contains(.readable) else { return }
        switch try? StreamSocket.receive(into: &incoming, on: client.descriptor.number) {
        case .wouldBlock: break
        case .end, nil: ended(place, client, loop)
        case .bytes(let count):
            if client.phase == .linger {
                client.lingered += count
                if client.lingered > limits.lingerBytesMax { drop(place, loop) }
                return
            }
            client.tls.take(incoming, in: 0..<count)
            decrypt(place, client, &passages)
        }
    }

    /// The socket is at its end: what was asked is still answered, for the client may be reading.
    private mutating func ended(_ place: Int, _ client: Client, _ loop: borrowing EventLoop) {
        guard client.isEstablished, client.talk.isAsked, !client.talk.isEnding else {
            // Who was refused in the middle of a request was told and recorded then.
            if !client.isEstablished || client.talk.isHalfway && !client.talk.isEnding {
                complain(client, nil, client.isEstablished ? "half-request" : "half-handshake")
            }
            drop(place, loop)
            return
        }
        client.hasWireEnded = true
        client.talk.peerEnded()
        touch(place)
    }

    /// Decrypts as much as the conversation has room for, and goes on with it.
    mutating func decrypt(_ place: Int, _ client: Client, _ passages: inout Passages) {
        repeat {
            let room = client.talk.room
            client.hasMore = room == 0
            guard room > 0 else { break }
            let progress = client.tls.plain(into: &client.talk.input, limit: room)
            if !client.isEstablished && client.tls.isEstablished {
                client.isEstablished = true
                handshakes -= 1
            }
            switch progress {
            case .bytes(let count): client.hasMore = count == room
            case .blocked: break
            case .end:
                client.talk.peerEnded()
            case .failed(let problem):
                complain(client, nil, "tls \(Self.words(problem))")
                client.talk.abandon()
                touch(place)
                return
            }
            step(place, client, &passages)
        } while client.hasMore && !client.talk.isEnding
        touch(place)
    }

    private static func words(_ problem: TLSProblem) -> String {
        switch problem {
        case .certificate(let number): "certificate \(number)"
        case .anonymous: "anonymous"
        case .alert(let number): "alert \(number)"
        case .broken(let number): "broken \(number)"
        }
    }

    /// Forgets a client at once.
    mutating func drop(_ place: Int, _ loop: borrowing EventLoop) {
        guard let client = clients[place] else { return }
        forget(client)
        if !client.isEstablished { handshakes -= 1 }
        client.sayFarewell(&outgoing)
        held -= client.held
        try? loop.remove(client.descriptor.number)
        roll.release(place, client.address)
        clients[place] = nil
        setAccepting(true, loop)
    }
}
