import CLinux
import Descriptors
import Glibc
import Journal
import Loop
import Testing

/// Appends until something ends the process; each acknowledged number is written to `acks`.
private func appendForEver(_ path: String) throws {
    let acks = try Files.openUpdate(path + "/acks", create: true)
    var journal = try Journal.open(path, small)
    while true {
        try append(&journal, payload(journal.last + 1, 40 + Int(journal.last % 300)))
        try acks.writeAt(0, (0..<8).map { UInt8(truncatingIfNeeded: journal.synced >> (8 * $0)) })
    }
}

/// Mounts in the namespace of this process.
private func mountNone(_ path: String, _ type: String, _ flags: Int64, _ data: String) -> Int64 {
    unsafe path.withCString { path in
        unsafe type.withCString { type in
            unsafe data.withCString { data in
                let address = { (pointer: UnsafePointer<CChar>) in Int64(Int(bitPattern: pointer)) }
                return unsafe bh_syscall(
                    Int64(SYS_mount), address(type), address(path), address(type), flags,
                    address(data), 0)
            }
        }
    }
}

@Suite("Journal under crashes", .serialized)
struct JournalCrashTests {
    @Test("what was acknowledged is there after kill -9 at any moment, and every record is whole")
    func killed() async throws {
        let place = try Place()
        var before: UInt64 = 0
        for _ in 0..<8 {
            let path = place.path
            let delay = UInt64.random(in: 0..<40_000)
            await #expect(processExitsWith: .signal(SIGKILL)) {
                [path = path as String, delay = delay as UInt64] in
                try SideThread.start {
                    for _ in 0..<delay { sched_yield() }
                    kill(getpid(), SIGKILL)
                }
                try appendForEver(path)
            }
            let bytes = (try? Files.read(path + "/acks", limit: 8)) ?? []
            let acknowledged = bytes.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            let journal = try Journal.open(path, small)
            #expect(journal.last >= acknowledged && journal.last >= before)
            var reader = try journal.reader(from: 1)
            var number: UInt64 = 1
            while let found = try reader.next(through: journal.last) {
                #expect(found == payload(number, 40 + Int((number - 1) % 300)))
                number += 1
            }
            #expect(number == journal.last + 1)
            before = journal.last
            journal.close()
        }
    }

    @Test("a sync that fails ends the process")
    func failedSync() async throws {
        let place = try Place()
        let path = place.path
        await #expect(processExitsWith: .failure) { [path = path as String] in
            var journal = try Journal.open(path, small)
            try settle(&journal) { $0.hasRoom }
            _ = try journal.append(payload(1))
            // The journal's file is now one that cannot be synced: whoever is told to, must end.
            let pipe = try SharedDescriptor.pipe()
            for number in 3..<64 as Range<Int32>
            where (try? Files.facts(number: number))?.isRegular == true {
                dup2(pipe.1.number, number)
            }
            try journal.sync()
            try settle(&journal) { $0.isIdle }
        }
    }

    @Test(
        "a full disk stops the journal before a record would be lost, and room lets it go on",
        .enabled(if: geteuid() == 0, "mounting needs root"))
    func full() async throws {
        let place = try Place()
        let path = place.path
        await #expect(processExitsWith: .success) { [path = path as String] in
            let newMounts: Int64 = 0x20000
            let privateTree: Int64 = 0x44000
            #expect(bh_syscall(Int64(SYS_unshare), newMounts, 0, 0, 0, 0, 0) == 0)
            #expect(mountNone("/", "none", privateTree, "") == 0)
            #expect(mountNone(path, "tmpfs", 0, "size=64k") == 0)
            try Files.create(path + "/ballast").writeAll([UInt8](repeating: 1, count: 40 << 10))
            var journal = try Journal.open(path, small)
            while true {
                try settle(&journal) { $0.isIdle && ($0.hasRoom || $0.problem != nil) }
                guard journal.hasRoom else { break }
                _ = try journal.append(payload(journal.last + 1))
                try journal.sync()
            }
            let last = journal.last
            #expect(last > 0 && journal.problem != nil && journal.synced == last)
            try Files.remove(path + "/ballast")
            try journal.makeRoom()
            try append(&journal, payload(last + 1))
            #expect(journal.last == last + 1)
            journal.close()
            #expect(try Journal.open(path, small).last == last + 1)
            exit(0)
        }
    }
}
