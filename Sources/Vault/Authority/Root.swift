internal import AuthorityTreaty
package import Certificates

/// A key that signs certificates, with its own.
package struct Root: ~Copyable {
    /// Life of a root that is made here: ten years.
    package static let lifeSeconds: Int64 = 3_650 * 86_400
    /// Longest file of one.
    package static let fileBytesMax = RootFile.bytesMax
    /// Clocks of one machine agree; this is for a clock that was set back a little.
    static let slackSeconds: Int64 = 60

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
        guard let parts = try? RootFile.decode(file),
            let key = KeyPair(secret: parts.secret),
            let certificate = Certificate(der: parts.certificate),
            certificate.publicKey == key.publicKey, certificate.isSigned(by: certificate)
        else { return nil }
        self.key = key
        self.certificate = certificate
    }

    /// The whole root, secret included, for its file.
    package var file: [UInt8] {
        RootFile(secret: key.secret, certificate: certificate.der).encode()
    }
}
