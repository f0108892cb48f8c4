import Descriptors
import Glibc
import SQLiteStore
import Testing

/// A directory that goes with the test.
final class Room {
    let path: String

    init() {
        path = "/tmp/bulkhead-store-\(UInt64.random(in: 0...UInt64.max))"
        unsafe mkdir(path, 0o700)
    }

    deinit {
        for end in ["", "-wal", "-shm", "-journal"] { unsafe unlink(path + "/db" + end) }
        unsafe rmdir(path)
    }

    var file: String { path + "/db" }
}

@Suite("SQLite store")
struct DatabaseTests {
    @Test("what was committed is there when the file is opened again, what was not is gone")
    func reopen() throws {
        let room = Room()
        do {
            var database = try Database(room.file)
            try database.run("CREATE TABLE t (id INTEGER PRIMARY KEY, b BLOB, s TEXT) STRICT")
            let add = try database.prepare("INSERT INTO t VALUES (?1, ?2, ?3)")
            for (id, bytes) in [(Int64.min, [UInt8](0...255)), (.max, []), (0, [0])] {
                try database.bind(add, 1, id)
                try database.bind(add, 2, bytes)
                try database.bind(add, 3, "ä\0z")
                try database.execute(add)
            }
            try database.run("BEGIN IMMEDIATE")
            try database.run("DELETE FROM t")
        }
        var database = try Database(room.file)
        let all = try database.prepare("SELECT id, b, s FROM t ORDER BY id")
        var found: [Int64: [UInt8]] = [:]
        while try database.step(all) {
            found[database.integer(all, 0)] = database.bytes(all, 1)
            #expect(database.text(all, 2) == "ä\0z")
        }
        #expect(found == [.min: [UInt8](0...255), .max: [], 0: [0]])
        #expect(try database.structureProblem() == nil)
    }

    @Test("the process holds the file alone, in the modes that were asked for")
    func alone() throws {
        let room = Room()
        var database = try Database(room.file)
        try database.run("CREATE TABLE t (id INTEGER PRIMARY KEY) STRICT")
        #expect(Files.facts(of: room.file + "-shm") == nil)
        #expect(try database.scalar("PRAGMA synchronous") == 2)
        #expect(try database.scalar("PRAGMA mmap_size") ?? 0 == 0)
        #expect(try database.scalar("PRAGMA trusted_schema") == 0)
        #expect(try database.scalar("PRAGMA foreign_keys") == 1)
        let second = #expect(throws: StoreFailure.self) { _ = try Database(room.file) }
        #expect(second?.code == .busy)
    }

    @Test("a broken rule is told and the statement can be used again")
    func constraint() throws {
        let room = Room()
        var database = try Database(room.file)
        try database.run("CREATE TABLE t (id INTEGER PRIMARY KEY CHECK (id > 0)) STRICT")
        let add = try database.prepare("INSERT INTO t VALUES (?1)")
        try database.bind(add, 1, Int64(-1))
        let failure = #expect(throws: StoreFailure.self) { try database.execute(add) }
        #expect(failure?.code == .constraint)
        #expect(failure?.isStateUnknown == false)
        try database.bind(add, 1, Int64(1))
        try database.execute(add)
        #expect(try database.scalar("SELECT count(*) FROM t") == 1)
    }

    @Test("what is no database, a place that is none, and a link are refused", arguments: 0..<3)
    func refused(_ which: Int) throws {
        let room = Room()
        var path = room.file
        switch which {
        case 0: try Files.replace(room.file, with: [UInt8](repeating: 0x41, count: 8_192))
        case 1: path = room.path + "/none/db"
        default: unsafe symlink("/dev/null", room.file)
        }
        let failure = #expect(throws: StoreFailure.self) { _ = try Database(path) }
        #expect(failure?.code == (which == 0 ? .corrupt : .unopenable))
    }

    @Test("a full disk leaves the state unknown")
    func full() throws {
        let room = Room()
        var database = try Database(room.file)
        try database.run("CREATE TABLE t (id INTEGER PRIMARY KEY, b BLOB) STRICT")
        _ = try database.scalar("PRAGMA max_page_count = 8")
        let add = try database.prepare("INSERT INTO t VALUES (NULL, ?1)")
        try database.bind(add, 1, [UInt8](repeating: 1, count: 1 << 17))
        let failure = #expect(throws: StoreFailure.self) { try database.execute(add) }
        #expect(failure?.code == .full)
        #expect(failure?.isStateUnknown == true)
    }
}
