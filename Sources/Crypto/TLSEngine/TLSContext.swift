// TLSEngine: TLS 1.3 (RFC 8446) by OpenSSL over memory, without sockets, clocks or names.
//
// Bytes from the wire go in by `take`, bytes for the wire come out by `drain`. The caller moves
// them, decides how long a handshake may last, and asks who the other side is: a session that is
// established has a chain to the one root that it was given, and nothing is said about its name.
// No session is resumed, no early data is taken, and no earlier version is spoken.
// Bounds: a certificate chain of 16 KiB, 64 KiB taken at once, records of 16 KiB.

package import Certificates
internal import CTLS
internal import Findings

/// Which side's certificates are asked for.
package enum TLSTrust: Sendable {
    /// Both sides show a certificate under this root.
    case mutual(Certificate)
    /// Only the server shows one; a server needs no root for that.
    case serverOnly(Certificate?)

    var root: Certificate? {
        switch self {
        case .mutual(let root): root
        case .serverOnly(let root): root
        }
    }
}

/// What sessions of one kind share: the own certificate and key, and whom they believe.
@safe
package final class TLSContext {
    /// Protocols of the public side, in the form that ALPN has on the wire: `http/1.1`.
    fileprivate static let http: [UInt8] = [8] + Array("http/1.1".utf8)
    private static let suites = "TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256"

    let pointer: OpaquePointer
    let isServer: Bool
    /// Where sessions decrypt one record at a time.
    var record = [UInt8](repeating: 0, count: TLSSession.recordMax)

    /// A context for connections that others open to us; nil when key and certificate do not belong
    /// together.
    ///
    /// With `isPublic` a client that offers protocols must offer `http/1.1`.
    package convenience init?(
        server certificate: Certificate, key: borrowing KeyPair, trust: TLSTrust,
        isPublic: Bool = false
    ) {
        self.init(isServer: true, trust)
        guard use(certificate, key) else { return nil }
        if isPublic { unsafe SSL_CTX_set_alpn_select_cb(pointer, selectProtocol, nil) }
    }

    /// A context for connections that we open, with a certificate of our own.
    package convenience init?(
        client certificate: Certificate, key: borrowing KeyPair, trust: TLSTrust
    ) {
        self.init(isServer: false, trust)
        guard use(certificate, key) else { return nil }
    }

    /// A context for connections that we open as nobody in particular, to a server under the root.
    package convenience init?(anonymousUnder root: Certificate) {
        self.init(isServer: false, .serverOnly(root))
        let offered = unsafe SSL_CTX_set_alpn_protos(
            pointer, Self.http, UInt32(Self.http.count))
        guard offered == 0 else { return nil }
    }

    private init?(isServer: Bool, _ trust: TLSTrust) {
        let method = unsafe isServer ? TLS_server_method() : TLS_client_method()
        guard let pointer = unsafe SSL_CTX_new(method) else {
            ERR_clear_error()
            return nil
        }
        unsafe self.pointer = unsafe pointer
        self.isServer = isServer
        guard configure(), believe(trust) else {
            ERR_clear_error()
            return nil
        }
    }

    deinit { unsafe SSL_CTX_free(pointer) }

    private func configure() -> Bool {
        unsafe bh_tls_modes(pointer)
        return unsafe bh_tls13_only(pointer) == 1
            && SSL_CTX_set_ciphersuites(pointer, Self.suites) == 1
            && bh_tls_groups(pointer, "X25519:P-256") == 1
            && bh_tls_signatures(pointer, "ECDSA+SHA256") == 1
            && SSL_CTX_set_num_tickets(pointer, 0) == 1
            && SSL_CTX_set_max_early_data(pointer, 0) == 1
    }

    /// Puts the one root into an empty store; nothing of the machine's own roots is ever read.
    private func believe(_ trust: TLSTrust) -> Bool {
        let asks: Bool
        switch trust {
        case .mutual: asks = true
        case .serverOnly: asks = !isServer
        }
        guard asks else { return true }
        guard let root = trust.root, let store = unsafe X509_STORE_new(),
            let certificate = unsafe opened(root)
        else { return false }
        defer { unsafe X509_free(certificate) }
        guard unsafe X509_STORE_add_cert(store, certificate) == 1 else {
            unsafe X509_STORE_free(store)
            return false
        }
        unsafe SSL_CTX_set_cert_store(pointer, store)
        unsafe SSL_CTX_set_verify(
            pointer, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nil)
        // A root signs leaves and nothing in between.
        unsafe SSL_CTX_set_verify_depth(pointer, 0)
        return true
    }

    private func use(_ certificate: Certificate, _ key: borrowing KeyPair) -> Bool {
        guard let own = unsafe opened(certificate) else { return false }
        defer { unsafe X509_free(own) }
        let context = unsafe pointer
        let taken =
            unsafe SSL_CTX_use_certificate(context, own) == 1
            && key.withKey { unsafe SSL_CTX_use_PrivateKey(context, $0) == 1 }
            && SSL_CTX_check_private_key(context) == 1
        if !taken { ERR_clear_error() }
        return taken
    }

    private func opened(_ certificate: Certificate) -> OpaquePointer? {
        unsafe certificate.der.withUnsafeBufferPointer { bytes in
            var place = bytes.baseAddress
            return unsafe d2i_X509(nil, &place, bytes.count)
        }
    }
}

/// Takes `http/1.1` where the client offers it, and ends the handshake where it does not.
private let selectProtocol:
    @convention(c) (
        OpaquePointer?, UnsafeMutablePointer<UnsafePointer<UInt8>?>?, UnsafeMutablePointer<UInt8>?,
        UnsafePointer<UInt8>?, UInt32, UnsafeMutableRawPointer?
    ) -> Int32 = { _, out, outLength, offered, count, _ in
        guard let out = unsafe out, let outLength = unsafe outLength, let offered = unsafe offered
        else { return SSL_TLSEXT_ERR_ALERT_FATAL }
        let http = TLSContext.http
        var place = 0
        while place < Int(count) {
            let length = unsafe Int(offered[place])
            guard length > 0, place + 1 + length <= Int(count) else { break }
            let name = unsafe UnsafeBufferPointer(start: offered + place, count: 1 + length)
            if unsafe name.elementsEqual(http) {
                unsafe out.pointee = offered + place + 1
                unsafe outLength.pointee = UInt8(length)
                return SSL_TLSEXT_ERR_OK
            }
            place += 1 + length
        }
        return SSL_TLSEXT_ERR_ALERT_FATAL
    }
