internal import AuditTreaty
internal import Descriptors
internal import HTTPWire
package import Loop
package import Passage

extension Gate {
    /// Sends what was said since the last time, and sets each touched client's deadline.
    package mutating func flush(_ loop: borrowing EventLoop, _ passages: inout Passages) {
        var index = 0
        // Sending may free room for requests that wait, which touches the client again.
        while index < dirty.count {
            let place = dirty[index]
            index += 1
            guard let client = clients[place] else { continue }
            client.isDirty = false
            flush(place, client, loop, &passages)
        }
        dirty.removeAll(keepingCapacity: true)
    }

    private mutating func flush(
        _ place: Int, _ client: Client, _ loop: borrowing EventLoop, _ passages: inout Passages
    ) {
        let wasFull = client.talk.output.count >= limits.backlogMax
        guard client.send(&outgoing) else {
            drop(place, loop)
            return
        }
        if wasFull && client.cipher.isEmpty { step(place, client, &passages) }
        if !client.talk.output.isEmpty && client.cipher.isEmpty { touch(place) }
        account(place, client)
        let isOver =
            client.talk.isEnding && client.cipher.isEmpty && client.talk.output.isEmpty
            && (client.hasWireEnded || client.talk.hasPeerEnded || !client.isEstablished)
        if isOver {
            drop(place, loop)
            return
        }
        enter(place, client)
        let wanted = client.wanted
        guard wanted != client.interest else { return }
        client.interest = wanted
        try? loop.change(client.descriptor.number, token: client.token, wanted)
    }

    /// Counts what a client holds; when all hold too much, whoever sends a long body is refused.
    private mutating func account(_ place: Int, _ client: Client) {
        held += client.bytes - client.held
        client.held = client.bytes
        guard held > limits.heldMax, client.held > limits.heldAlwaysMax, !client.talk.isAsked,
            !client.talk.isEnding, client.talk.isHalfway
        else { return }
        complain(client, Problem.overloaded.status, Problem.overloaded.type)
        client.talk.end(with: .overloaded, date: date)
        touch(place)
    }

    /// Starts the clock of a phase when it, or the request it is for, is a new one.
    private mutating func enter(_ place: Int, _ client: Client) {
        let phase: ClientPhase
        if !client.isEstablished {
            phase = .handshake
        } else if !client.cipher.isEmpty {
            phase = .drain
        } else {
            phase = client.talk.isEnding ? .linger : client.talk.phase
        }
        let request = phase == .drain ? 0 : client.talk.requests
        guard phase != client.phase || request != client.phaseRequest else { return }
        client.phase = phase
        client.phaseRequest = request
        roll.set(place, due: now &+ phase.patience(limits))
    }

    /// Ends or answers everyone whose time is over.
    mutating func sweep(_ loop: borrowing EventLoop) {
        for place in roll.overdue(now) {
            guard let client = clients[place] else { continue }
            switch client.phase {
            case .idle, .linger: drop(place, loop)
            case .handshake:
                complain(client, nil, "handshake-too-slow")
                drop(place, loop)
            case .drain:
                complain(client, nil, "reads-too-slow")
                drop(place, loop)
            case .head, .body:
                let refusal: Refusal = client.phase == .head ? .headTooSlow : .bodyTooSlow
                complain(client, refusal.status, refusal.rawValue)
                client.talk.refuse(refusal, date: date)
                touch(place)
            case .answer:
                forget(client)
                let problem = client.talk.changes ? Problem.unknown : Problem.late
                complain(client, problem.status, problem.type)
                client.talk.end(with: problem, date: date)
                touch(place)
            }
        }
        if !isAccepting { setAccepting(true, loop) }
        if roll.taken == 0 && !complaints.isBusy {
            isSweeping = false
            try? timer.disarm()
        }
    }

    /// Looks at deadlines while there is anybody who has one, and at what is to be told.
    package mutating func sweepOn() {
        guard !isSweeping else { return }
        isSweeping = true
        try? timer.arm(
            afterNanoseconds: limits.sweep, everyNanoseconds: limits.sweep)
    }
}
