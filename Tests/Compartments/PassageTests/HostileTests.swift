import Addresses
import AuthorityTreaty
import Bytes
import Certificates
import Descriptors
import Enrolment
import Findings
import Passage
import Sockets
import TLSEngine
import Testing

/// A peer with a good certificate and bad manners: TLS by hand over a plain socket.
struct Rogue: ~Copyable {
    private let socket: Descriptor
    private var tls: TLSSession
    private var room = [UInt8](repeating: 0, count: 65_536)
    var heard: [UInt8] = []

    init(_ office: inout Office, name: String, port: UInt16) throws {
        let socket = try StreamSocket.connect(to: Ground.listener, port: port)
        let pair = try office.pair(name)
        let key = KeyPair()
        let request = EnrolRequest(purpose: .passage, publicKey: key.publicKey)
        _ = try LocalSocket.send(request.encode(), on: pair.number)
        try office.serve()
        guard case .message(let message) = try LocalSocket.receive(on: pair.number),
            case .issued(_, let der, let root, _) = try EnrolAnswer.decode(message.bytes),
            let certificate = Certificate(der: der), let root = Certificate(der: root),
            let context = TLSContext(client: certificate, key: key, trust: .mutual(root)),
            let tls = TLSSession(client: context, name: nil, time: office.clock.wall)
        else { throw Missing() }
        self.tls = tls
        self.socket = socket
    }

    /// Moves what waits; false when the other side has ended it.
    mutating func round() throws -> Bool {
        let progress = tls.plain(into: &heard, limit: 65_536)
        var cipher: [UInt8] = []
        tls.drain(into: &cipher)
        var sent = 0
        while sent < cipher.count {
            switch try? StreamSocket.send(cipher, in: sent..<cipher.count, on: socket.number) {
            case .bytes(let count): sent += count
            case .wouldBlock: continue
            case .end, nil: return false
            }
        }
        switch progress {
        case .failed, .end: return false
        case .bytes, .blocked: break
        }
        switch try? StreamSocket.receive(into: &room, on: socket.number) {
        case .bytes(let count): tls.take(room, in: 0..<count)
        case .wouldBlock: break
        case .end, nil: return false
        }
        return true
    }

    var isEstablished: Bool { tls.isEstablished }

    mutating func say(_ bytes: [UInt8]) { _ = tls.write(bytes, in: 0..<bytes.count) }
}

@Suite("Hostile peers", .serialized)
struct HostileTests {
    private static func frame(
        _ length: UInt32, kind: UInt16, flags: UInt8 = 0, zero: UInt8 = 0, _ correlation: UInt64,
        body: Int = 0
    ) -> [UInt8] {
        var writer = ByteWriter()
        writer.integer(length)
        writer.integer(kind)
        writer.integer(flags)
        writer.integer(zero)
        writer.integer(correlation)
        writer.append([UInt8](repeating: 0, count: body))
        return writer.bytes
    }
    private static let open = frame(12, kind: 0, 1)

    static let cases: [(String, [UInt8], PassageEnd.Breach)] = [
        ("a length over the bound", open + frame(1 << 20 + 1, kind: 1, 1), .malformed),
        ("the longest length there is", open + frame(.max, kind: 1, 1), .malformed),
        ("a length under the head", open + frame(11, kind: 1, 1), .malformed),
        ("unknown flags", open + frame(12, kind: 1, flags: 4, 1), .malformed),
        ("last without answer", open + frame(12, kind: 1, flags: 2, 1), .malformed),
        ("a byte that must be zero", open + frame(12, kind: 1, zero: 1, 1), .malformed),
        ("a kind that the table lacks", open + frame(12, kind: 4, 1), .kind),
        ("a kind that nobody knows", open + frame(12, kind: 999, 1), .kind),
        ("an answer that nobody asked for", open + frame(12, kind: 3, flags: 1, 1), .unasked),
        ("a last answer", open + frame(12, kind: 3, flags: 3, 1), .unasked),
        ("open twice", open + open, .order),
        ("a move without a second connection", open + frame(12, kind: 0, 4), .order),
        ("a word of the other side", open + frame(12, kind: 0, 3), .order),
        ("an unknown word", open + frame(12, kind: 0, 77), .malformed),
        ("a word with a body", open + frame(13, kind: 0, 1, body: 1), .malformed),
    ]

    @Test("a peer that breaks a rule is cut off with the rule's name", arguments: cases)
    func breach(name: String, bytes: [UInt8], breach: PassageEnd.Breach) throws {
        var office = try Office(TestClock())
        let port = try Ground.port()
        var back = try Station(Ground.back(port), &office)
        var rogue = try Rogue(&office, name: "front", port: port)
        #expect(try cut(&rogue, &back, bytes), "\(name)")
        #expect(back.closed == [.breach(breach)], "\(name)")
        #expect(back.messages.isEmpty)
    }

