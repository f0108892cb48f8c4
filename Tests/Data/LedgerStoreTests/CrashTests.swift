import Descriptors
import Glibc
import LedgerBook
import LedgerStore
import SQLiteStore
import Testing

/// A child commits block after block until a timer's signal ends it at whatever instruction it is;
/// what it had been told was on disk must be there, whole, and every sum must fit.
@Suite("Ledger crashes")
struct CrashTests {
    @Test("a process that is killed loses nothing it was told is on disk", arguments: [1, 5])
    func killed(group: UInt64) async throws {
        let room = Room()
        let path = room.file
        let told = room.path + "/told"
        defer { unsafe unlink(told) }
        var before: UInt64 = 0
        for round in 0..<12 {
            // 1 to 40 ms after the file was opened: openings, commits and checkpoints.
            let microseconds = 1_000 + (round * 7_919) % 40_000
            await #expect(processExitsWith: .signal(SIGALRM)) {
                [
                    path = path as String, told = told as String, group = group as UInt64,
                    microseconds = microseconds as Int
                ] in
                var store = try LedgerStore(path)
                var book = try store.load(currencies: Story.currencies)
                let note = try Files.create(told, append: true)
                var timer = itimerval()
                timer.it_value.tv_usec = microseconds
                unsafe setitimer(__itimer_which_t(ITIMER_REAL.rawValue), &timer, nil)
                while true {
                    for _ in 0..<group { try Story.apply(book.position.block + 1, to: &book) }
                    try store.commit(&book)
                    try note.writeAll([UInt8(ascii: "x")])
                }
            }
            var store = try LedgerStore(path)
            let proof = try store.verify(currencies: Story.currencies)
            #expect(proof.problem == nil, "round \(round)")
            let lines = UInt64((try? Files.read(told, limit: 1 << 24))?.count ?? 0)
            let blocks = UInt64(proof.blocks)
            // One group may be on disk that nobody was told of any more, in each round.
            #expect(blocks >= lines * group, "round \(round)")
            #expect(blocks <= (lines + UInt64(round) + 1) * group, "round \(round)")
            #expect(blocks.isMultiple(of: group), "a group is there whole or not")
            #expect(blocks >= before)
            before = blocks
        }
        #expect(before > 0)
    }
}
