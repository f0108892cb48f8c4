internal import Addresses
internal import Bytes
internal import Certificates
internal import Descriptors
internal import Loop
internal import Sockets
internal import TLSEngine

/// One TCP connection with TLS over it, and what waits on both sides of it.
final class Transport {
    /// How far it has come.
    enum Phase {
        /// TCP does not stand yet.
        case connecting
        case handshake
        /// TLS stands; the first word, or the answer to it, is missing.
        case greeting
        /// It carries a link, or the second half of one that moves.
        case open
        /// The link has moved away; what is queued is sent, nothing is taken.
        case retired
    }

    /// Encrypted bytes that may wait for the socket before more is encrypted.
    private static let cipherMax = 256 << 10
    /// Plain bytes that are encrypted at once.
    private static let part = 64 << 10
    /// A buffer that grew beyond this is given back once it is empty.
    private static let keptMax = 1 << 20

    let descriptor: Descriptor
    let token: UInt64
    /// We began it.
    let isOpener: Bool
    let address: Address
    /// The port of the acceptor.
    let port: UInt16
    var tls: TLSSession
    var phase: Phase
    /// Line of the table; -1 until the other side has proved its name.
    var line: Int
    /// The link it carries; -1 for none.
    var link = -1
    /// Goes on where the line's link is, instead of beginning one.
    var joins = false
    /// Which of our certificates it stands on.
    var identity: Int
    /// Monotonic time by which it must be `open`, or gone when `retired`.
    var deadline: UInt64
    /// Last second of the certificates that it stands on, and the monotonic time that was then:
    /// a wall clock that is set back gives no connection a longer life.
    var expires: Int64
    var ends = UInt64.max
    /// When its opener begins the next one, seconds since 1970.
    var renews = Int64.max

    /// Plain bytes that have arrived; those before `inputStart` are done with.
    var input: [UInt8] = []
    var inputStart = 0
    /// Frames that are taken only when the old connection has said its last word.
    var isHeld = false
    var isPaused = false
    /// The service takes nothing more from it for now.
    var isStopped = false
    var isDirty = false

    private(set) var output = ByteWriter(capacity: 4_096)
    private var outputStart = 0
    private var cipher: [UInt8] = []
    private var cipherStart = 0
    private var isBlocked = false
    private var interest: Interest

    init(
        _ descriptor: consuming Descriptor, _ tls: consuming TLSSession, token: UInt64,
        isOpener: Bool, address: Address, port: UInt16, line: Int, identity: Identity,
        deadline: UInt64
    ) {
        self.descriptor = descriptor
        self.tls = tls
        self.token = token
        self.isOpener = isOpener
        self.address = address
        self.port = port
        self.line = line
        self.identity = identity.number
        expires = identity.certificate.notAfter
        self.deadline = deadline
        phase = isOpener ? .connecting : .handshake
        interest = isOpener ? .writable : .readable
    }

    /// Bytes that wait to leave.
    var queued: Int {
        output.bytes.count - outputStart + cipher.count - cipherStart
    }

    /// Starts to be watched.
    func watch(_ loop: borrowing EventLoop) throws(SystemFailure) {
        try loop.add(descriptor.number, token: token, interest)
    }

    /// Watches for what is wanted now.
    func rewatch(_ loop: borrowing EventLoop) throws(SystemFailure) {
        var wanted: Interest = []
        if phase == .connecting || isBlocked { wanted.insert(.writable) }
        if phase != .connecting && !isHeld && !isPaused && !isStopped { wanted.insert(.readable) }
        guard wanted != interest else { return }
        interest = wanted
        try loop.change(descriptor.number, token: token, wanted)
    }

    /// Writes one frame; false, and nothing is written, when its body is too long.
    func put(_ head: FrameHead, _ body: (inout ByteWriter) -> Void) -> Bool {
        let start = output.bytes.count
        head.write(to: &output)
        body(&output)
        let length = output.bytes.count - start - 4
        guard length <= FrameHead.lengthMax else {
            output.truncate(to: start)
            return false
        }
        output.patch(UInt32(length), at: start)
        return true
    }

    /// Writes a word about the connection.
    func say(_ word: Word) {
        let head = FrameHead(
            bodyBytes: 0, kind: 0, isAnswer: false, isLast: false, correlation: word.rawValue)
        head.write(to: &output)
    }

    /// Sends as much as the socket takes; an end when the connection, or its TLS, is over.
    func pump() -> PassageEnd? {
        while true {
            let sent = send()
            if sent != nil { return sent }
            if isBlocked { return nil }
            guard tls.isEstablished, outputStart < output.bytes.count else { break }
            let end = min(outputStart + Self.part, output.bytes.count)
            switch tls.write(output.bytes, in: outputStart..<end) {
            case .bytes(let count): outputStart += count
            case .blocked: return nil
            case .end: return .lost
            case .failed(let problem): return .tls(problem)
            }
        }
        if outputStart == output.bytes.count, outputStart > 0 {
            if outputStart > Self.keptMax {
                output = ByteWriter(capacity: 4_096)
            } else {
                output.removeAll()
            }
            outputStart = 0
        }
        return nil
    }

    private func send() -> PassageEnd? {
        if tls.pending > 0 && cipher.count - cipherStart < Self.cipherMax {
            tls.drain(into: &cipher)
        }
        isBlocked = false
        while cipherStart < cipher.count {
            do throws(SystemFailure) {
                switch try StreamSocket.send(
                    cipher, in: cipherStart..<cipher.count, on: descriptor.number)
                {
                case .bytes(let count): cipherStart += count
                case .wouldBlock:
                    isBlocked = true
                    compact()
                    return nil
                case .end: return .lost
                }
            } catch { return .lost }
        }
        cipher.removeAll(keepingCapacity: cipher.capacity <= Self.keptMax)
        cipherStart = 0
        return nil
    }

    /// Gives back what was sent while more always waits.
    private func compact() {
        guard outputStart > Self.keptMax else { return }
        var rest = ByteWriter(capacity: output.bytes.count - outputStart)
        rest.append(output.bytes[outputStart...])
        output = rest
        outputStart = 0
    }

    /// Says goodbye as far as the socket takes it.
    func close() {
        tls.close()
        _ = send()
    }
}
