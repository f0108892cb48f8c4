// Certificates: P-256 keys and X.509 certificates by OpenSSL, in DER.
//
// Makes roots and what they issue, and reads facts from a certificate. It decides nothing: whether
// a chain holds is TLSEngine's question, who may have which name is the authority's. No files, no
// clock: times come in as seconds since 1970, UTC. Bounds: a certificate is at most 4 KiB, a public
// key 256 bytes, a certificate names at most 16 hosts.

internal import COpenSSL
internal import Findings

/// A P-256 private key with its public half; OpenSSL wipes its memory when it ends.
@safe
package struct KeyPair: ~Copyable {
    /// Longest public key that is read, in bytes of DER.
    package static let publicKeyBytesMax = 256
    private static let secretBytesMax = 512

    let key: OpaquePointer

    /// A new key from the system's randomness; the process ends when there is none.
    package init() {
        guard let key = unsafe bh_p256_generate() else {
            fatalError("OpenSSL could not generate a P-256 key")
        }
        unsafe self.key = unsafe key
    }

    /// The key whose `secret` this is; nil for anything but a P-256 key in DER.
    package init?(secret: [UInt8]) {
        guard (1...Self.secretBytesMax).contains(secret.count) else { return nil }
        let read = unsafe secret.withUnsafeBufferPointer { bytes in
            var place = bytes.baseAddress
            return unsafe d2i_AutoPrivateKey(nil, &place, bytes.count)
        }
        guard let key = unsafe read, unsafe isP256(key) else {
            unsafe EVP_PKEY_free(read)
            ERR_clear_error()
            return nil
        }
        unsafe self.key = unsafe key
    }

    deinit { unsafe EVP_PKEY_free(key) }

    /// The public half as SubjectPublicKeyInfo in DER.
    package var publicKey: [UInt8] {
        unsafe encoded(limit: Self.publicKeyBytesMax) { unsafe i2d_PUBKEY(key, $0) }
    }

    /// The secret itself in DER, for the file it is kept in.
    package var secret: [UInt8] {
        unsafe encoded(limit: Self.secretBytesMax) { unsafe i2d_PrivateKey(key, $0) }
    }

    /// Lends OpenSSL's key to the TLS engine, which counts its own reference.
    package func withKey<Result>(_ body: (OpaquePointer) -> Result) -> Result {
        unsafe body(key)
    }
}

/// Whether the key is on the one curve that is used here.
func isP256(_ key: OpaquePointer) -> Bool {
    var name = [CChar](repeating: 0, count: 32)
    var length = 0
    let known = unsafe name.withUnsafeMutableBufferPointer { room in
        unsafe EVP_PKEY_get_group_name(key, room.baseAddress, room.count, &length)
    }
    guard known == 1, length < name.count else { return false }
    let group = name[..<length].map { UInt8(bitPattern: $0) }
    return group == Array("prime256v1".utf8) || group == Array("P-256".utf8)
}

/// What an i2d function writes; the process ends when it writes nothing or too much.
func encoded(
    limit: Int, _ write: (UnsafeMutablePointer<UnsafeMutablePointer<UInt8>?>?) -> Int32
) -> [UInt8] {
    let length = Int(write(nil))
    invariant(length > 0 && length <= limit, "OpenSSL gave an encoding of another length")
    return unsafe [UInt8](unsafeUninitializedCapacity: length) { room, count in
        var place = room.baseAddress
        count = Int(unsafe write(&place))
        invariant(count == length, "OpenSSL gave an encoding of another length")
    }
}
