// Signatures: Ed25519 (RFC 8032) by OpenSSL.
//
// Reads and writes no files and logs nothing; a private key leaves only through `seed`.

internal import COpenSSL
internal import Findings

/// A public key that checks signatures; 32 bytes.
package struct PublicKey: Sendable, Hashable {
    /// Bytes of a key.
    package static let bytes = 32
    /// Bytes of a signature.
    package static let signatureBytes = 64

    /// The encoded point.
    package let encoded: [UInt8]

    /// Nil unless there are exactly 32 bytes; a point off the curve verifies nothing.
    package init?(_ encoded: [UInt8]) {
        guard encoded.count == Self.bytes else { return nil }
        self.encoded = encoded
    }

    /// Whether the signature is this key's over exactly these bytes; false for any malformed input.
    package func verifies(_ signature: [UInt8], over message: [UInt8]) -> Bool {
        guard signature.count == Self.signatureBytes else { return false }
        let raw = unsafe encoded.withUnsafeBufferPointer {
            unsafe EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nil, $0.baseAddress, $0.count)
        }
        guard let key = unsafe raw else { return false }
        defer { unsafe EVP_PKEY_free(key) }
        guard let context = unsafe EVP_MD_CTX_new() else { return false }
        defer { unsafe EVP_MD_CTX_free(context) }
        guard unsafe EVP_DigestVerifyInit(context, nil, nil, nil, key) == 1 else { return false }
        let result = unsafe signature.withUnsafeBufferPointer { signature in
            unsafe message.withUnsafeBufferPointer { message in
                unsafe EVP_DigestVerify(
                    context, signature.baseAddress, signature.count, message.baseAddress,
                    message.count)
            }
        }
        ERR_clear_error()
        return result == 1
    }
}

/// A private key; OpenSSL wipes its memory when it ends.
@safe
package struct PrivateKey: ~Copyable {
    private let key: OpaquePointer

    /// A new key from the system's randomness; the process ends when there is none.
    package init() {
        guard let key = unsafe bh_ed25519_generate() else {
            fatalError("OpenSSL could not generate an Ed25519 key")
        }
        unsafe self.key = unsafe key
    }

    /// The key of a 32-byte seed (RFC 8032 section 5.1.5); nil for any other length.
    package init?(seed: [UInt8]) {
        let raw = unsafe seed.withUnsafeBufferPointer {
            unsafe EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nil, $0.baseAddress, $0.count)
        }
        guard seed.count == 32, let key = unsafe raw else {
            unsafe EVP_PKEY_free(raw)
            ERR_clear_error()
            return nil
        }
        unsafe self.key = unsafe key
    }

    deinit { unsafe EVP_PKEY_free(key) }

    /// The secret itself, for the file it is kept in.
    package var seed: [UInt8] {
        unsafe raw { unsafe EVP_PKEY_get_raw_private_key(key, $0, $1) }
    }

    package var publicKey: PublicKey {
        guard
            let publicKey = PublicKey(
                unsafe raw { unsafe EVP_PKEY_get_raw_public_key(key, $0, $1) })
        else { fatalError("OpenSSL gave a public key of another length") }
        return publicKey
    }

    private func raw(
        _ get: (UnsafeMutablePointer<UInt8>?, UnsafeMutablePointer<Int>?) -> Int32
    ) -> [UInt8] {
        unsafe [UInt8](unsafeUninitializedCapacity: 32) { room, count in
            var length = 32
            let done = unsafe get(room.baseAddress, &length)
            invariant(done == 1 && length == 32, "OpenSSL could not give a key's bytes")
            count = 32
        }
    }

    /// The 64-byte signature over the message; the same each time (RFC 8032 is deterministic).
    package func sign(_ message: [UInt8]) -> [UInt8] {
        guard let context = unsafe EVP_MD_CTX_new() else {
            fatalError("OpenSSL has no memory for a signature")
        }
        defer { unsafe EVP_MD_CTX_free(context) }
        invariant(
            unsafe EVP_DigestSignInit(context, nil, nil, nil, key) == 1,
            "Ed25519 could not be started")
        return unsafe [UInt8](unsafeUninitializedCapacity: PublicKey.signatureBytes) {
            room, count in
            var length = PublicKey.signatureBytes
            let done = unsafe message.withUnsafeBufferPointer {
                unsafe EVP_DigestSign(
                    context, room.baseAddress, &length, $0.baseAddress, $0.count)
            }
            invariant(done == 1 && length == PublicKey.signatureBytes, "Ed25519 could not sign")
            count = length
        }
    }
}
