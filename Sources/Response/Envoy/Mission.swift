internal import AuthorityTreaty
internal import Breach
internal import Bytes
internal import Certificates
internal import Descriptors
internal import Findings
internal import Loop
internal import Passage
internal import Sockets
internal import TLSEngine

/// The place of a service, taken whole: its table, its pair to the authority, its certificate.
final class Mission {
    let orders: EnvoyOrders
    let table: PassageTable
    let name: String
    let own: Proof
    let root: Certificate
    let authority: Int32
    private let report: Int32
    /// The authority answered nothing any more when it was last asked.
    private(set) var isAlone = false

    /// A certificate with its key, as both sides of a connection use it.
    struct Proof {
        let owner: String
        let opening: TLSContext
        let accepting: TLSContext
        let certificate: [UInt8]
        let secret: [UInt8]
    }

    /// An order is answered when its block is on disk and decided.
    private static let answerMilliseconds: Int32 = 5_000
    private static let enrolMilliseconds: Int32 = 10_000
    /// The authority answers at once, where it is there at all; and each service may ask it 32 times.
    private static let silenceMilliseconds: Int32 = 500
    private static let questionsMax = 12

    /// Enrols as the service would; throws when the authority gives nothing.
    init(
        _ orders: EnvoyOrders, _ table: PassageTable, authority: Int32, report: Int32
    ) throws(Failure) {
        self.orders = orders
        self.table = table
        self.authority = authority
        self.report = report
        name = table.name
        (own, root) = try Self.enrol(table.name, authority)
    }

    private static func enrol(
        _ name: String, _ authority: Int32
    ) throws(Failure) -> (Proof, Certificate) {
        let key = KeyPair()
        let request = EnrolRequest(purpose: .passage, publicKey: key.publicKey)
        do throws(SystemFailure) {
            try DescriptorIO.setNonBlocking(authority)
            _ = try LocalSocket.send(request.encode(), on: authority)
            var waiting = try EventLoop(capacity: 1)
            try waiting.add(authority, token: 0, .readable)
            let end = Clocks.monotonic() + UInt64(enrolMilliseconds) * 1_000_000
            while Clocks.monotonic() < end {
                guard case .message(let message) = try LocalSocket.receive(on: authority) else {
                    _ = try waiting.wait(timeoutMilliseconds: 100)
                    continue
                }
                // What the program before asked for, and did not take, is answered too.
                guard
                    case .issued(.passage, let der, let rootDer, _)? =
                        try? EnrolAnswer.decode(message.bytes),
                    let certificate = Certificate(der: der), let root = Certificate(der: rootDer),
                    certificate.publicKey == key.publicKey,
                    let proof = proof(name, certificate, key, root)
                else { continue }
                return (proof, root)
            }
        } catch {
            throw Failure(.machine, "envoy-enrol", "\(error)", remedy: "look at the authority")
        }
        throw Failure(
            .machine, "envoy-enrol", "the authority gave no certificate",
            remedy: "look at the authority")
    }

    /// Contexts of a certificate and its key, believing one root.
    static func proof(
        _ owner: String, _ certificate: Certificate, _ key: borrowing KeyPair, _ root: Certificate
    ) -> Proof? {
        guard let opening = TLSContext(client: certificate, key: key, trust: .mutual(root)),
            let accepting = TLSContext(server: certificate, key: key, trust: .mutual(root))
        else { return nil }
        return Proof(
            owner: owner, opening: opening, accepting: accepting, certificate: certificate.der,
            secret: key.secret)
    }

    /// Waits until the authority answers nothing: whoever hears the prompt takes it away.
    func awaitAbsence() -> Bool {
        guard !isAlone else { return true }
        tell(.prompt("away"))
        guard var waiting = try? EventLoop(capacity: 1),
            (try? waiting.add(authority, token: 0, .readable)) != nil
        else { return false }
        for _ in 0..<Self.questionsMax {
            let request = EnrolRequest(purpose: .passage, publicKey: KeyPair().publicKey)
            _ = try? LocalSocket.send(request.encode(), on: authority)
            let end = Clocks.monotonic() + UInt64(Self.silenceMilliseconds) * 1_000_000
            var isAnswered = false
            while Clocks.monotonic() < end {
                _ = try? waiting.wait(timeoutMilliseconds: 50)
                if case .message? = try? LocalSocket.receive(on: authority) { isAnswered = true }
            }
            isAlone = !isAnswered
            if isAlone { return true }
        }
        return false
    }

    /// Passages that the service opens.
    var opened: [PassageTable.Line] { table.lines.filter { $0.direction == .open } }
    /// Passages that others open to it.
    var accepted: [PassageTable.Line] { table.lines.filter { $0.direction == .accept } }

    func tell(_ record: Report) {
        _ = try? LocalSocket.send(ReportCodec.encode(record), on: report)
    }

    /// A connection with TLS under a proof; nil when it came to no end of the handshake here.
    func dial(_ line: PassageTable.Line, as proof: Proof) -> Wire? {
        guard let wire = try? Wire(to: line.address, port: line.port),
            wire.shake(proof.opening, name: line.peer)
        else { return nil }
        return wire
    }

    /// A greeted connection: the other side agreed that it is a passage.
    func greeted(_ line: PassageTable.Line, as proof: Proof) -> Wire? {
        guard let wire = dial(line, as: proof) else { return nil }
        wire.write(FrameText.word(FrameText.open))
        guard Self.isWelcome(wire.next()) else { return nil }
        return wire
    }

    static func isWelcome(_ sign: Wire.Sign) -> Bool {
        guard case .frame(let head, _) = sign else { return false }
        return head.kind == 0 && head.correlation == FrameText.welcome
    }

    /// The client's request of that label.
    func request(_ label: String) -> PassingRequest? {
        orders.requests.first { $0.label == label }
    }

    /// Asks one thing on a passage of its own; the body of the first answer.
    func question(
        _ line: PassageTable.Line, _ kind: UInt16, _ body: (inout ByteWriter) -> Void
    ) -> ByteReader? {
        guard let wire = greeted(line, as: own) else { return nil }
        var writer = ByteWriter()
        body(&writer)
        wire.write(FrameText.message(kind, correlation: 1, writer.bytes))
        guard case .frame(let head, let answer) = wire.next(within: Self.answerMilliseconds),
            head.isAnswer, head.correlation == 1
        else { return nil }
        return ByteReader(answer)
    }

    /// The honest way: greets, and asks what the table lets it ask where the envoy knows the words;
    /// what came of it, or nil when it does not work.
    func honest(_ line: PassageTable.Line) -> String? {
        guard let wire = greeted(line, as: own) else { return nil }
        guard let question = HonestQuestion(line.messages) else { return "\(line.peer) welcomes" }
        return answers(line, on: wire) ? "\(line.peer) answers \(question.word)" : nil
    }

    /// What the table lets it ask is answered there; where the envoy knows no words, a welcome is
    /// enough.
    func answers(_ line: PassageTable.Line, on wire: Wire) -> Bool {
        guard let question = HonestQuestion(line.messages) else { return true }
        wire.write(FrameText.message(question.kind, correlation: 1, question.body))
        guard case .frame(let head, _) = wire.next() else { return false }
        return head.isAnswer && head.correlation == 1
    }
}
