import AuditTreaty
import Descriptors
import Glibc
import Testing
import Trail

@Suite("A full disk", .enabled(if: geteuid() == 0, "needs root to mount a small disk"))
struct FullDiskTests {
    /// A tmpfs of that many bytes over a scratch directory, for as long as the value lives.
    private final class SmallDisk {
        let scratch: Scratch

        init(bytes: Int) throws {
            scratch = try Scratch()
            let options = "size=\(bytes)"
            let result = unsafe options.withCString {
                unsafe mount("none", scratch.path, "tmpfs", 0, $0)
            }
            guard result == 0 else { throw SystemFailure("mount", scratch.path, errno: errno) }
        }

        deinit { _ = unsafe umount2(scratch.path, 2) }
    }

    @Test("it is on record, receipts are refused, losses are counted, and it goes on with room")
    func fullDisk() throws {
        let disk = try SmallDisk(bytes: 512 << 10)
        let directory = disk.scratch.directory
        try disk.scratch.write("ballast", [UInt8](repeating: 1, count: 256 << 10))
        var limits = TrailLimits()
        limits.reserveBytes = 32 << 10
        var clock = Ticks()
        var batch = EventBatch()
        var recorder = try Recorder(directory, limits: limits, time: clock.next())
        let text = String(repeating: "x", count: 4000)
        var refused: UInt64 = 0
        for _ in 0..<100 {
            let answers = try recorder.put(
                .note(kind: "n", text: text), in: &batch, at: clock.next(), receipt: true)
            refused += UInt64(answers.count { !$0.receipt.stored })
        }
        #expect(refused > 0 && refused < 100)
        try recorder.tick(time: clock.next())
        var events: [Event] = []
        var summary = try #require(
            TrailVerifier.verify(directory) { events += $1.events }.summary)
        #expect(summary.events == 100 - refused && summary.lost == refused)
        guard case .full = events.last else {
            Issue.record("the trail does not say that it is full")
            return
        }

        try disk.scratch.remove("ballast")
        try recorder.tick(time: clock.next())
        let answers = try recorder.put(
            .drift(where: "room"), in: &batch, at: clock.next(), receipt: true)
        #expect(answers.map(\.receipt.stored) == [true])
        events = []
        summary = try #require(TrailVerifier.verify(directory) { events += $1.events }.summary)
        #expect(events.suffix(2) == [.resumed(lost: refused), .drift(where: "room")])
        #expect(summary.lost == refused && summary.events + summary.lost == batch.next)
    }

    @Test("a writer that starts on a full disk counts until there is room")
    func startOnFull() throws {
        let disk = try SmallDisk(bytes: 512 << 10)
        let directory = disk.scratch.directory
        var clock = Ticks()
        var batch = EventBatch()
        do {
            var recorder = try Recorder(directory, time: clock.next())
            let isFull = recorder.isFull
            #expect(isFull, "its reserve of a mebibyte has no room here")
            _ = try recorder.put(.drift(where: "lost"), in: &batch, at: clock.next())
            _ = try recorder.close(time: clock.next())
        }
        let summary = try #require(TrailVerifier.verify(directory).summary)
        #expect(summary.events == 0 && summary.lost == 1)
    }
}
