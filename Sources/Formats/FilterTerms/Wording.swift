internal import Digests

/// Words for a condition that is not modelled, which also tell it from every other.
///
/// Two conditions are taken for the same one when their words are the same, so nothing may be cut
/// off: what is too long to read ends in a digest of the whole (SHA-256, 64 bits).
package enum Wording {
    /// Longer text is shortened.
    package static let bytesMax = 160
    private static let shownBytes = 120

    package static func bounded(_ text: String) -> String {
        let bytes = Array(text.utf8)
        guard bytes.count > bytesMax else { return text }
        let digest = SHA256.hash(of: bytes).prefix(8).map { byte in
            let hex = String(byte, radix: 16)
            return hex.count < 2 ? "0" + hex : hex
        }
        return String(decoding: bytes.prefix(shownBytes), as: UTF8.self) + "… #" + digest.joined()
    }
}
