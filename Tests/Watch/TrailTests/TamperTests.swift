import AuditTreaty
import Bytes
import Chance
import Descriptors
import Digests
import Findings
import Signatures
import Testing
import Trail

@Suite("Tampering with a trail")
struct TamperTests {
    /// A closed trail of several segments.
    private func trail(_ scratch: Scratch, events: Int = 60) throws {
        var clock = Ticks()
        var batch = EventBatch()
        var recorder = try Recorder(scratch.directory, limits: .small, time: clock.next())
        for number in 0..<events {
            _ = try recorder.put(.note(kind: "n", text: "\(number)"), in: &batch, at: clock.next())
        }
        _ = try recorder.close(time: clock.next())
    }

    /// Offsets and lengths of the frames in a segment.
    private func frames(_ segment: [UInt8]) -> [Range<Int>] {
        var ranges: [Range<Int>] = []
        var offset = 56
        while offset + 4 <= segment.count {
            var reader = ByteReader(segment, in: offset..<offset + 4)
            guard let length = try? reader.integer(UInt32.self) else { break }
            ranges.append(offset..<offset + 4 + Int(length))
            offset += 4 + Int(length)
        }
        return ranges
    }

    @Test("the first bad record is named: edited, deleted, swapped, copied in")
    func records() throws {
        let scratch = try Scratch()
        try trail(scratch)
        let name = "00000001.segment"
        let segment = try scratch.read(name)
        let ranges = frames(segment)
        try #require(ranges.count > 6)
        var reader = ByteReader(segment, in: 16..<24)
        let first = try reader.integer(UInt64.self)

        var edited = segment
        edited[ranges[3].lowerBound + 40] ^= 1
        var deleted = segment
        deleted.removeSubrange(ranges[3])
        let swapped =
            Array(segment[..<ranges[3].lowerBound]) + segment[ranges[4]] + segment[ranges[3]]
            + segment[ranges[4].upperBound...]
        let copied =
            Array(segment[..<ranges[3].lowerBound]) + segment[ranges[2]]
            + segment[ranges[3].lowerBound...]
        for changed in [edited, deleted, swapped, copied] {
            try scratch.write(name, changed)
            guard case .bad(let fault) = TrailVerifier.verify(scratch.directory) else {
                Issue.record("a changed trail verified")
                continue
            }
            #expect(fault.file == name && fault.reason == .frameHash)
            #expect(fault.offset == UInt64(ranges[3].lowerBound) && fault.index == first + 3)
        }
        try scratch.write(name, segment)
        #expect(TrailVerifier.verify(scratch.directory).summary != nil)
    }

    @Test("missing files, a cut tail and foreign heads each have their reason")
    func files() throws {
        let scratch = try Scratch()
        try trail(scratch)
        let good = try scratch.snapshot()
        let last = try #require(good.keys.filter { $0.hasSuffix(".segment") }.max())
        let other = try Scratch()
        try trail(other)
        let foreign = try other.snapshot()
        let cases: [(TrailFault.Reason?, [String: [UInt8]])] = [
            (.headMissing, ["head": []].filter { _ in false }),
            (.headMalformed, ["head": [1, 2, 3]]),
            (.headSignature, ["head": foreign["head"] ?? []]),
            (.headSignature, ["key.public": foreign["key.public"] ?? []]),
            (.segmentHead, ["00000000.segment": foreign["00000000.segment"] ?? []]),
            (.segmentCut, ["00000001.segment": Array((good["00000001.segment"] ?? []).dropLast())]),
            (.frameLength, [last: (good[last] ?? []) + [0, 0, 0, 0, 0]]),
            (nil, [last: (good[last] ?? []) + [200, 0, 0, 0, 0]]),
        ]
        for (index, (reason, changes)) in cases.enumerated() {
            var files = good.merging(changes) { $1 }
            if index == 0 { files["head"] = nil }
            try scratch.restore(files)
            let verdict = TrailVerifier.verify(scratch.directory)
            #expect(verdict.reason == reason, "case \(index)")
            if reason == nil { #expect(verdict.summary?.unfinished == 5) }
        }
        for (name, reason) in [
            ("00000000.segment", TrailFault.Reason.segmentMissing),
            ("00000001.segment", .segmentMissing),
        ] {
            var files = good
            files[name] = nil
            try scratch.restore(files)
            #expect(TrailVerifier.verify(scratch.directory).reason == reason)
        }
        var shorter = good
        shorter[last] = nil
        try scratch.restore(shorter)
        guard case .truncated = TrailVerifier.verify(scratch.directory).reason else {
            Issue.record("a missing last segment was not noticed")
            return
        }
        shorter[last] = (good[last] ?? []).dropLast(1)
        try scratch.restore(shorter)
        #expect(TrailVerifier.verify(scratch.directory).reason == .truncated(missing: 1))
        #expect(throws: Failure.self) { _ = try Recorder(scratch.directory, time: 1) }
    }

    @Test("a chain re-made without the key is refused, also by a key that was kept elsewhere")
    func rewritten() throws {
        let scratch = try Scratch()
        try trail(scratch)
        let key = try #require(scratch.directory.statedKey())
        let good = try scratch.snapshot()
        // The forger replays all records but one through a writer of its own.
        let forger = try Scratch()
        var clock = Ticks()
        var batch = EventBatch()
        var recorder = try Recorder(forger.directory, limits: .small, time: clock.next())
        for number in 0..<60 where number != 30 {
            _ = try recorder.put(.note(kind: "n", text: "\(number)"), in: &batch, at: clock.next())
        }
        _ = try recorder.close(time: clock.next())
        var forged = try forger.snapshot()
        try scratch.restore(forged)
        #expect(
            TrailVerifier.verify(scratch.directory).summary != nil, "believes the key beside it")
        #expect(TrailVerifier.verify(scratch.directory, key: key).reason == .headSignature)
        forged["head"] = good["head"]
        forged["key.public"] = good["key.public"]
        try scratch.restore(forged)
        #expect(TrailVerifier.verify(scratch.directory).reason == .segmentHead)
    }

