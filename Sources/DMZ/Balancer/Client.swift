internal import Addresses
internal import Descriptors
internal import Loop
internal import Sockets
internal import TLSEngine

/// One connection: its socket, its TLS, its conversation.
final class Client {
    let descriptor: Descriptor
    let address: Address
    let port: UInt16
    let token: UInt64
    var tls: TLSSession
    var talk: Conversation
    var phase = ClientPhase.handshake
    /// The request that the deadline is for.
    var phaseRequest: UInt64 = 0
    /// Encrypted bytes that the socket did not take.
    private(set) var cipher: [UInt8] = []
    /// Bytes taken from the wire wait to be decrypted.
    var hasMore = false
    var isDirty = false
    var isEstablished = false
    var isClosed = false
    /// The socket gives nothing more.
    var hasWireEnded = false
    var interest: Interest = .readable
    var lingered = 0
    /// What it was last counted with.
    var held = 0

    init(
        _ descriptor: consuming Descriptor, _ tls: consuming TLSSession, _ talk: Conversation,
        address: Address, port: UInt16, token: UInt64
    ) {
        self.descriptor = descriptor
        self.tls = tls
        self.talk = talk
        self.address = address
        self.port = port
        self.token = token
    }

    /// Bytes in its buffers.
    var bytes: Int { talk.input.count + talk.output.count + cipher.count }

    /// What the loop should report.
    var wanted: Interest {
        var wanted: Interest = []
        if !hasWireEnded && (phase == .linger || phase == .handshake || (!hasMore && talk.room > 0))
        {
            wanted.insert(.readable)
        }
        if !cipher.isEmpty { wanted.insert(.writable) }
        return wanted
    }

    /// Encrypts what waits and sends it as far as the socket takes it; false when it is over.
    ///
    /// `room` is shared by all clients, so that only what is left over is copied.
    func send(_ room: inout [UInt8]) -> Bool {
        if !cipher.isEmpty {
            guard let sent = push(cipher) else { return false }
            cipher.removeSubrange(..<sent)
            guard cipher.isEmpty else { return true }
            cipher = []
        }
        guard encrypt(&room), let sent = push(room) else { return false }
        if sent < room.count { cipher = Array(room[sent...]) }
        return true
    }

    private func encrypt(_ room: inout [UInt8]) -> Bool {
        room.removeAll(keepingCapacity: true)
        if isEstablished && !talk.output.isEmpty {
            guard case .bytes = tls.write(talk.output, in: 0..<talk.output.count) else {
                return false
            }
            if talk.output.capacity > 65_536 {
                talk.output = []
            } else {
                talk.output.removeAll(keepingCapacity: true)
            }
        }
        if talk.isEnding && !isClosed {
            isClosed = true
            tls.close()
        }
        tls.drain(into: &room)
        return true
    }

    /// Tells the other side that nothing was cut off, if the socket takes that at once.
    func sayFarewell(_ room: inout [UInt8]) {
        guard isEstablished, !isClosed, cipher.isEmpty, talk.output.isEmpty else { return }
        isClosed = true
        tls.close()
        room.removeAll(keepingCapacity: true)
        tls.drain(into: &room)
        _ = push(room)
    }

    private func push(_ bytes: [UInt8]) -> Int? {
        var sent = 0
        while sent < bytes.count {
            switch try? StreamSocket.send(bytes, in: sent..<bytes.count, on: descriptor.number) {
            case .bytes(let count): sent += count
            case .wouldBlock: return sent
            case .end, nil: return nil
            }
        }
        return sent
    }
}
