import AuditTreaty
import Descriptors
import Findings
import Testing
import Trail

@Suite("Recorder")
struct RecorderTests {
    private func events(_ scratch: Scratch) -> [Event] {
        var events: [Event] = []
        _ = TrailReader.read(scratch.directory) { _, message in
            events += message.events
            return true
        }
        return events
    }

    @Test("events come back in order over segments, and the trail verifies")
    func order() throws {
        let scratch = try Scratch()
        var clock = Ticks()
        var batch = EventBatch()
        var recorder = try Recorder(scratch.directory, limits: .small, time: clock.next())
        for number in 0..<200 {
            _ = try recorder.put(.note(kind: "n", text: "\(number)"), in: &batch, at: clock.next())
        }
        _ = try recorder.close(time: clock.next())
        #expect(events(scratch) == (0..<200).map { .note(kind: "n", text: "\($0)") })
        let summary = try #require(TrailVerifier.verify(scratch.directory).summary)
        #expect(summary.events == 200 && summary.lost == 0 && summary.unsigned == 0)
        #expect(summary.segments > 3)
        var tail: [UInt64] = []
        let reading = TrailReader.read(scratch.directory, from: 150) { frame, _ in
            tail.append(frame.index)
            return true
        }
        #expect(tail == Array(150..<200) && reading.next == 200)
    }

    @Test("a receipt is given only for what the signed head covers")
    func receipts() throws {
        let scratch = try Scratch()
        var clock = Ticks()
        var batch = EventBatch()
        var recorder = try Recorder(scratch.directory, time: clock.next())
        let none = try recorder.put(.shed(count: 1), in: &batch, at: clock.next())
        #expect(none.isEmpty)
        #expect(TrailVerifier.verify(scratch.directory).summary?.unsigned == 1)
        let answers = try recorder.put(.shed(count: 1), in: &batch, at: clock.next(), receipt: true)
        #expect(answers.map(\.receipt) == [EventReceipt(sequence: 1, stored: true)])
        #expect(TrailVerifier.verify(scratch.directory).summary?.unsigned == 0)
    }

    @Test("without receipts the head is signed once a second")
    func oncePerSecond() throws {
        let scratch = try Scratch()
        var batch = EventBatch()
        let start: UInt64 = 1_795_233_600_000_000_000
        var recorder = try Recorder(scratch.directory, time: start)
        _ = try recorder.put(.shed(count: 1), in: &batch, at: start + 999_999_999)
        #expect(TrailVerifier.verify(scratch.directory).summary?.unsigned == 1)
        _ = try recorder.put(.shed(count: 1), in: &batch, at: start + 1_000_000_000)
        #expect(TrailVerifier.verify(scratch.directory).summary?.unsigned == 0)
    }

    @Test("a head signed in the middle of a round covers what the round already took")
    func tickWithinRound() throws {
        let scratch = try Scratch()
        var clock = Ticks()
        var batch = EventBatch()
        var recorder = try Recorder(scratch.directory, time: clock.next())
        _ = batch.append(.drift(where: "a"))
        recorder.receive(batch.take() ?? [], from: .service, time: clock.next())
        try recorder.tick(time: clock.next())
        #expect(TrailVerifier.verify(scratch.directory).summary?.events == 1)
        _ = try recorder.close(time: clock.next())
        #expect(TrailVerifier.verify(scratch.directory).summary?.unsigned == 0)
    }

