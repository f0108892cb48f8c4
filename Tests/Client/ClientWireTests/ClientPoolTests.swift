import Addresses
import Certificates
import ClientWire
import Descriptors
import Loop
import Sockets
import TLSEngine
import Testing

/// A front door of one thread that answers each read with the next of its scripted answers.
struct StubDoor {
    final class Visitor {
        let socket: SharedDescriptor
        var session: TLSSession
        var isOver = false

        init(_ socket: consuming Descriptor, _ session: consuming TLSSession) {
            self.socket = SharedDescriptor(socket)
            self.session = session
        }
    }

    let root: Certificate
    let endpoint: Endpoint
    private let context: TLSContext
    private let listener: SharedDescriptor
    private var visitors: [Visitor] = []
    private var answers: [String]
    private(set) var asked: [String] = []

    struct Missing: Error {}

    init(named address: Address, answers: [String]) throws {
        let authority = KeyPair()
        let key = KeyPair()
        let now = Clocks.wallSeconds()
        let wanted = CertificateRequest(
            commonName: "gateway", names: [], addresses: [address], notBefore: now - 60,
            notAfter: now + 3_600, use: .server)
        guard let root = authority.root(name: "root", notBefore: now - 60, notAfter: now + 9_000),
            let own = authority.issue(wanted, for: key.publicKey, under: root),
            let context = TLSContext(
                server: own, key: key, trust: .serverOnly(nil), isPublic: true)
        else { throw Missing() }
        let here = Address(0x7F00_0001)
        listener = SharedDescriptor(try StreamSocket.listen(here, port: 0, backlog: 8))
        self.root = root
        self.context = context
        self.answers = answers
        endpoint = Endpoint(here, port: try StreamSocket.port(of: listener.number))
    }

    mutating func serve() throws {
        while let taken = try StreamSocket.accept(on: listener.number) {
            guard let session = TLSSession(server: context, time: Clocks.wallSeconds()) else {
                throw Missing()
            }
            visitors.append(Visitor(taken.take(), session))
        }
        for visitor in visitors where !visitor.isOver {
            var room = [UInt8](repeating: 0, count: 32 << 10)
            let moved = try? StreamSocket.receive(into: &room, on: visitor.socket.number)
            guard case .bytes(let count) = moved else {
                visitor.isOver = moved != .wouldBlock
                continue
            }
            visitor.session.take(room, in: 0..<count)
            var plain: [UInt8] = []
            reading: while true {
                guard case .bytes = visitor.session.plain(into: &plain, limit: 32 << 10) else {
                    break reading
                }
            }
            if !plain.isEmpty { answer(visitor, plain) }
            var out: [UInt8] = []
            visitor.session.drain(into: &out)
            _ = try? StreamSocket.send(out, in: 0..<out.count, on: visitor.socket.number)
        }
        visitors.removeAll { $0.isOver }
    }

    private mutating func answer(_ visitor: Visitor, _ plain: [UInt8]) {
        asked.append(String(decoding: plain, as: UTF8.self))
        guard !answers.isEmpty else { return }
        let next = answers.removeFirst()
        // An empty answer stands for a connection that ends without one.
        visitor.isOver = next.isEmpty
        _ = visitor.session.write(Array(next.utf8), in: 0..<next.utf8.count)
    }
}

@Suite("Connections to the front door")
struct ClientPoolTests {
    static let good = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}"
    static let here = Address(0x7F00_0001)

    /// What became of one question, or why there was none.
    private func outcomes(
        _ answers: [String], named address: Address = here, questions: Int = 1
    ) throws -> (arrivals: [ClientArrival], asked: [String], loss: ClientLoss?) {
        var door = try StubDoor(named: address, answers: answers)
        var pool = try ClientPool(door.endpoint, root: door.root, connections: 1)
        let text = RequestText(door.endpoint)
        var arrivals: [ClientArrival] = []
        var put = 0
        let end = Clocks.monotonic() + 20_000_000_000
        while arrivals.count < questions, Clocks.monotonic() < end {
            if put == arrivals.count, pool.hasRoom,
                pool.ask(text.plain(.get, "/v1/time"), tag: UInt64(put), deadline: end)
            {
                put += 1
            }
            try pool.turn(timeoutMilliseconds: 5, into: &arrivals)
            try door.serve()
            if pool.lastLoss == .name { break }
        }
        return (arrivals, door.asked, pool.lastLoss)
    }

    private let body = ReceivedAnswer(status: 200, body: Array("{}".utf8), keepsAlive: true)

    @Test("questions are answered one after the other on a kept connection")
    func kept() throws {
        let (arrivals, asked, loss) = try outcomes([Self.good, Self.good], questions: 2)
        #expect(arrivals == [.answer(tag: 0, body), .answer(tag: 1, body)])
        #expect(asked.count == 2)
        #expect(asked.allSatisfy { $0.hasPrefix("GET /v1/time HTTP/1.1\r\nhost: 127.0.0.1:") })
        #expect(loss == nil)
    }

    @Test("a connection that ends loses its question, and the next is asked on a new one")
    func ended() throws {
        let (arrivals, _, _) = try outcomes(["", Self.good], questions: 2)
        #expect(arrivals == [.lost(tag: 0, .closed), .answer(tag: 1, body)])
    }

    @Test("more than was asked for ends the connection, and what is no answer loses the question")
    func hostile() throws {
        let (twice, _, loss) = try outcomes([Self.good + Self.good])
        #expect(twice == [.answer(tag: 0, body)])
        #expect(loss == .unasked)
        let (none, _, _) = try outcomes(["HTTP/1.1 200 OK\r\n\r\n"])
        #expect(none == [.lost(tag: 0, .answer(.noLength))])
    }

    @Test("a certificate for another address is not believed")
    func otherName() throws {
        let (arrivals, asked, loss) = try outcomes([Self.good], named: Address(0x7F00_0002))
        #expect(arrivals.isEmpty)
        #expect(asked.isEmpty)
        #expect(loss == .name)
    }
}
