// Digests: SHA-256, HMAC-SHA256 and random bytes by OpenSSL.
//
// Knows nothing of whose keys they are, or of files. Bound: none on input length; one context holds
// about 500 bytes, a keyed one about 1,500.

internal import COpenSSL
internal import Findings

/// SHA-256 (FIPS 180-4) over bytes that arrive in parts; a context is reused after `finish`.
@safe
package struct SHA256: ~Copyable {
    /// Bytes of a digest.
    package static let bytes = 32

    private let context: OpaquePointer

    /// Starts empty; the process ends when OpenSSL has no memory or no SHA-256.
    package init() {
        guard let context = unsafe EVP_MD_CTX_new() else {
            fatalError("OpenSSL has no memory for a digest")
        }
        unsafe self.context = unsafe context
        restart()
    }

    deinit { unsafe EVP_MD_CTX_free(context) }

    private func restart() {
        let started = unsafe EVP_DigestInit_ex2(context, Algorithm.sha256.pointer, nil)
        invariant(started == 1, "SHA-256 could not be started")
    }

    /// Takes more bytes.
    package mutating func update(_ bytes: [UInt8]) {
        update(bytes, in: 0..<bytes.count)
    }

    /// Takes the part of `bytes` inside `range`, which must lie within it.
    package mutating func update(_ bytes: [UInt8], in range: Range<Int>) {
        invariant(
            range.lowerBound >= 0 && range.upperBound <= bytes.count, "range outside the bytes")
        let done = unsafe bytes.withUnsafeBytes { room in
            unsafe EVP_DigestUpdate(
                context, room.baseAddress?.advanced(by: range.lowerBound), range.count)
        }
        invariant(done == 1, "SHA-256 could not take bytes")
    }

    /// The digest of everything taken since the start; the context starts again.
    package mutating func finish() -> [UInt8] {
        let digest = unsafe [UInt8](unsafeUninitializedCapacity: Self.bytes) { room, count in
            let done = unsafe EVP_DigestFinal_ex(context, room.baseAddress, nil)
            invariant(done == 1, "SHA-256 could not be finished")
            count = Self.bytes
        }
        restart()
        return digest
    }

    /// The digest of the bytes.
    package static func hash(of bytes: [UInt8]) -> [UInt8] {
        var context = SHA256()
        context.update(bytes)
        return context.finish()
    }
}

/// A fetched algorithm: fetching by name at each start costs more than hashing a short record.
@safe
private struct Algorithm: @unchecked Sendable {
    // Unchecked: OpenSSL's fetched algorithms are immutable and counted; this one is never freed.
    static let sha256 = Algorithm(name: "SHA256")

    let pointer: OpaquePointer

    private init(name: StaticString) {
        let fetched = name.withUTF8Buffer { text in
            unsafe text.withMemoryRebound(to: CChar.self) { characters in
                unsafe EVP_MD_fetch(nil, characters.baseAddress, nil)
            }
        }
        guard let fetched = unsafe fetched else { fatalError("OpenSSL has no \(name)") }
        unsafe pointer = unsafe fetched
    }
}
