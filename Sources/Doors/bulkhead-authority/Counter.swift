internal import AuditTreaty
internal import Authority
internal import AuthorityTreaty
internal import Certificates
internal import Descriptors
internal import Findings
internal import Loop
internal import Sockets
internal import Tenancy

/// The authority's loop: one answer for each request, one event for each answer.
struct Counter: ~Copyable {
    private enum Token {
        static let signals: UInt64 = 1
        static let operators: UInt64 = 2
        /// From here on pairs, by their index; then visitors.
        static let pairs: UInt64 = 1_000
        static let visitors: UInt64 = 1_000_000
    }

    /// Operators who are connected at once; one more is turned away.
    private static let visitorsMax = 16
    /// Requests of one pair in one turn.
    private static let turnMax = 16
    private static let label = "authority."

    private let tenancy: Tenancy
    private var loop: EventLoop
    private var authority: Authority
    private var pairs: [(name: String, number: Int32)] = []
    private var visitors: [UInt64: SharedDescriptor] = [:]
    private var nextVisitor = Token.visitors
    private var events = EventBatch()

    init(
        _ tenancy: consuming Tenancy, _ directory: String, _ publications: [Publication]
    ) throws {
        let loop = try EventLoop(capacity: 64)
        let wall = Clocks.wallSeconds()
        let passages = try Self.root("passage", in: directory, wall)
        let publics = try Self.root("public", in: directory, wall)
        let pem = Array(publics.certificate.pem.utf8)
        try Files.replace(directory + "/public-root.pem", with: pem, mode: 0o644)
        self.loop = loop
        authority = Authority(passages: passages, publics: publics, publications: publications)
        self.tenancy = tenancy
    }

    /// Reads a root, or makes it where none is; one that is there and unreadable ends the start.
    private static func root(
        _ name: String, in directory: String, _ wall: Int64
    ) throws -> Root {
        let path = "\(directory)/\(name).root"
        if Files.facts(at: path) != nil {
            guard let root = Root(file: try Files.read(path, limit: Root.fileBytesMax)) else {
                throw Failure(
                    .machine, "authority-root", "`\(path)` is no root",
                    remedy: "restore it, or remove it and restart every service")
            }
            return root
        }
        guard let root = Root(named: "bulkhead \(name) root", wall: wall) else {
            throw Failure(.machine, "authority-root", "no root could be made", remedy: "")
        }
        try Files.replace(path, with: root.file, mode: 0o600)
        return root
    }

    /// Runs until it is told to stop.
    mutating func work() throws {
        try watch()
        try tenancy.ready()
        while true {
            for ready in try loop.wait(timeoutMilliseconds: nil) {
                switch ready.token {
                case Token.signals: return
                case Token.operators: try welcome()
                case Token.visitors...: try visit(ready.token)
                default: try serve(Int(ready.token - Token.pairs))
                }
            }
            report()
        }
    }

    private mutating func watch() throws {
        try loop.add(tenancy.signals.number, token: Token.signals, .readable)
        for (name, number) in tenancy.descriptors where name.hasPrefix(Self.label) {
            try loop.add(number, token: Token.pairs + UInt64(pairs.count), .readable)
            pairs.append((String(name.dropFirst(Self.label.count)), number))
        }
        if let number = tenancy.descriptor("operator") {
            try loop.add(number, token: Token.operators, .readable)
        }
    }

    private mutating func serve(_ index: Int) throws {
        let (name, number) = pairs[index]
        for _ in 0..<Self.turnMax {
            switch try EventSocket.receive(on: number) {
            case .none: return
            case .end:
                try loop.remove(number)
                return
            case .message(let bytes):
                let (answer, outcome) = authority.answer(
                    bytes, from: name, wall: Clocks.wallSeconds(), monotonic: Clocks.monotonic())
                // Who does not take its answers loses them, and asks again.
                _ = try? EventSocket.send(answer.encode(), on: number)
                note(name, outcome)
            }
        }
    }

    private mutating func note(_ name: String, _ outcome: Authority.Outcome) {
        let text: String
        switch outcome {
        case .issued(let purpose, let notAfter):
            text =
                "\(purpose == .passage ? "passage" : "public") certificate for \(name) until "
                + EventText.time(UInt64(clamping: notAfter) &* 1_000_000_000)
        case .refused(let why): text = "refused \(name): \(why.text)"
        }
        if !events.append(.note(kind: "certificate", text: text)) {
            report()
            _ = events.append(.note(kind: "certificate", text: text))
        }
    }

    private mutating func report() {
        guard let message = events.take(), let number = tenancy.descriptor("events") else { return }
        // A full channel loses the message; its numbers are missing, and the writer records that.
        _ = try? EventSocket.send(message, on: number)
    }

    private mutating func welcome() throws {
        guard let number = tenancy.descriptor("operator") else { return }
        let listener = try Descriptor(copying: number)
        guard let visitor = try? LocalSocket.accept(on: listener) else { return }
        guard visitors.count < Self.visitorsMax else { return }
        try visitor.setNonBlocking()
        let shared = SharedDescriptor(visitor)
        try loop.add(shared.number, token: nextVisitor, .readable)
        visitors[nextVisitor] = shared
        nextVisitor += 1
    }

    private mutating func visit(_ token: UInt64) throws {
        guard let visitor = visitors[token] else { return }
        let arrival = try? EventSocket.receive(on: visitor.number)
        switch arrival {
        case .some(.none): return
        case .some(.message(let bytes)):
            let isKnown = (try? TrustRequest.decode(bytes)) != nil
            let answer =
                isKnown
                ? TrustAnswer.certificate(pem: authority.publicRoot.pem) : TrustAnswer.refused
            if (try? EventSocket.send(answer.encode(), on: visitor.number)) == true { return }
        case .some(.end), nil: break
        }
        try loop.remove(visitor.number)
        visitors[token] = nil
    }
}