    @Test("an old head put back over much newer records is noticed")
    func headRollback() throws {
        let scratch = try Scratch()
        var batch = EventBatch()
        var time: UInt64 = 1_795_233_600_000_000_000
        var recorder = try Recorder(scratch.directory, time: time)
        _ = try recorder.put(.drift(where: "a"), in: &batch, at: time, receipt: true)
        let old = try scratch.read("head")
        for _ in 0..<15 {
            time += 1_000_000_000
            _ = try recorder.put(.drift(where: "b"), in: &batch, at: time)
        }
        _ = try recorder.close(time: time)
        try scratch.write("head", old)
        #expect(TrailVerifier.verify(scratch.directory).reason == .headBehind)
    }

    @Test("a head with another count, hash or place under a true signature is refused")
    func headDisagrees() throws {
        let scratch = try Scratch()
        try trail(scratch)
        guard let key = PrivateKey(seed: try scratch.read("key")) else {
            Issue.record("no key")
            return
        }
        let head = try scratch.read("head")
        for field in [8, 16, 24, 48, 56, 64] {
            var body = Array(head[..<96])
            body[field] ^= 1
            let signature = key.sign(Array("bulkhead trail head v1\n".utf8) + body)
            try scratch.write("head", body + signature)
            #expect(TrailVerifier.verify(scratch.directory).reason != nil, "field at \(field)")
            // The writer reads only the last segment: counts over all are the verifier's to check.
            guard field != 16, field != 24 else { continue }
            #expect(throws: Failure.self) { _ = try Recorder(scratch.directory, time: 1) }
        }
    }

    @Test("any flipped bit is found, and never traps the verifier or the writer")
    func bits() throws {
        let scratch = try Scratch()
        try trail(scratch, events: 30)
        let good = try scratch.snapshot()
        var random = Seeded(state: 7)
        let names = good.keys.filter { $0 != "key" && $0 != "key.public" }.sorted()
        for round in 0..<1500 {
            let name = names[round % names.count]
            var bytes = good[name] ?? []
            let index = Int(random.next() % UInt64(bytes.count))
            bytes[index] ^= 1 << UInt8(random.next() % 8)
            try scratch.write(name, bytes)
            #expect(TrailVerifier.verify(scratch.directory).reason != nil, "\(name) at \(index)")
            if round % 10 == 0 {
                // What the head covers is never repaired: the writer refuses or never reads it.
                _ = try? Recorder(scratch.directory, time: 1_795_233_700_000_000_000)
                #expect(TrailVerifier.verify(scratch.directory).reason != nil)
                try scratch.restore(good)
            } else {
                try scratch.write(name, good[name] ?? [])
            }
        }
    }

    @Test("mutated files of any shape give a verdict")
    func fuzz() throws {
        let scratch = try Scratch()
        try trail(scratch, events: 30)
        let good = try scratch.snapshot()
        let names = good.keys.sorted()
        var random = Seeded(state: 11)
        for round in 0..<1500 {
            let name = names[round % names.count]
            var bytes = good[name] ?? []
            for _ in 0...(random.next() % 3) {
                let index = Int(random.next() % UInt64(max(bytes.count, 1)))
                let end = min(bytes.count, index + Int(random.next() % 90))
                switch random.next() % 4 {
                case 0: bytes.removeSubrange(index..<end)
                case 1: bytes.insert(contentsOf: bytes[index..<end], at: index)
                case 2: bytes = Array(bytes[..<index])
                default: bytes += [UInt8](repeating: UInt8(truncatingIfNeeded: index), count: 9)
                }
                if bytes.isEmpty { break }
            }
            try scratch.write(name, bytes)
            let verdict = TrailVerifier.verify(scratch.directory)
            if let summary = verdict.summary {
                #expect(summary.events == 30, "\(name): what verifies is complete")
            }
            try scratch.write(name, good[name] ?? [])
        }
    }

    @Test("a torn tail is cut at the next start, and the cut is on record", arguments: [1, 30, 52])
    func torn(kept: Int) throws {
        let scratch = try Scratch()
        var batch = EventBatch()
        let time: UInt64 = 1_795_233_600_000_000_000
        do {
            var recorder = try Recorder(scratch.directory, time: time)
            _ = try recorder.put(.drift(where: "kept"), in: &batch, at: time, receipt: true)
            _ = try recorder.put(.drift(where: "torn"), in: &batch, at: time)
        }
        let name = "00000000.segment"
        let whole = try scratch.read(name)
        let last = try #require(frames(whole).last)
        try scratch.write(name, Array(whole[..<(last.lowerBound + kept)]))
        #expect(TrailVerifier.verify(scratch.directory).summary?.unfinished == UInt64(kept))
        _ = try Recorder(scratch.directory, time: time)
        var events: [Event] = []
        _ = TrailVerifier.verify(scratch.directory) { events += $1.events }
        #expect(events == [.drift(where: "kept"), .recovered(bytes: UInt64(kept))])
        #expect(TrailVerifier.verify(scratch.directory).summary?.unsigned == 0)
    }
}
