internal import AdminTreaty
internal import Bytes
internal import Digests
internal import Findings
internal import Identity
internal import OrderTreaty
internal import SQLiteStore

/// Makes and ends keys: first on disk, then in force.
struct KeyDesk: ~Copyable {
    private static let nameBytes = 10
    private var store: KeyStore
    private var rows: Int64

    /// Takes every kept key up; a file that cannot be read whole ends the start.
    init(_ path: String, into identity: inout Identity) throws {
        var store = try KeyStore(path)
        let rows = try store.rows()
        for key in try store.load() {
            guard let key, identity.add(key) else {
                throw Failure(
                    .machine, "identity-keys", "`\(path)` holds a key that cannot be used",
                    remedy: "restore the file")
            }
        }
        self.rows = rows
        self.store = store
    }

    /// The answer to a request, and what to write down of it.
    ///
    /// A store that fails ends the program: what is on disk is then read again.
    mutating func answer(
        _ bytes: [UInt8], _ identity: inout Identity, now: UInt64
    ) throws -> (answer: [UInt8], text: String?) {
        let request: KeyRequest
        do throws(Malformed) { request = try KeyRequest.decode(bytes) } catch {
            return (KeyAnswer.refused("the request is malformed").encode(), nil)
        }
        switch request {
        case .symmetric(let account, let scopes, let allowed):
            var secret = Randomness.bytes(APIKey.secretBytes)
            defer { SecretBytes.wipe(&secret) }
            return try make(
                APIKey(
                    name: Self.name(), account: account, scopes: scopes, kind: .symmetric,
                    material: secret, allowed: allowed, created: now), &identity)
        case .ed25519(let account, let scopes, let publicKey, let allowed):
            return try make(
                APIKey(
                    name: Self.name(), account: account, scopes: scopes, kind: .ed25519,
                    material: publicKey, allowed: allowed, created: now), &identity)
        case .revoke(let name):
            guard identity.has(name) else {
                return (KeyAnswer.refused("there is no such key").encode(), nil)
            }
            _ = identity.revoke(name)
            try store.revoke(name, now: now)
            return (KeyAnswer.revoked.encode(), "key \(name) revoked")
        }
    }

    private mutating func make(
        _ key: APIKey, _ identity: inout Identity
    ) throws -> (answer: [UInt8], text: String?) {
        guard key.account.raw > 0 else {
            return (KeyAnswer.refused("account 0 is nobody's").encode(), nil)
        }
        guard key.account != .fees || key.scopes == .read else {
            return (
                KeyAnswer.refused("fees are only looked at: make the key to read").encode(), nil
            )
        }
        guard identity.count < APIKey.countMax, rows < KeyStore.rowsMax else {
            return (KeyAnswer.refused("there are too many keys; revoke some").encode(), nil)
        }
        try store.add(key)
        rows += 1
        invariant(identity.add(key, isYoung: true), "a key that was kept is not taken up")
        let isSecret = key.kind == .symmetric
        return (
            KeyAnswer.made(key: key.name, secret: isSecret ? key.material : []).encode(),
            "key \(key.name) made for account \(key.account.raw)"
        )
    }

    private static func name() -> String { Hexadecimal.render(Randomness.bytes(nameBytes)) }
}
