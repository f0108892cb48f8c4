package import Certificates
internal import Descriptors
package import Findings
internal import Loop
internal import Sockets
internal import TLSEngine

/// What became of a question.
package enum ClientArrival: Sendable, Equatable {
    case answer(tag: UInt64, ReceivedAnswer)
    /// Whether the server took it is not known.
    case lost(tag: UInt64, ClientLoss)
}

/// Kept connections to one endpoint on one loop; each carries one question at a time.
///
/// Connections are made again by themselves, each time after a longer pause up to a second.
package struct ClientPool: ~Copyable {
    /// Most connections.
    package static let connectionsMax = 1_024
    private static let connectNanoseconds: UInt64 = 5_000_000_000
    private static let pauseFirst: UInt64 = 20_000_000
    private static let pauseMax: UInt64 = 1_000_000_000
    private static let roomBytes = 32 << 10

    private struct Slot {
        var line: ClientLine?
        var pause = ClientPool.pauseFirst
        /// When the next attempt may begin.
        var next: UInt64 = 0
    }

    /// Where the connections lead.
    package let endpoint: Endpoint
    private let context: TLSContext
    private var loop: EventLoop
    private var slots: [Slot]
    /// Lines without a question, the last used first.
    private var idle: [Int] = []
    private var room = [UInt8](repeating: 0, count: roomBytes)
    private var plain: [UInt8] = []
    /// When lines and pauses are looked at again.
    private var nextLook: UInt64 = 0
    /// How many connections were lost, or never made.
    package private(set) var losses: UInt64 = 0
    /// Why the last of them was.
    package private(set) var lastLoss: ClientLoss?

    /// Begins that many connections under the root.
    package init(_ endpoint: Endpoint, root: Certificate, connections: Int) throws(Failure) {
        let context = try Self.context(root)
        self.init(endpoint, context, try Self.emptyLoop(), connections)
    }

    private init(
        _ endpoint: Endpoint, _ context: TLSContext, _ loop: consuming EventLoop,
        _ connections: Int
    ) {
        self.endpoint = endpoint
        self.context = context
        self.loop = loop
        slots = Array(repeating: Slot(), count: min(max(connections, 1), Self.connectionsMax))
    }

    private static func context(_ root: Certificate) throws(Failure) -> TLSContext {
        guard let context = TLSContext(anonymousUnder: root) else {
            throw Failure(.machine, "tls", "OpenSSL takes no such root", remedy: "")
        }
        return context
    }

    private static func emptyLoop() throws(Failure) -> EventLoop {
        do throws(SystemFailure) { return try EventLoop(capacity: 256) } catch {
            throw Failure(.machine, "loop", "\(error)", remedy: "")
        }
    }

    /// Whether a question can be put now.
    package var hasRoom: Bool { !idle.isEmpty }

    /// Puts a question on an idle connection; false when there is none: the tag is then not used.
    package mutating func ask(_ request: [UInt8], tag: UInt64, deadline: UInt64) -> Bool {
        while let place = idle.popLast() {
            guard let line = slots[place].line else { continue }
            if line.ask(request, tag: tag, deadline: deadline) {
                watch(place)
                return true
            }
            // A question that was begun is lost, not unasked: part of it may have left.
            if line.state == .asking {
                watch(place)
                line.deadline = 0
                nextLook = 0
                return true
            }
            drop(place, .closed)
        }
        return false
    }

    /// Waits at most that long and moves everything on; answers and losses are appended.
    package mutating func turn(
        timeoutMilliseconds: Int32, into arrivals: inout [ClientArrival]
    ) throws(Failure) {
        look(&arrivals)
        let ready: [Ready]
        let now = Clocks.monotonic()
        let until = nextLook > now ? Int32(min((nextLook - now) / 1_000_000 + 1, 1_000)) : 0
        do throws(SystemFailure) {
            ready = try loop.wait(timeoutMilliseconds: min(timeoutMilliseconds, until))
        } catch { throw Failure(.machine, "loop", "\(error)", remedy: "") }
        for one in ready { move(one, &arrivals) }
    }

    private mutating func move(_ ready: Ready, _ arrivals: inout [ClientArrival]) {
        let place = Int(ready.token)
        guard let line = slots[place].line else { return }
        let before = line.state
        let tag = line.tag
        if ready.writable, let loss = line.writable() {
            lose(place, loss, &arrivals)
            return
        }
        if ready.readable {
            let (answer, loss) = line.readable(&room, &plain)
            if let answer { arrivals.append(.answer(tag: tag, answer)) }
            if let loss {
                lose(place, loss, &arrivals)
                return
            }
        }
        if line.state == .idle, before != .idle {
            idle.append(place)
            slots[place].pause = Self.pauseFirst
        }
        watch(place)
    }

    private mutating func lose(
        _ place: Int, _ loss: ClientLoss, _ arrivals: inout [ClientArrival]
    ) {
        if let line = slots[place].line, line.state == .asking {
            arrivals.append(.lost(tag: line.tag, loss))
        }
        drop(place, loss)
    }

    private mutating func drop(_ place: Int, _ loss: ClientLoss) {
        if let line = slots[place].line { try? loop.remove(line.socket.number) }
        slots[place].line = nil
        idle.removeAll { $0 == place }
        losses += 1
        lastLoss = loss
        slots[place].next = Clocks.monotonic() + slots[place].pause
        slots[place].pause = min(slots[place].pause * 2, Self.pauseMax)
        nextLook = min(nextLook, slots[place].next)
    }

    /// Gives up what is overdue and begins connections whose pause is over.
    private mutating func look(_ arrivals: inout [ClientArrival]) {
        let now = Clocks.monotonic()
        guard now >= nextLook else { return }
        nextLook = now + 100_000_000
        for place in slots.indices {
            if let line = slots[place].line {
                guard line.state != .idle, line.deadline <= now else { continue }
                lose(place, .timeout, &arrivals)
            } else if slots[place].next <= now {
                begin(place, now)
            }
        }
        for slot in slots where slot.line == nil { nextLook = min(nextLook, slot.next) }
        nextLook = max(nextLook, now + 1_000_000)
    }

    private mutating func begin(_ place: Int, _ now: UInt64) {
        do throws(SystemFailure) {
            let socket = try StreamSocket.connect(to: endpoint.address, port: endpoint.port)
            guard
                let session = TLSSession(
                    client: context, name: nil, time: Clocks.wallSeconds())
            else { return drop(place, .unreachable) }
            let line = ClientLine(
                socket, session, endpoint, deadline: now + Self.connectNanoseconds)
            try loop.add(line.socket.number, token: UInt64(place), [.readable, .writable])
            slots[place].line = line
        } catch { drop(place, .unreachable) }
    }

    private mutating func watch(_ place: Int) {
        guard let line = slots[place].line, line.watchesWriting != line.wantsToSend else { return }
        line.watchesWriting = line.wantsToSend
        let interest: Interest = line.wantsToSend ? [.readable, .writable] : .readable
        try? loop.change(line.socket.number, token: UInt64(place), interest)
    }
}

extension ClientPool {
    /// Asks one thing and waits for its answer; nothing else may be under way.
    package mutating func answer(
        to request: [UInt8], seconds: UInt64 = 10
    ) throws(Failure) -> ReceivedAnswer {
        let end = Clocks.monotonic() + seconds * 1_000_000_000
        var arrivals: [ClientArrival] = []
        var isAsked = false
        while Clocks.monotonic() < end {
            if !isAsked { isAsked = ask(request, tag: 0, deadline: end) }
            try turn(timeoutMilliseconds: 100, into: &arrivals)
            switch arrivals.first {
            case .answer(_, let answer): return answer
            case .lost(_, let loss): throw unanswered("\(loss)")
            case nil: continue
            }
        }
        throw unanswered(lastLoss.map { "\($0)" } ?? "no answer in \(seconds) s")
    }

    private func unanswered(_ why: String) -> Failure {
        Failure(
            .machine, "front-door", "\(endpoint) does not answer: \(why)",
            remedy: "see `bulkhead status`")
    }
}
