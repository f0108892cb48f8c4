import Addresses
import Descriptors
import Glibc
import Sockets
import Testing

@Suite("Local sockets")
struct LocalSocketTests {
    private func pair() throws -> (SharedDescriptor, SharedDescriptor) {
        try LocalSocket.pair().split { (SharedDescriptor($0), SharedDescriptor($1)) }
    }

    private func message(_ receipt: Receipt) -> LocalMessage? {
        if case .message(let message) = receipt { message } else { nil }
    }

    @Test("messages keep their boundaries, and the end is told apart from waiting")
    func boundaries() throws {
        var (ours, theirs): (SharedDescriptor?, SharedDescriptor) = try pair()
        try theirs.descriptor.setNonBlocking()
        guard case .wouldBlock = try LocalSocket.receive(on: theirs.number) else {
            Issue.record("a message nobody sent")
            return
        }
        for bytes in [[1], [2, 2], [UInt8](repeating: 3, count: LocalSocket.messageBytesMax)] {
            let number = try #require(ours?.number)
            #expect(try LocalSocket.send(bytes, on: number) == .bytes(bytes.count))
        }
        for count in [1, 2, LocalSocket.messageBytesMax] {
            #expect(message(try LocalSocket.receive(on: theirs.number))?.bytes.count == count)
        }
        ours = nil
        guard case .end = try LocalSocket.receive(on: theirs.number) else {
            Issue.record("no end after the other side closed")
            return
        }
        #expect(try LocalSocket.send([1], on: theirs.number) == .end)
    }

    @Test("a full queue says so instead of waiting")
    func full() throws {
        let (ours, theirs) = try pair()
        try ours.descriptor.setNonBlocking()
        let bytes = [UInt8](repeating: 0, count: 32768)
        var sent = 0
        while try LocalSocket.send(bytes, on: ours.number) != .wouldBlock {
            sent += 1
            try #require(sent < 10_000)
        }
        #expect(sent > 10)
        #expect(message(try LocalSocket.receive(on: theirs.number)) != nil)
    }

    @Test("descriptors travel with a message; too many of them refuse it whole")
    func descriptors() throws {
        let (ours, theirs) = try pair()
        let file = try Files.open("/dev/null")
        let sent = try LocalSocket.send(
            [9], descriptors: [file.number, file.number], on: ours.number)
        #expect(sent == .bytes(1))
        let got = message(try LocalSocket.receive(on: theirs.number))
        #expect(got?.descriptors.count == 2)
        for one in got?.descriptors ?? [] {
            #expect(try Files.facts(one.descriptor).inode == Files.facts(file).inode)
        }
        let many = [Int32](repeating: file.number, count: LocalSocket.descriptorsMax + 1)
        _ = try LocalSocket.send([9], descriptors: many, on: ours.number)
        let failure = #expect(throws: SystemFailure.self) {
            _ = try LocalSocket.receive(on: theirs.number)
        }
        #expect(failure?.errno == EMSGSIZE)
    }

    @Test("a path socket names its peer; connecting to nothing is an error")
    func paths() throws {
        var template = Array("/tmp/bulkhead-sockets-XXXXXX".utf8CString)
        try #require(unsafe mkdtemp(&template) != nil)
        let directory = String(
            decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        defer { unsafe rmdir(directory) }
        let path = directory + "/control"
        let refused = #expect(throws: SystemFailure.self) {
            _ = try LocalSocket.connect(to: path)
        }
        #expect(refused?.errno == ENOENT)
        let listener = try LocalSocket.listen(at: path, mode: 0o600)
        defer { unsafe unlink(path) }
        let client = try LocalSocket.connect(to: path)
        let server = try LocalSocket.accept(on: listener)
        let peer = try LocalSocket.peer(of: server.number)
        #expect(peer == PeerCredentials(pid: UInt32(getpid()), uid: geteuid()))
        _ = try LocalSocket.send([1, 2], on: client.number)
        #expect(message(try LocalSocket.receive(on: server.number))?.bytes == [1, 2])
    }

    @Test("two listeners on one port are refused")
    func listeners() throws {
        let loopback = Address(0x7F00_0001)
        var taken: SharedDescriptor?
        var port: UInt16 = 29000
        while taken == nil, port < 29100 {
            port += 1
            do {
                taken = SharedDescriptor(
                    try PublishedListener.open(loopback, port: port, for: geteuid()))
            } catch { continue }
        }
        try #require(taken != nil)
        let failure = #expect(throws: SystemFailure.self) {
            _ = try PublishedListener.open(loopback, port: port, for: geteuid())
        }
        #expect(failure?.errno == EADDRINUSE)
    }
}
