package import Certificates
internal import CTLS
internal import Findings

/// Why a session ended; it says nothing that the other side wrote.
package enum TLSProblem: Sendable, Hashable {
    /// The other side's certificate does not hold: OpenSSL's number of the reason.
    case certificate(Int)
    /// The other side showed no certificate.
    case anonymous
    /// The other side refused us and said why: the number of its alert (RFC 8446 section 6).
    case alert(Int)
    /// The bytes are no TLS 1.3, or break its rules: OpenSSL's number of the reason.
    case broken(Int)
}

/// What a step of a session did.
package enum TLSProgress: Sendable, Hashable {
    /// So many bytes were moved.
    case bytes(Int)
    /// Nothing without more bytes from the wire.
    case blocked
    /// The other side said that it writes nothing more.
    case end
    /// The session is over; what `drain` still gives may tell the other side.
    case failed(TLSProblem)
}

/// One TLS connection over memory.
@safe
package struct TLSSession: ~Copyable {
    /// Most bytes taken from the wire at once.
    package static let takeMax = 64 << 10
    /// Most bytes that one record carries.
    package static let recordMax = 16 << 10

    private let session: OpaquePointer
    private let incoming: OpaquePointer
    private let outgoing: OpaquePointer
    // The session borrows from its context what it needs at any time.
    private let context: TLSContext
    private var problem: TLSProblem?

    /// A session that waits for a client; nil when OpenSSL has no memory.
    ///
    /// `time` (seconds since 1970) is when certificates must hold.
    package init?(server context: TLSContext, time: Int64) {
        invariant(context.isServer, "a client's context was used for a server")
        self.init(context, time: time)
        unsafe SSL_set_accept_state(session)
    }

    /// A session that greets a server; its greeting waits in `drain` after the first `plain`.
    ///
    /// The name is only told to the server: whether its certificate has it is the caller's question.
    package init?(client context: TLSContext, name: String?, time: Int64) {
        invariant(!context.isServer, "a server's context was used for a client")
        self.init(context, time: time)
        unsafe SSL_set_connect_state(session)
        if let name { _ = unsafe bh_tls_name(session, name) }
    }

    private init?(_ context: TLSContext, time: Int64) {
        guard let session = unsafe SSL_new(context.pointer) else {
            ERR_clear_error()
            return nil
        }
        guard let incoming = unsafe BIO_new(BIO_s_mem()) else {
            unsafe SSL_free(session)
            return nil
        }
        guard let outgoing = unsafe BIO_new(BIO_s_mem()) else {
            unsafe SSL_free(session)
            unsafe BIO_free(incoming)
            return nil
        }
        unsafe bh_bio_later(incoming)
        unsafe bh_bio_later(outgoing)
        unsafe SSL_set_bio(session, incoming, outgoing)
        unsafe X509_VERIFY_PARAM_set_time(SSL_get0_param(session), time_t(time))
        unsafe self.session = unsafe session
        unsafe self.incoming = unsafe incoming
        unsafe self.outgoing = unsafe outgoing
        self.context = context
    }

    deinit { unsafe SSL_free(session) }

    /// Both sides have proved what they were asked to prove.
    package var isEstablished: Bool { unsafe SSL_is_init_finished(session) == 1 }

    /// The certificate that the other side showed, once the handshake is over.
    package var peerCertificate: Certificate? {
        guard isEstablished, let shown = unsafe SSL_get0_peer_certificate(session) else {
            return nil
        }
        let length = unsafe i2d_X509(shown, nil)
        guard length > 0, length <= Certificate.bytesMax else { return nil }
        let der = unsafe [UInt8](unsafeUninitializedCapacity: Int(length)) { room, count in
            var place = room.baseAddress
            count = Int(unsafe i2d_X509(shown, &place))
        }
        return Certificate(der: der)
    }

    /// Bytes that wait for the wire.
    package var pending: Int { unsafe Int(BIO_ctrl_pending(outgoing)) }

    /// Takes bytes from the wire; call `plain` until it is blocked before the next.
    package mutating func take(_ bytes: [UInt8], in range: Range<Int>) {
        invariant(
            range.lowerBound >= 0 && range.upperBound <= bytes.count
                && range.count <= Self.takeMax, "bytes outside the bounds of a take")
        guard !range.isEmpty else { return }
        let taken = unsafe bytes.withUnsafeBufferPointer { room in
            unsafe BIO_write(
                incoming, room.baseAddress?.advanced(by: range.lowerBound), Int32(range.count))
        }
        invariant(Int(taken) == range.count, "OpenSSL has no memory for bytes from the wire")
    }

    /// Appends what the other side wrote, at most `limit` bytes; does the handshake's steps too.
    package mutating func plain(into bytes: inout [UInt8], limit: Int) -> TLSProgress {
        if let problem { return .failed(problem) }
        ERR_clear_error()
        if !isEstablished {
            let result = unsafe SSL_do_handshake(session)
            if result != 1 { return stopped(result) }
        }
        var moved = 0
        while moved < limit {
            let room = min(limit - moved, Self.recordMax)
            // The room is the context's: a record is decrypted there and copied out before the next.
            let read = unsafe context.record.withUnsafeMutableBufferPointer { record in
                let read = unsafe SSL_read(session, record.baseAddress, Int32(room))
                if read > 0 { unsafe bytes.append(contentsOf: record[..<Int(read)]) }
                return read
            }
            guard read > 0 else {
                // What came before the end is handed over first; the next call tells the end.
                let stop = stopped(read)
                return moved > 0 ? .bytes(moved) : stop
            }
            moved += Int(read)
        }
        return .bytes(moved)
    }

    /// Encrypts bytes for the other side, as many as are given; only once it is established.
    package mutating func write(_ bytes: [UInt8], in range: Range<Int>) -> TLSProgress {
        if let problem { return .failed(problem) }
        invariant(
            range.lowerBound >= 0 && range.upperBound <= bytes.count, "range outside the bytes")
        guard isEstablished else { return .blocked }
        ERR_clear_error()
        var written = 0
        while written < range.count {
            let part = min(range.count - written, Self.recordMax)
            let result = unsafe bytes.withUnsafeBufferPointer { room in
                unsafe SSL_write(
                    session, room.baseAddress?.advanced(by: range.lowerBound + written),
                    Int32(part))
            }
            guard result > 0 else { return stopped(result) }
            written += Int(result)
        }
        return .bytes(written)
    }

    /// Appends everything that waits for the wire.
    package mutating func drain(into bytes: inout [UInt8]) {
        var start: UnsafeMutablePointer<CChar>?
        let count = unsafe Int(bh_bio_waiting(outgoing, &start))
        guard count > 0, let start = unsafe start else { return }
        unsafe bytes.append(
            contentsOf: UnsafeRawBufferPointer(start: start, count: count))
        _ = unsafe BIO_ctrl(outgoing, BIO_CTRL_RESET, 0, nil)
    }

    /// Says that nothing more is written; the word waits in `drain`.
    package mutating func close() {
        guard problem == nil, isEstablished else { return }
        _ = unsafe SSL_shutdown(session)
        ERR_clear_error()
    }

    private mutating func stopped(_ result: Int32) -> TLSProgress {
        switch unsafe SSL_get_error(session, result) {
        case SSL_ERROR_WANT_READ, SSL_ERROR_WANT_WRITE: return .blocked
        case SSL_ERROR_ZERO_RETURN: return .end
        default: break
        }
        let code = ERR_peek_error()
        let reason = Int(code & 0x7F_FFFF)
        ERR_clear_error()
        let verdict = Int(unsafe SSL_get_verify_result(session))
        let found: TLSProblem
        if reason == Int(SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE) {
            found = .anonymous
        } else if (1000..<1256).contains(reason) {
            found = .alert(reason - 1000)
        } else if verdict != Int(X509_V_OK) {
            found = .certificate(verdict)
        } else {
            found = .broken(reason)
        }
        problem = found
        return .failed(found)
    }
}
