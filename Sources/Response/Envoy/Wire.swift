internal import Addresses
internal import Bytes
internal import Descriptors
internal import Loop
internal import Passage
internal import Sockets
internal import TLSEngine

/// One connection that keeps none of the rules of passages by itself: what is written leaves as it
/// is, what comes back is told as it is.
final class Wire {
    /// What the other side did.
    enum Sign: Equatable {
        case frame(FrameHead, [UInt8])
        /// It ended the connection, in whatever way.
        case closed
        /// Nothing, for as long as was waited.
        case silent
    }

    /// Longest wait for one sign.
    static let patience: Int32 = 2_000
    private static let inputMax = 2 << 20

    private let socket: Descriptor
    private var loop: EventLoop
    private var tls: TLSSession?
    private var input: [UInt8] = []
    private var room = [UInt8](repeating: 0, count: TLSSession.takeMax)
    private var isOver = false

    /// Dials; throws when a wall, or nobody, answers.
    init(to address: Address, port: UInt16) throws(SystemFailure) {
        let socket = try StreamSocket.connect(to: address, port: port)
        var loop = try EventLoop(capacity: 1)
        try loop.add(socket.number, token: 0, .writable)
        let ready = try loop.wait(timeoutMilliseconds: Self.patience)
        guard !ready.isEmpty else {
            throw SystemFailure("connect", "\(address):\(port)", errno: 110)
        }
        if let failure = StreamSocket.failure(of: socket.number) { throw failure }
        try loop.change(socket.number, token: 0, .readable)
        self.socket = socket
        self.loop = loop
    }

    /// Takes over a connection that somebody opened to us.
    init(taken socket: consuming Descriptor) throws(SystemFailure) {
        let loop = try EventLoop(capacity: 1)
        try loop.add(socket.number, token: 0, .readable)
        self.socket = socket
        self.loop = loop
    }

    /// Speaks TLS as the side that the context is for; false when it does not come to stand here.
    ///
    /// A server that refuses a client's certificate says so only afterwards.
    func shake(_ context: TLSContext, name: String?) -> Bool {
        let now = Clocks.wallSeconds()
        tls =
            name == nil
            ? TLSSession(server: context, time: now)
            : TLSSession(client: context, name: name, time: now)
        guard tls != nil else { return false }
        let end = Clocks.monotonic() + UInt64(Self.patience) * 1_000_000
        while !isOver, Clocks.monotonic() < end {
            pull()
            if tls?.isEstablished == true { return true }
            wait(until: end)
        }
        return false
    }

    /// Writes as it is: through TLS where it stands, else in clear.
    func write(_ bytes: [UInt8]) {
        guard !isOver else { return }
        guard tls != nil else { return send(bytes) }
        var start = 0
        while start < bytes.count {
            guard case .bytes(let count)? = tls?.write(bytes, in: start..<bytes.count), count > 0
            else {
                isOver = true
                return
            }
            start += count
        }
        flush()
    }

    /// The next sign of the other side.
    func next(within milliseconds: Int32 = Wire.patience) -> Sign {
        let end = Clocks.monotonic() + UInt64(milliseconds) * 1_000_000
        while true {
            if let sign = frame() { return sign }
            if isOver { return .closed }
            pull()
            if let sign = frame() { return sign }
            if isOver { return .closed }
            guard Clocks.monotonic() < end else { return .silent }
            wait(until: end)
        }
    }

    /// Waits for the end; false when it is still open after that time.
    func ends(within milliseconds: Int32 = Wire.patience) -> Bool {
        for _ in 0..<1_000 {
            switch next(within: milliseconds) {
            case .closed: return true
            case .silent: return false
            case .frame: continue
            }
        }
        return false
    }

    private func frame() -> Sign? {
        guard case .head(let head) = FrameHead.read(input, at: 0),
            input.count >= FrameHead.bytes + head.bodyBytes
        else { return nil }
        let body = Array(input[FrameHead.bytes..<FrameHead.bytes + head.bodyBytes])
        input.removeFirst(FrameHead.bytes + head.bodyBytes)
        return .frame(head, body)
    }

    private func wait(until end: UInt64) {
        let now = Clocks.monotonic()
        guard now < end else { return }
        _ = try? loop.wait(timeoutMilliseconds: Int32((end - now) / 1_000_000 + 1))
    }

    private func pull() {
        progress()
        while !isOver, input.count < Self.inputMax {
            switch try? StreamSocket.receive(into: &room, on: socket.number) {
            case .bytes(let count)?:
                if tls != nil { tls?.take(room, in: 0..<count) }
                progress()
            case .wouldBlock?: return
            case .end?, nil: isOver = true
            }
        }
    }

    private func progress() {
        guard tls != nil else { return }
        while true {
            switch tls?.plain(into: &input, limit: Self.inputMax) {
            case .bytes?: continue
            case .blocked?: return flush()
            case .end?, .failed?, nil:
                flush()
                isOver = true
                return
            }
        }
    }

    private func flush() {
        var cipher: [UInt8] = []
        tls?.drain(into: &cipher)
        send(cipher)
    }

    private func send(_ bytes: [UInt8]) {
        var start = 0
        let end = Clocks.monotonic() + UInt64(Self.patience) * 1_000_000
        while start < bytes.count, !isOver {
            switch try? StreamSocket.send(bytes, in: start..<bytes.count, on: socket.number) {
            case .bytes(let count)?: start += count
            case .wouldBlock?:
                guard Clocks.monotonic() < end else { return isOver = true }
                _ = try? loop.wait(timeoutMilliseconds: 1)
            case .end?, nil: isOver = true
            }
        }
    }
}
