// Office: what people of the venue ask its services over their operators' channels.
//
// The supervisor decides who may ask and hands over a connection; here one request goes out and one
// answer comes back. Bounds: a message of 64 KiB, ten seconds for an answer.

package import AdminTreaty
package import AuthorityTreaty
internal import Bytes
package import Descriptors
package import Findings
internal import Loop
internal import Operator
internal import Sockets

/// A connection to one service's channel for operators.
package struct OfficeDesk: ~Copyable {
    /// How long a service has for an answer.
    package static let answerMilliseconds: Int32 = 10_000

    private let service: String
    private let connection: SharedDescriptor
    private var loop: EventLoop

    /// Opens the channel of a service of the platform whose control socket is at that path.
    package init(_ service: String, at control: String) throws(Failure) {
        try self.init(
            service, connection: try ControlClient.open("operator", of: service, at: control))
    }

    /// A desk over a connection that is there already.
    package init(_ service: String, connection: consuming Descriptor) throws(Failure) {
        let shared = SharedDescriptor(connection)
        self.service = service
        self.connection = shared
        loop = try Self.watching(shared)
    }

    private static func watching(_ connection: SharedDescriptor) throws(Failure) -> EventLoop {
        do throws(SystemFailure) {
            try connection.descriptor.setNonBlocking()
            let loop = try EventLoop(capacity: 1)
            try loop.add(connection.number, token: 0, .readable)
            return loop
        } catch {
            throw Failure(.machine, "channel", "\(error)", remedy: "try again")
        }
    }

    /// Asks orders; a refusal is an answer.
    package mutating func ask(_ request: AccountRequest) throws(Failure) -> AccountAnswer {
        let bytes = try exchange(request.encode())
        do throws(Malformed) { return try AccountAnswer.decode(bytes) } catch {
            throw unreadable(error)
        }
    }

    /// Asks identity; a refusal is an answer.
    package mutating func ask(_ request: KeyRequest) throws(Failure) -> KeyAnswer {
        let bytes = try exchange(request.encode())
        do throws(Malformed) { return try KeyAnswer.decode(bytes) } catch {
            throw unreadable(error)
        }
    }

    /// Asks the authority.
    package mutating func ask(_ request: TrustRequest) throws(Failure) -> TrustAnswer {
        let bytes = try exchange(request.encode())
        do throws(Malformed) { return try TrustAnswer.decode(bytes) } catch {
            throw unreadable(error)
        }
    }

    private mutating func exchange(_ request: [UInt8]) throws(Failure) -> [UInt8] {
        let answer: [UInt8]?
        do throws(SystemFailure) { answer = try reply(to: request) } catch {
            throw Failure(.machine, "channel", "\(service): \(error)", remedy: "try again")
        }
        guard let answer else {
            throw Failure(
                .machine, "no-answer", "\(service) gave no answer on its operators' channel",
                remedy: "see `bulkhead status` and `bulkhead logs \(service)`; what was asked may "
                    + "have been done")
        }
        return answer
    }

    /// Nil when the service ended the connection, or the time is over.
    private mutating func reply(to request: [UInt8]) throws(SystemFailure) -> [UInt8]? {
        guard case .bytes = try LocalSocket.send(request, on: connection.number) else {
            return nil
        }
        let end = Clocks.monotonic() + UInt64(Self.answerMilliseconds) * 1_000_000
        while true {
            switch try LocalSocket.receive(on: connection.number) {
            case .message(let message): return message.bytes
            case .end: return nil
            case .wouldBlock: break
            }
            let now = Clocks.monotonic()
            guard now < end else { return nil }
            _ = try loop.wait(timeoutMilliseconds: Int32((end - now) / 1_000_000 + 1))
        }
    }

    private func unreadable(_ problem: Malformed) -> Failure {
        Failure(
            .machine, "reply", "the answer of \(service) cannot be read (\(problem.expected))",
            remedy: "use the `bulkhead` that started the platform")
    }
}
