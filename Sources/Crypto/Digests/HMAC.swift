internal import COpenSSL
internal import Findings

/// HMAC-SHA256 (RFC 2104) under one key; the key schedule is kept and used again for each code.
///
/// A class: the context is changed in place and kept in tables. One thread at a time. OpenSSL wipes
/// the key when it ends.
@safe
package final class HMAC {
    /// Bytes of a code.
    package static let bytes = 32

    private let context: OpaquePointer

    /// A context for this key, of any length; the process ends when OpenSSL has no memory for it.
    package init(key: [UInt8]) {
        let made = unsafe key.withUnsafeBufferPointer {
            unsafe bh_hmac_sha256_new($0.baseAddress, $0.count)
        }
        guard let context = unsafe made else { fatalError("OpenSSL has no memory for a code") }
        unsafe self.context = unsafe context
    }

    deinit { unsafe EVP_MAC_CTX_free(context) }

    /// The code over the bytes.
    package func code(over bytes: [UInt8]) -> [UInt8] {
        unsafe [UInt8](unsafeUninitializedCapacity: Self.bytes) { room, count in
            unsafe finish(over: bytes, into: room)
            count = Self.bytes
        }
    }

    /// Whether these are the code over the bytes; takes the same time wherever they differ.
    package func isCode(_ candidate: [UInt8], over bytes: [UInt8]) -> Bool {
        guard candidate.count == Self.bytes else { return false }
        return unsafe withUnsafeTemporaryAllocation(of: UInt8.self, capacity: Self.bytes) { room in
            unsafe finish(over: bytes, into: room)
            return unsafe candidate.withUnsafeBytes {
                unsafe CRYPTO_memcmp($0.baseAddress, room.baseAddress, Self.bytes) == 0
            }
        }
    }

    private func finish(over bytes: [UInt8], into room: UnsafeMutableBufferPointer<UInt8>) {
        // Without a key the context starts again with the one it has.
        var done = unsafe EVP_MAC_init(context, nil, 0, nil)
        invariant(done == 1, "a code could not be started")
        done = unsafe bytes.withUnsafeBufferPointer {
            unsafe EVP_MAC_update(context, $0.baseAddress, $0.count)
        }
        invariant(done == 1, "a code could not take bytes")
        var count = 0
        done = unsafe EVP_MAC_final(context, room.baseAddress, &count, room.count)
        invariant(done == 1 && count == Self.bytes, "a code could not be finished")
    }
}
