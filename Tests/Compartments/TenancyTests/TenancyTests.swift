import CLinux
import Descriptors
import Findings
import Glibc
import Tenancy
import Testing

@Suite("Tenancy")
struct TenancyTests {
    private func invitation(_ variables: [String: String]) -> Invitation {
        Invitation { variables[$0] }
    }

    private func pair() -> [SharedDescriptor] {
        var ends: [Int32] = [0, 0]
        unsafe socketpair(AF_UNIX, Int32(SOCK_SEQPACKET.rawValue), 0, &ends)
        return ends.map { SharedDescriptor(Descriptor(owning: $0)) }
    }

    @Test(
        "an invitation that does not fit is refused before anything is taken",
        arguments: [
            ["LISTEN_FDS": "x"], ["LISTEN_FDS": "-1"], ["LISTEN_FDS": "513"],
            ["LISTEN_FDS": "1"], ["LISTEN_FDS": "2", "LISTEN_FDNAMES": "events"],
            ["LISTEN_FDS": "0", "LISTEN_PID": "1"],
            ["LISTEN_FDS": "1", "LISTEN_FDNAMES": String(repeating: "n", count: 65)],
            ["LISTEN_FDS": "2", "LISTEN_FDNAMES": "events:"],
        ])
    func refused(variables: [String: String]) {
        #expect(throws: Failure.self) { _ = try Tenancy.start(invitation(variables)) }
    }

    @Test("a program started by hand has no descriptors and nobody to tell")
    func byHand() throws {
        let tenancy = try Tenancy.start(invitation([:]))
        let count = tenancy.descriptors.count
        #expect(count == 0)
        try tenancy.ready()
        tenancy.stopping()
        #expect(bh_is_dumpable() == 0)
    }

    @Test("the words of the command line come without /proc, in their order")
    func words() {
        #expect(Tenancy.words() == Array(CommandLine.arguments.dropFirst().prefix(64)))
    }

    @Test("readiness reaches the notify socket, and a missing one is a failure")
    func ready() throws {
        let path = "/tmp/bulkhead-tenancy-\(getpid()).socket"
        let receiver = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
        defer {
            close(receiver)
            _ = unsafe unlink(path)
        }
        var address = sockaddr_un()
        address.sun_family = UInt16(AF_UNIX)
        unsafe withUnsafeMutableBytes(of: &address.sun_path) {
            unsafe $0.copyBytes(from: Array(path.utf8))
        }
        let bound = unsafe withUnsafePointer(to: &address) {
            unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe bind(receiver, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        try #require(bound == 0)
        let tenancy = try Tenancy.start(invitation(["NOTIFY_SOCKET": path]))
        try tenancy.ready()
        guard case .message(let told) = try EventSocket.receive(on: receiver) else {
            Issue.record("nothing was told")
            return
        }
        #expect(told == Array("READY=1".utf8))
        let lost = try Tenancy.start(invitation(["NOTIFY_SOCKET": path + ".missing"]))
        do throws(Failure) {
            try lost.ready()
            Issue.record("a missing socket was told")
        } catch { #expect(error.code == "tenancy") }
    }

    @Test("messages keep their bounds: empty ones are no end, long ones are told by their length")
    func messages() throws {
        let ends = pair()
        #expect(try EventSocket.receive(on: ends[1].number) == .none)
        for count in [1, 0, 65_536] {
            let sent = [UInt8](repeating: 7, count: count)
            #expect(try EventSocket.send(sent, on: ends[0].number))
            #expect(try EventSocket.receive(on: ends[1].number) == .message(sent))
        }
        #expect(try EventSocket.send([UInt8](repeating: 7, count: 70_000), on: ends[0].number))
        #expect(
            try EventSocket.receive(on: ends[1].number)
                == .message([UInt8](repeating: 7, count: 65_537)))
        #expect(try EventSocket.send([], on: ends[0].number))
        #expect(try EventSocket.send([1], on: ends[0].number))
        shutdown(ends[0].number, Int32(SHUT_RDWR))
        #expect(try EventSocket.receive(on: ends[1].number) == .message([]))
        #expect(try EventSocket.receive(on: ends[1].number) == .message([1]))
        #expect(try EventSocket.receive(on: ends[1].number) == .end)
    }

    @Test("a full queue is told, not waited for, and a closed one is a failure")
    func full() throws {
        let ends = pair()
        let message = [UInt8](repeating: 1, count: 60_000)
        var sent = 0
        while try EventSocket.send(message, on: ends[0].number), sent < 10_000 { sent += 1 }
        #expect(sent > 0 && sent < 10_000)
        shutdown(ends[1].number, Int32(SHUT_RDWR))
        #expect(throws: SystemFailure.self) {
            _ = try EventSocket.send(message, on: ends[0].number)
        }
    }
}
