internal import COpenSSL
internal import Findings

/// Randomness from OpenSSL's generator, which the kernel seeds.
package enum Randomness {
    /// That many bytes nobody can guess; the process ends when there are none.
    package static func bytes(_ count: Int) -> [UInt8] {
        unsafe [UInt8](unsafeUninitializedCapacity: count) { room, filled in
            let done = unsafe RAND_bytes(room.baseAddress, Int32(count))
            invariant(done == 1, "OpenSSL has no randomness")
            filled = count
        }
    }
}

/// Care for bytes that nobody else may know.
package enum SecretBytes {
    /// Whether two are the same; takes the same time wherever they differ.
    package static func areEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        guard left.count == right.count else { return false }
        guard !left.isEmpty else { return true }
        return unsafe left.withUnsafeBytes { left in
            unsafe right.withUnsafeBytes { right in
                unsafe CRYPTO_memcmp(left.baseAddress, right.baseAddress, left.count) == 0
            }
        }
    }

    /// Overwrites and empties the array; copies of it elsewhere stay.
    package static func wipe(_ bytes: inout [UInt8]) {
        unsafe bytes.withUnsafeMutableBytes { room in
            unsafe OPENSSL_cleanse(room.baseAddress, room.count)
        }
        bytes.removeAll()
    }
}
