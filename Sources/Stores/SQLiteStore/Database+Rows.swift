internal import CSQLite

extension Database {
    /// Gives a value to a parameter, from 1.
    package func bind(
        _ statement: Statement, _ parameter: Int32, _ value: Int64
    ) throws(StoreFailure) {
        try check(unsafe sqlite3_bind_int64(pointer(statement), parameter, value), "bind")
    }

    /// Gives bytes to a parameter, from 1; they are copied.
    package func bind(
        _ statement: Statement, _ parameter: Int32, _ bytes: [UInt8]
    ) throws(StoreFailure) {
        let result = unsafe bytes.withUnsafeBytes { room in
            unsafe bh_sqlite_bind_bytes(
                pointer(statement), parameter, room.baseAddress, UInt64(room.count))
        }
        try check(result, "bind")
    }

    /// Gives a text to a parameter, from 1; it is copied.
    package func bind(
        _ statement: Statement, _ parameter: Int32, _ text: String
    ) throws(StoreFailure) {
        let count = UInt64(text.utf8.count)
        try check(unsafe bh_sqlite_bind_text(pointer(statement), parameter, text, count), "bind")
    }

    /// Gives nothing to a parameter, from 1.
    package func bindNull(_ statement: Statement, _ parameter: Int32) throws(StoreFailure) {
        try check(unsafe sqlite3_bind_null(pointer(statement), parameter), "bind")
    }

    /// The next row is there; false at the end, when the statement is ready for new values.
    package func step(_ statement: Statement) throws(StoreFailure) -> Bool {
        let result = unsafe sqlite3_step(pointer(statement))
        if result == SQLITE_ROW { return true }
        let text =
            result == SQLITE_DONE
            ? "" : unsafe String(cString: sqlite3_errmsg(sqlite3_db_handle(pointer(statement))))
        unsafe sqlite3_reset(pointer(statement))
        guard result == SQLITE_DONE else {
            let action = unsafe sqlite3_sql(pointer(statement)).map { unsafe String(cString: $0) }
            throw StoreFailure(result, action ?? "step", text)
        }
        return false
    }

    /// Runs a statement that brings no rows.
    package func execute(_ statement: Statement) throws(StoreFailure) {
        while try step(statement) {}
    }

    /// Gives up the rows that are left.
    package func reset(_ statement: Statement) {
        unsafe sqlite3_reset(pointer(statement))
    }

    /// A column of the row, from 0; 0 for nothing.
    package func integer(_ statement: Statement, _ column: Int32) -> Int64 {
        unsafe sqlite3_column_int64(pointer(statement), column)
    }

    /// A column of the row, from 0; empty for nothing.
    package func bytes(_ statement: Statement, _ column: Int32) -> [UInt8] {
        guard let start = unsafe sqlite3_column_blob(pointer(statement), column) else { return [] }
        let count = Int(unsafe sqlite3_column_bytes(pointer(statement), column))
        return unsafe [UInt8](UnsafeRawBufferPointer(start: start, count: count))
    }

    /// A column of the row, from 0; nil for nothing.
    package func text(_ statement: Statement, _ column: Int32) -> String? {
        guard unsafe sqlite3_column_type(pointer(statement), column) != SQLITE_NULL else {
            return nil
        }
        return String(decoding: bytes(statement, column), as: UTF8.self)
    }

    /// The one integer that a query brings; nil when it brings no row.
    package mutating func scalar(_ text: String) throws(StoreFailure) -> Int64? {
        let statement = try prepare(text)
        defer { forgetLast() }
        guard try step(statement) else { return nil }
        return integer(statement, 0)
    }

    /// What is wrong with the file's structure; nil when nothing is.
    package mutating func structureProblem() throws(StoreFailure) -> String? {
        let statement = try prepare("PRAGMA integrity_check(1)")
        defer { forgetLast() }
        guard try step(statement) else { return "the check brought no answer" }
        let answer = text(statement, 0)
        return answer == "ok" ? nil : answer ?? "the check brought no answer"
    }
}
