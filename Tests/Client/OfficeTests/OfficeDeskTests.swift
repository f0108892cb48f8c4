import AdminTreaty
import AuthorityTreaty
import Descriptors
import Findings
import Office
import Sockets
import Testing

@Suite("A desk at an operators' channel")
struct OfficeDeskTests {
    struct Ends {
        let near: SharedDescriptor
        let far: SharedDescriptor

        init() throws {
            (near, far) = try LocalSocket.pair().split {
                (SharedDescriptor($0), SharedDescriptor($1))
            }
        }
    }

    @Test("a request goes out as its message and the answer comes back as a value")
    func round() throws {
        let ends = try Ends()
        let answer = AccountAnswer.done(7)
        _ = try LocalSocket.send(answer.encode(), on: ends.far.number)
        var desk = try OfficeDesk("orders", connection: try ends.near.descriptor.duplicate())
        #expect(try desk.ask(AccountRequest.open) == answer)
        guard case .message(let asked) = try LocalSocket.receive(on: ends.far.number) else {
            Issue.record("nothing was asked")
            return
        }
        #expect(try AccountRequest.decode(asked.bytes) == .open)
    }

    @Test(
        "an answer that cannot be read, and none at all, are failures of the machine",
        arguments: [[0xFF], []] as [[UInt8]])
    func unreadable(bytes: [UInt8]) throws {
        let ends = try Ends()
        if bytes.isEmpty {
            _ = try LocalSocket.send([1], on: ends.far.number)
        } else {
            _ = try LocalSocket.send(bytes, on: ends.far.number)
        }
        var desk = try OfficeDesk("authority", connection: try ends.near.descriptor.duplicate())
        var problem: Failure?
        do throws(Failure) { _ = try desk.ask(TrustRequest.publicRoot) } catch { problem = error }
        #expect(problem?.code == "reply")
    }
}
