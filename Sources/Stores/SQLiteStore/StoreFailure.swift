internal import CSQLite

/// What SQLite refused, sorted by what is known afterwards.
package struct StoreFailure: Error, Sendable, CustomStringConvertible {
    /// The kinds that callers tell apart.
    package enum Code: Sendable, Equatable {
        /// The file is no database, or its structure is broken.
        case corrupt
        /// Another process holds the file.
        case busy
        /// The disk is full.
        case full
        /// Reading, writing or syncing failed.
        case input
        /// A rule of the schema was broken: the statement did nothing.
        case constraint
        /// The file cannot be opened or made.
        case unopenable
        /// Anything else: a statement that does not fit the schema, no memory.
        case other
    }

    package let code: Code
    /// SQLite's extended result code.
    package let result: Int32
    /// What was done, on what, and what SQLite says of it.
    package let problem: String

    /// Whether the last transaction is on disk cannot be told: the process must end, and the next
    /// one reads what is there.
    package var isStateUnknown: Bool { code == .full || code == .input || code == .other }

    /// The problem.
    package var description: String { problem }

    /// What was read is not what was written.
    package init(broken path: String, _ problem: String) {
        self.init(SQLITE_CORRUPT, path, problem)
    }

    init(_ result: Int32, _ action: String, _ text: String) {
        self.result = result
        problem = "\(action): \(text) (\(result))"
        switch result & 0xFF {
        case SQLITE_CORRUPT, SQLITE_NOTADB: code = .corrupt
        case SQLITE_BUSY, SQLITE_LOCKED: code = .busy
        case SQLITE_FULL: code = .full
        case SQLITE_IOERR: code = .input
        case SQLITE_CONSTRAINT: code = .constraint
        case SQLITE_CANTOPEN, SQLITE_PERM, SQLITE_READONLY, SQLITE_AUTH: code = .unopenable
        default: code = .other
        }
    }
}
