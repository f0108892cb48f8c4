internal import Bytes
package import Certificates

/// A key that signs certificates, with its own.
package struct Root: ~Copyable {
    /// Life of a root that is made here: ten years.
    package static let lifeSeconds: Int64 = 3_650 * 86_400
    /// Longest file of one.
    package static let fileBytesMax = 8 << 10
    /// Clocks of one machine agree; this is for a clock that was set back a little.
    static let slackSeconds: Int64 = 60
    private static let mark: UInt32 = 0x544F_4F52

    let key: KeyPair
    package let certificate: Certificate

    /// Makes a new one; nil for a name that cannot stand in a certificate.
    package init?(named name: String, wall: Int64) {
        let key = KeyPair()
        guard
            let certificate = key.root(
                name: name, notBefore: wall - Self.slackSeconds, notAfter: wall + Self.lifeSeconds)
        else { return nil }
        self.key = key
        self.certificate = certificate
    }

    /// Reads back what `file` gave; nil for anything else, above all for a key of another root.
    package init?(file: [UInt8]) {
        guard file.count <= Self.fileBytesMax, let parts = Self.parts(file),
            let key = KeyPair(secret: parts.secret),
            let certificate = Certificate(der: parts.certificate),
            certificate.publicKey == key.publicKey, certificate.isSigned(by: certificate)
        else { return nil }
        self.key = key
        self.certificate = certificate
    }

    /// The whole root, secret included, for its file.
    package var file: [UInt8] {
        var writer = ByteWriter(capacity: 1_024)
        writer.integer(Self.mark)
        writer.block(key.secret)
        writer.block(certificate.der)
        return writer.bytes
    }

    private static func parts(_ file: [UInt8]) -> (secret: [UInt8], certificate: [UInt8])? {
        var reader = ByteReader(file)
        do throws(Malformed) {
            guard try reader.integer(UInt32.self) == mark else { return nil }
            let secret = try reader.block(limit: 1_024)
            let certificate = try reader.block(limit: Certificate.bytesMax)
            try reader.finish()
            return (secret, certificate)
        } catch { return nil }
    }
}