    @Test("a frame or a join before the first word opens nothing")
    func early() throws {
        for bytes in [Self.frame(12, kind: 1, 1), Self.frame(12, kind: 0, 2)] {
            var office = try Office(TestClock())
            let port = try Ground.port()
            var back = try Station(Ground.back(port), &office)
            var rogue = try Rogue(&office, name: "front", port: port)
            #expect(try cut(&rogue, &back, bytes))
            #expect(back.refused == [.breach(.order)])
            #expect(back.opened.isEmpty && back.messages.isEmpty)
        }
    }

    @Test("half a frame is waited for, and arrives whole when the rest comes")
    func half() throws {
        var office = try Office(TestClock())
        let port = try Ground.port()
        var back = try Station(Ground.back(port), &office)
        var rogue = try Rogue(&office, name: "front", port: port)
        let whole = Self.open + Self.frame(112, kind: 1, 1, body: 100)
        try greet(&rogue, &back)
        for byte in whole {
            rogue.say([byte])
            #expect(try rogue.round())
            try back.round()
        }
        for _ in 0..<200 where back.messages.isEmpty {
            _ = try rogue.round()
            try back.round(1)
        }
        #expect(back.messages.map(\.body.remaining) == [100])
        #expect(back.closed.isEmpty)
    }

    @Test("a connection that begins anew takes the place of the old one")
    func replaced() throws {
        var office = try Office(TestClock())
        let port = try Ground.port()
        var back = try Station(Ground.back(port), &office)
        var first = try Rogue(&office, name: "front", port: port)
        try greet(&first, &back)
        first.say(Self.open)
        for _ in 0..<500 where back.opened.isEmpty {
            _ = try first.round()
            try back.round(1)
        }
        var second = try Rogue(&office, name: "front", port: port)
        #expect(!(try cut(&second, &back, Self.open, rounds: 100)))
        #expect(back.closed == [.replaced] && back.opened.count == 2)
    }

    @Test("bytes that are no TLS open nothing, and silence ends after five seconds")
    func plaintext() throws {
        let clock = TestClock()
        var office = try Office(clock)
        let port = try Ground.port()
        var back = try Station(Ground.back(port), &office)
        let socket = try StreamSocket.connect(to: Ground.listener, port: port)
        let text = Array("GET / HTTP/1.1\r\n\r\n".utf8)
        for _ in 0..<500 where back.refused.isEmpty {
            _ = try? StreamSocket.send(text, in: 0..<text.count, on: socket.number)
            try back.round(1)
        }
        guard case .tls(.broken) = try #require(back.refused.first) else {
            Issue.record("\(back.refused)")
            return
        }
        let silent = try StreamSocket.connect(to: Ground.listener, port: port)
        for _ in 0..<50 { try back.round(1) }
        clock.turn(seconds: 6)
        back.tick()
        #expect(back.refused.last == .silent)
        #expect(StreamSocket.failure(of: silent.number) == nil)
    }

    @Test("an address that the table lacks is refused before TLS")
    func stranger() throws {
        var office = try Office(TestClock())
        let port = try Ground.port()
        var table = Ground.back(port)
        table.lines[0].address = Address(127 << 24 | 9)
        var back = try Station(table, &office)
        let socket = try StreamSocket.connect(to: Ground.listener, port: port)
        for _ in 0..<500 where back.refused.isEmpty { try back.round(1) }
        #expect(back.refused == [.stranger])
        #expect(socket.number >= 0)
    }

    @Test("a certificate whose life has ended opens nothing")
    func expired() throws {
        let clock = TestClock()
        var office = try Office(clock)
        let port = try Ground.port()
        var back = try Station(Ground.back(port), &office)
        var rogue = try Rogue(&office, name: "front", port: port)
        clock.turn(seconds: 3_700)
        back.tick()
        try office.serve()
        for _ in 0..<10 { try back.round(1) }
        #expect(try cut(&rogue, &back, Self.open))
        #expect(back.opened.isEmpty && !back.refused.isEmpty)
    }

    private func greet(_ rogue: inout Rogue, _ back: inout Station) throws {
        for _ in 0..<500 where !rogue.isEstablished {
            _ = try rogue.round()
            try back.round(1)
        }
        let stands = rogue.isEstablished
        #expect(stands)
    }

    /// Says the bytes as soon as TLS stands; true when the other side then ends the connection.
    private func cut(
        _ rogue: inout Rogue, _ back: inout Station, _ bytes: [UInt8], rounds: Int = 2_000
    ) throws -> Bool {
        var said = false
        for _ in 0..<rounds {
            if rogue.isEstablished && !said {
                rogue.say(bytes)
                said = true
            }
            if try !rogue.round() { return true }
            try back.round(1)
        }
        return false
    }
}
