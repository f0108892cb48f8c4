internal import Certificates
internal import Descriptors
internal import Sockets
package import TLSEngine

/// Why a connection, and the question on it, is gone.
package enum ClientLoss: Sendable, Hashable, CustomStringConvertible {
    /// Nobody took the connection.
    case unreachable
    /// The server's certificate is not under the root, or the handshake broke.
    case handshake(TLSProblem)
    /// The certificate is for another address.
    case name
    /// The server ended the connection.
    case closed
    case tls(TLSProblem)
    case answer(AnswerParser.Flaw)
    /// Something came that nobody asked for.
    case unasked
    case timeout

    package var description: String {
        switch self {
        case .unreachable: "nobody takes the connection"
        case .handshake(let problem): "the handshake failed (\(problem))"
        case .name: "the server's certificate is for another address"
        case .closed: "the server ended the connection"
        case .tls(let problem): "the connection broke (\(problem))"
        case .answer(let flaw): "the answer is none (\(flaw.rawValue))"
        case .unasked: "an answer came that nobody asked for"
        case .timeout: "no answer in time"
        }
    }
}

/// One connection: TCP, TLS and at most one question.
///
/// A class: it owns a session that cannot be copied, and lives in a list.
final class ClientLine {
    enum State {
        case connecting
        case greeting
        case idle
        case asking
    }

    let socket: SharedDescriptor
    private var session: TLSSession
    private let endpoint: Endpoint
    private var parser = AnswerParser()
    private var out: [UInt8] = []
    private var sent = 0
    private(set) var state = State.connecting
    var tag: UInt64 = 0
    /// When the question, or the way to the first one, is given up.
    var deadline: UInt64
    /// Whether the loop watches for room to send.
    var watchesWriting = true

    init(
        _ socket: consuming Descriptor, _ session: consuming TLSSession, _ endpoint: Endpoint,
        deadline: UInt64
    ) {
        self.socket = SharedDescriptor(socket)
        self.session = session
        self.endpoint = endpoint
        self.deadline = deadline
    }

    var wantsToSend: Bool { state == .connecting || sent < out.count }

    /// Puts a question on an idle line; false when the session takes no more.
    func ask(_ request: [UInt8], tag: UInt64, deadline: UInt64) -> Bool {
        guard state == .idle, case .bytes = session.write(request, in: 0..<request.count) else {
            return false
        }
        self.tag = tag
        self.deadline = deadline
        state = .asking
        session.drain(into: &out)
        return flush() == nil
    }

    /// The socket can be written: the connection is there, or has room.
    func writable() -> ClientLoss? {
        if state == .connecting {
            guard StreamSocket.failure(of: socket.number) == nil else { return .unreachable }
            state = .greeting
            var none: [UInt8] = []
            if case .failed(let problem) = session.plain(into: &none, limit: 1) {
                return .handshake(problem)
            }
            session.drain(into: &out)
        }
        return flush()
    }

    /// Takes what arrived; `room` is where bytes from the wire and plain bytes pass through.
    func readable(_ room: inout [UInt8], _ plain: inout [UInt8]) -> (
        answer: ReceivedAnswer?, loss: ClientLoss?
    ) {
        guard state != .connecting else { return (nil, writable()) }
        let moved: Transfer
        do throws(SystemFailure) {
            moved = try StreamSocket.receive(into: &room, on: socket.number)
        } catch { return (nil, .closed) }
        switch moved {
        case .wouldBlock: return (nil, nil)
        case .end: return (nil, .closed)
        case .bytes(let count): session.take(room, in: 0..<count)
        }
        plain.removeAll(keepingCapacity: true)
        var loss: ClientLoss?
        reading: while loss == nil {
            switch session.plain(into: &plain, limit: room.count) {
            case .bytes: continue
            case .blocked: break reading
            case .end: loss = .closed
            case .failed(let problem):
                loss = state == .greeting ? .handshake(problem) : .tls(problem)
            }
        }
        session.drain(into: &out)
        if loss == nil, state == .greeting, session.isEstablished { loss = greet() }
        let answer = take(plain, &loss)
        return (answer, loss ?? flush())
    }

    private func greet() -> ClientLoss? {
        guard let certificate = session.peerCertificate, endpoint.isNamed(by: certificate) else {
            return .name
        }
        state = .idle
        return nil
    }

    private func take(_ plain: [UInt8], _ loss: inout ClientLoss?) -> ReceivedAnswer? {
        guard !plain.isEmpty else { return nil }
        guard state == .asking else {
            loss = .unasked
            return nil
        }
        parser.take(plain)
        switch parser.next() {
        case .more: return nil
        case .broken(let flaw):
            loss = .answer(flaw)
            return nil
        case .answer(let answer):
            state = .idle
            if !parser.isUntouched {
                loss = .unasked
            } else if !answer.keepsAlive {
                loss = .closed
            }
            return answer
        }
    }

    /// Sends what waits, as much as there is room for.
    private func flush() -> ClientLoss? {
        while sent < out.count {
            do throws(SystemFailure) {
                switch try StreamSocket.send(out, in: sent..<out.count, on: socket.number) {
                case .bytes(let count): sent += count
                case .wouldBlock: return nil
                case .end: return .closed
                }
            } catch { return .closed }
        }
        out.removeAll(keepingCapacity: true)
        sent = 0
        return nil
    }
}