    @Test("missing numbers are recorded exactly, and the signed head counts them")
    func shed() throws {
        let scratch = try Scratch()
        var clock = Ticks()
        var batch = EventBatch()
        var recorder = try Recorder(scratch.directory, time: clock.next())
        _ = try recorder.put(.ready(compartment: 1, milliseconds: 1), in: &batch, at: clock.next())
        for number in 0..<7 { _ = batch.append(.drift(where: "\(number)")) }
        _ = batch.take()
        _ = try recorder.put(.ready(compartment: 1, milliseconds: 2), in: &batch, at: clock.next())
        _ = try recorder.close(time: clock.next())
        #expect(
            events(scratch) == [
                .ready(compartment: 1, milliseconds: 1), .shed(count: 7),
                .ready(compartment: 1, milliseconds: 2),
            ])
        let summary = try #require(TrailVerifier.verify(scratch.directory).summary)
        #expect(summary.events == 2 && summary.lost == 7)
    }

    @Test("garbage and numbers used twice become one record a round")
    func malformed() throws {
        let scratch = try Scratch()
        var clock = Ticks()
        var recorder = try Recorder(scratch.directory, time: clock.next())
        var batch = EventBatch()
        _ = try recorder.put(.drift(where: "a"), in: &batch, at: clock.next())
        _ = try recorder.put(.drift(where: "b"), in: &batch, at: clock.next())
        let old = EventMessage(sequence: 1, wantsReceipt: true, events: [.drift(where: "again")])
        let time = clock.next()
        for bytes in [old.encode(), [1, 2, 3], [], [UInt8](repeating: 7, count: 70_000)] {
            recorder.receive(bytes, from: .service, time: time)
        }
        #expect(try recorder.finish(time: time).isEmpty)
        #expect(
            events(scratch)
                == [
                    .drift(where: "a"), .drift(where: "b"),
                    .malformed(bytes: UInt32(70_004 + old.encode().count)),
                ])
    }

    @Test("a second writer is refused, and a second start goes on where the first ended")
    func restart() throws {
        let scratch = try Scratch()
        var clock = Ticks()
        var batch = EventBatch()
        do {
            var recorder = try Recorder(scratch.directory, time: clock.next())
            _ = try recorder.put(.drift(where: "a"), in: &batch, at: clock.next())
            #expect(throws: Failure.self) { _ = try Recorder(scratch.directory, time: 1) }
            _ = try recorder.close(time: clock.next())
        }
        _ = batch.append(.drift(where: "never sent"))
        _ = batch.take()
        var recorder = try Recorder(scratch.directory, time: clock.next())
        _ = try recorder.put(.drift(where: "b"), in: &batch, at: clock.next())
        _ = try recorder.close(time: clock.next())
        #expect(events(scratch) == [.drift(where: "a"), .shed(count: 1), .drift(where: "b")])
    }

    @Test("sequence zero is a restarted sender, not a gap")
    func restartedSender() throws {
        let scratch = try Scratch()
        var clock = Ticks()
        var recorder = try Recorder(scratch.directory, time: clock.next())
        for _ in 0..<3 {
            var batch = EventBatch()
            _ = try recorder.put(.drift(where: "a"), in: &batch, at: clock.next())
        }
        #expect(events(scratch).count == 3)
    }

    @Test("at its size the trail says so, refuses receipts, counts, and its head signs the count")
    func full() throws {
        let scratch = try Scratch()
        var clock = Ticks()
        var batch = EventBatch()
        var limits = TrailLimits.small
        limits.trailBytes = 12_000
        var refused = 0
        do {
            var recorder = try Recorder(scratch.directory, limits: limits, time: clock.next())
            for number in 0..<200 {
                let answers = try recorder.put(
                    .note(kind: "n", text: "\(number)"), in: &batch, at: clock.next(),
                    receipt: true)
                refused += answers.count { !$0.receipt.stored }
            }
            let isFull = recorder.isFull
            #expect(isFull)
            _ = try recorder.close(time: clock.next())
        }
        let kept = events(scratch).count { if case .note = $0 { true } else { false } }
        #expect(kept > 50 && kept + refused == 200)
        #expect(events(scratch).contains { if case .full = $0 { true } else { false } })
        let summary = try #require(TrailVerifier.verify(scratch.directory).summary)
        #expect(summary.lost == UInt64(refused) && summary.bytes <= limits.trailBytes)

        limits.trailBytes = 1 << 20
        var recorder = try Recorder(scratch.directory, limits: limits, time: clock.next())
        _ = try recorder.put(.drift(where: "room"), in: &batch, at: clock.next(), receipt: true)
        #expect(events(scratch).contains(.resumed(lost: UInt64(refused))))
        #expect(events(scratch).last == .drift(where: "room"))
        #expect(TrailVerifier.verify(scratch.directory).summary?.lost == UInt64(refused))
    }

    @Test(
        "finished segments may be moved away: there is room again, and the rest verifies as a part")
    func moved() throws {
        let scratch = try Scratch()
        var clock = Ticks()
        var batch = EventBatch()
        var limits = TrailLimits.small
        limits.trailBytes = 20_000
        do {
            var recorder = try Recorder(scratch.directory, limits: limits, time: clock.next())
            for number in 0..<200 {
                _ = try recorder.put(
                    .note(kind: "n", text: "\(number)"), in: &batch, at: clock.next(), receipt: true
                )
            }
            var isFull = recorder.isFull
            #expect(isFull)
            for number in 0..<3 {
                try Files.remove("\(scratch.directory.path)/0000000\(number).segment")
            }
            try recorder.tick(time: clock.next())
            isFull = recorder.isFull
            #expect(!isFull)
            _ = try recorder.put(.drift(where: "room"), in: &batch, at: clock.next(), receipt: true)
            _ = try recorder.close(time: clock.next())
        }

        #expect(TrailVerifier.verify(scratch.directory).summary == nil)
        var seen: [UInt64] = []
        let verdict = TrailVerifier.verify(scratch.directory, partial: true) { frame, _ in
            seen.append(frame.index)
        }
        let summary = try #require(verdict.summary)
        #expect(summary.first > 0 && seen.first == summary.first)
        #expect(UInt64(seen.count) == summary.frames - summary.first)

        let path = scratch.directory.path + "/00000003.segment"
        var bytes = try Files.read(path, limit: 1 << 20)
        for place in [20, 40, 60, bytes.count - 1] {
            bytes[place] ^= 1
            try Files.replace(path, with: bytes)
            #expect(TrailVerifier.verify(scratch.directory, partial: true).summary == nil)
            bytes[place] ^= 1
        }
        try Files.replace(path, with: bytes)
        // The next start goes on from there.
        var next = try Recorder(scratch.directory, limits: limits, time: clock.next())
        _ = try next.close(time: clock.next())
        #expect(TrailVerifier.verify(scratch.directory, partial: true).summary != nil)
    }
}
