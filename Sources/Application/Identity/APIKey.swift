// Identity: whose a signed request is, and the vouchers that say so.
//
// The core is pure: it gets the time, keeps keys and failures in memory, and answers. It does not
// read what a request asks for; what orders believes is bound to the very bytes that were signed.
// The store keeps keys in one SQLite file. Secrets are held in keyed contexts that OpenSSL wipes,
// are written nowhere but into that file, and are told once.
// Bounds: 10,000 keys, 1,048,576 requests remembered that could come again (a quarter of them for
// one key) and as many fingerprints of older ones, 65,536 addresses with failures.

package import Addresses
package import OrderTreaty

/// An API key as it is kept.
package struct APIKey: Sendable {
    /// How requests are signed with it.
    package enum Kind: UInt8, Sendable, Hashable {
        /// HMAC-SHA256; the material is the secret.
        case symmetric = 1
        /// The material is the public key.
        case ed25519 = 2
    }

    /// Most keys that are not revoked.
    package static let countMax = 10_000
    /// Bytes of a secret that the venue makes.
    package static let secretBytes = 32

    /// Known to everybody who sees a request.
    package var name: String
    /// Whose it is.
    package var account: AccountID
    /// What it may do.
    package var scopes: Scopes
    /// How requests are signed with it.
    package var kind: Kind
    /// Secret or public key; 32 bytes.
    package var material: [UInt8]
    /// Networks that may use it; empty for all.
    package var allowed: [Prefix]
    /// Milliseconds since 1970.
    package var created: UInt64

    /// Puts a key together.
    package init(
        name: String, account: AccountID, scopes: Scopes, kind: Kind, material: [UInt8],
        allowed: [Prefix], created: UInt64
    ) {
        self.name = name
        self.account = account
        self.scopes = scopes
        self.kind = kind
        self.material = material
        self.allowed = allowed
        self.created = created
    }
}
