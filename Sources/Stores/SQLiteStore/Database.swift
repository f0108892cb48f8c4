// SQLiteStore: one SQLite database of one process, durable at each commit.
//
// The process holds the file alone for its whole life, so nobody is waited for and no memory is
// shared. Statements are the program's own fixed texts; values only enter by binding. The schema is
// not trusted, files are never mapped, extensions cannot be loaded.
// Bounds: 64 prepared statements, values of 16 MiB.

internal import CSQLite
internal import Findings

/// A prepared statement of the database that made it.
package struct Statement: Sendable, Equatable {
    let place: Int
}

/// An open database: write-ahead log, synced at each commit, exclusive.
@safe
package struct Database: ~Copyable {
    /// Most prepared statements.
    package static let statementsMax = 64
    /// Longest text, blob or row.
    package static let valueBytesMax: Int32 = 16 << 20
    /// Pages of write-ahead log before they move into the file.
    package static let checkpointPages = 4_096

    /// The file.
    package let path: String
    private let handle: OpaquePointer
    private var statements: [OpaquePointer]

    /// Opens or makes the file; refused when another process has it.
    ///
    /// A symbolic link anywhere in the path is refused.
    package init(_ path: String) throws(StoreFailure) {
        let handle = try unsafe Self.open(path)
        do throws(StoreFailure) {
            try unsafe Self.confine(handle)
        } catch {
            unsafe sqlite3_close_v2(handle)
            throw error
        }
        self.path = path
        unsafe self.handle = unsafe handle
        unsafe statements = unsafe []
    }

    deinit {
        unsafe statements.forEach { unsafe sqlite3_finalize($0) }
        unsafe sqlite3_close_v2(handle)
    }

    private static func open(_ path: String) throws(StoreFailure) -> OpaquePointer {
        var opened: OpaquePointer?
        let flags =
            SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX
            | SQLITE_OPEN_PRIVATECACHE | SQLITE_OPEN_EXRESCODE | SQLITE_OPEN_NOFOLLOW
        let result = unsafe sqlite3_open_v2(path, &opened, flags, nil)
        guard let handle = unsafe opened, result == SQLITE_OK else {
            let text = unsafe String(cString: sqlite3_errstr(result))
            unsafe sqlite3_close_v2(opened)
            throw StoreFailure(result, "open \(path)", text)
        }
        return unsafe handle
    }

    private static func confine(_ handle: OpaquePointer) throws(StoreFailure) {
        for (option, on) in [
            (SQLITE_DBCONFIG_DEFENSIVE, 1), (SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0),
            (SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0), (SQLITE_DBCONFIG_DQS_DML, 0),
            (SQLITE_DBCONFIG_DQS_DDL, 0), (SQLITE_DBCONFIG_ENABLE_FKEY, 1),
        ] as [(Int32, Int32)] {
            try unsafe check(unsafe bh_sqlite_switch(handle, option, on), handle, "confine")
        }
        unsafe sqlite3_limit(handle, SQLITE_LIMIT_LENGTH, valueBytesMax)
        unsafe sqlite3_limit(handle, SQLITE_LIMIT_ATTACHED, 0)
        for text in [
            "PRAGMA mmap_size = 0", "PRAGMA cell_size_check = ON", "PRAGMA temp_store = MEMORY",
            // Exclusive before the first access to the log: its index then stays in our memory.
            "PRAGMA locking_mode = EXCLUSIVE", "PRAGMA journal_mode = WAL",
            "PRAGMA synchronous = FULL", "PRAGMA wal_autocheckpoint = \(checkpointPages)",
            "PRAGMA cache_size = -32768",
        ] {
            try unsafe check(unsafe sqlite3_exec(handle, text, nil, nil, nil), handle, text)
        }
    }

    /// Runs statements that bring no rows that matter: the schema, a pragma, a transaction's bounds.
    package func run(_ text: String) throws(StoreFailure) {
        try check(unsafe sqlite3_exec(handle, text, nil, nil, nil), text)
    }

    /// A statement that is used again and again.
    package mutating func prepare(_ text: String) throws(StoreFailure) -> Statement {
        unsafe invariant(statements.count < Self.statementsMax, "too many prepared statements")
        var made: OpaquePointer?
        let flags = UInt32(SQLITE_PREPARE_PERSISTENT)
        try check(unsafe sqlite3_prepare_v3(handle, text, -1, flags, &made, nil), text)
        guard let statement = unsafe made else {
            throw StoreFailure(SQLITE_MISUSE, text, "no statement")
        }
        unsafe statements.append(statement)
        return Statement(place: unsafe statements.count - 1)
    }

    /// Gives back the statement that was prepared last.
    mutating func forgetLast() {
        if let statement = unsafe statements.popLast() { unsafe sqlite3_finalize(statement) }
    }

    /// Changes by the connection since it was opened.
    package var changes: Int64 { unsafe sqlite3_total_changes64(handle) }

    func pointer(_ statement: Statement) -> OpaquePointer { unsafe statements[statement.place] }

    func check(_ result: Int32, _ action: @autoclosure () -> String) throws(StoreFailure) {
        try unsafe Self.check(result, handle, action())
    }

    private static func check(
        _ result: Int32, _ handle: OpaquePointer, _ action: @autoclosure () -> String
    ) throws(StoreFailure) {
        guard result != SQLITE_OK else { return }
        throw StoreFailure(result, action(), unsafe String(cString: sqlite3_errmsg(handle)))
    }
}
