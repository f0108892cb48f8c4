internal import Addresses
internal import Bytes
internal import Digests
internal import OrderTreaty
package import SQLiteStore

/// Keys in one SQLite file; each change is on disk when the call returns.
///
/// A revoked key stays as a name that is never used again; its material is overwritten.
package struct KeyStore: ~Copyable {
    /// Rows that are kept, revoked ones too.
    package static let rowsMax: Int64 = 100_000

    private var database: Database
    private let insertion: Statement
    private let revocation: Statement

    /// Opens or makes the file.
    package init(_ path: String) throws(StoreFailure) {
        var database = try Database(path)
        try database.run("PRAGMA secure_delete = ON")
        try database.run(
            """
            CREATE TABLE IF NOT EXISTS keys (
                name TEXT NOT NULL PRIMARY KEY,
                account INTEGER NOT NULL,
                scopes INTEGER NOT NULL,
                kind INTEGER NOT NULL,
                material BLOB NOT NULL,
                allowed BLOB NOT NULL,
                created INTEGER NOT NULL,
                revoked INTEGER
            ) STRICT
            """)
        let insertion = try database.prepare(
            """
            INSERT INTO keys (name, account, scopes, kind, material, allowed, created)
            VALUES (?, ?, ?, ?, ?, ?, ?)
            """)
        let revocation = try database.prepare(
            """
            UPDATE keys SET revoked = ?, material = zeroblob(length(material))
            WHERE name = ? AND revoked IS NULL
            """)
        self.insertion = insertion
        self.revocation = revocation
        self.database = database
    }

    /// Rows, revoked keys among them.
    package mutating func rows() throws(StoreFailure) -> Int64 {
        try database.scalar("SELECT count(*) FROM keys") ?? 0
    }

    /// Every key that is not revoked; nil in the list's place for a row that cannot be read.
    package mutating func load() throws(StoreFailure) -> [APIKey?] {
        let statement = try database.prepare(
            """
            SELECT name, account, scopes, kind, material, allowed, created FROM keys
            WHERE revoked IS NULL ORDER BY rowid
            """)
        var keys: [APIKey?] = []
        while try database.step(statement) { keys.append(key(statement)) }
        return keys
    }

    private func key(_ row: Statement) -> APIKey? {
        guard let name = database.text(row, 0),
            let account = UInt32(exactly: database.integer(row, 1)),
            let scopes = UInt8(exactly: database.integer(row, 2)),
            let code = UInt8(exactly: database.integer(row, 3)),
            let kind = APIKey.Kind(rawValue: code),
            let allowed = Self.networks(database.bytes(row, 5)),
            let created = UInt64(exactly: database.integer(row, 6))
        else { return nil }
        return APIKey(
            name: name, account: AccountID(account), scopes: Scopes(rawValue: scopes), kind: kind,
            material: database.bytes(row, 4), allowed: allowed, created: created)
    }

    /// Keeps a key.
    package func add(_ key: APIKey) throws(StoreFailure) {
        var writer = ByteWriter(capacity: 80)
        for prefix in key.allowed {
            writer.integer(prefix.base.value)
            writer.integer(UInt8(prefix.length))
        }
        try database.bind(insertion, 1, key.name)
        try database.bind(insertion, 2, Int64(key.account.raw))
        try database.bind(insertion, 3, Int64(key.scopes.rawValue))
        try database.bind(insertion, 4, Int64(key.kind.rawValue))
        try database.bind(insertion, 5, key.material)
        try database.bind(insertion, 6, writer.bytes)
        try database.bind(insertion, 7, Int64(clamping: key.created))
        try database.execute(insertion)
        // The statement would keep its copy of the secret until the next one.
        try database.bindNull(insertion, 5)
    }

    /// Ends a key and overwrites its material, in the file and in the log of changes.
    package func revoke(_ name: String, now: UInt64) throws(StoreFailure) {
        try database.bind(revocation, 1, Int64(clamping: now))
        try database.bind(revocation, 2, name)
        try database.execute(revocation)
        try database.run("PRAGMA wal_checkpoint(TRUNCATE)")
    }

    private static func networks(_ bytes: [UInt8]) -> [Prefix]? {
        var reader = ByteReader(bytes)
        var networks: [Prefix] = []
        while reader.remaining > 0 {
            guard let base = try? reader.integer(UInt32.self),
                let length = try? reader.integer(UInt8.self),
                let prefix = Prefix(base: Address(base), length: Int(length))
            else { return nil }
            networks.append(prefix)
        }
        return networks
    }
}
