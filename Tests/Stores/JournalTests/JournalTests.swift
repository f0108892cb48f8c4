import Descriptors
import Findings
import Glibc
import Journal
import Loop
import Testing

/// A directory of a test's own, removed with it.
final class Place {
    let path: String
    init() throws {
        path = "/tmp/bulkhead-journal-\(getpid())-\(UInt64.random(in: 0...UInt64.max))"
        try Files.makeDirectories(path)
    }
    deinit {
        for name in (try? Files.list(path)) ?? [] { try? Files.remove(path + "/" + name) }
        unsafe rmdir(path)
    }
    func segment(_ number: Int) -> String { "\(path)/0000000\(number).journal" }
    func bytes(_ number: Int = 0) throws -> [UInt8] {
        try Files.read(segment(number), limit: 1 << 20)
    }
    func write(_ bytes: [UInt8], _ number: Int = 0) throws {
        try Files.create(segment(number)).writeAll(bytes)
    }
}

let small = JournalLimits(segmentBytes: 4_096, payloadMax: 1_024)

func payload(_ number: UInt64, _ count: Int = 100) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: UInt64($0 + 1) &* (number + 1) &+ 7) }
}

/// Waits until the second thread has done something.
func settle(_ journal: inout Journal, until isDone: (borrowing Journal) -> Bool) throws {
    var loop = try EventLoop(capacity: 1)
    try loop.add(journal.number, token: 0, .readable)
    while !isDone(journal) {
        _ = try loop.wait(timeoutMilliseconds: 10_000)
        try journal.settle()
    }
}

func append(_ journal: inout Journal, _ payload: [UInt8]) throws {
    try settle(&journal) { $0.isIdle && $0.hasRoom }
    _ = try journal.append(payload)
    try journal.sync()
    try settle(&journal) { $0.isIdle }
}

func fill(_ place: Place, _ numbers: ClosedRange<UInt64>, _ count: Int = 100) throws {
    var journal = try Journal.open(place.path, small)
    for number in numbers { try append(&journal, payload(number, count)) }
    journal.close()
}

/// Opens a journal that was just closed: a process that another test forks meanwhile holds its lock
/// until it runs a program of its own.
func reopen(_ place: Place) throws -> Journal {
    for _ in 0..<10_000 {
        do { return try Journal.open(place.path, small) } catch { sched_yield() }
    }
    return try Journal.open(place.path, small)
}

@Suite("Journal", .serialized)
struct JournalTests {
    @Test("what was appended is read again in order, from any record, over many segments")
    func roundTrip() throws {
        let place = try Place()
        try fill(place, 1...100)
        let journal = try Journal.open(place.path, small)
        #expect(journal.last == 100 && journal.synced == 100)
        #expect(journal.recovery.cut == nil)
        for start in [1, 2, 22, 23, 24, 50, 99, 100, 101] as [UInt64] {
            var reader = try journal.reader(from: start)
            var number = start
            while let found = try reader.next(through: 100) {
                #expect(found == payload(number))
                number += 1
            }
            #expect(number == 101)
        }
    }

    @Test("a reader follows a journal that grows into the next segments")
    func follow() throws {
        let place = try Place()
        var journal = try Journal.open(place.path, small)
        try append(&journal, payload(1))
        var reader = try journal.reader(from: 1)
        #expect(try reader.next(through: journal.last) == payload(1))
        #expect(try reader.next(through: journal.last) == nil)
        for number in 2...60 as ClosedRange<UInt64> {
            try append(&journal, payload(number))
            #expect(try reader.next(through: journal.last) == payload(number))
        }
    }

    @Test("a last record torn at any byte is cut and reported; the others stay")
    func torn() throws {
        let place = try Place()
        try fill(place, 1...3, 50)
        let whole = try place.bytes()
        for kept in 288..<418 {
            try place.write(Array(whole[0..<kept]) + Array(repeating: 0, count: 4_096 - kept))
            var journal = try reopen(place)
            let isCut = kept > 288
            #expect(journal.last == 2)
            #expect((journal.recovery.cut != nil) == isCut, "kept \(kept)")
            if isCut {
                #expect(journal.recovery.cut?.offset == 288)
                try append(&journal, payload(3, 50))
                #expect(try place.bytes() == whole)
            }
            journal.close()
        }
    }

    @Test("a record whose beginning never reached the disk is cut")
    func tornBeginning() throws {
        let place = try Place()
        try fill(place, 1...2, 600)
        var bytes = try place.bytes()
        for index in 688..<1_200 { bytes[index] = 0 }
        try place.write(bytes)
        let journal = try Journal.open(place.path, small)
        #expect(journal.last == 1)
        #expect(journal.recovery.cut?.offset == 688)
    }

    @Test(
        "any flipped bit of a record that is not the last refuses the journal and changes nothing")
    func flipped() throws {
        let place = try Place()
        try fill(place, 1...3, 50)
        let whole = try place.bytes()
        for index in 0..<288 where index % 144 < 130 {
            var bytes = whole
            bytes[index] ^= 1 << UInt8(index % 8)
            try place.write(bytes)
            #expect(throws: Failure.self, "byte \(index)") {
                _ = try Journal.open(place.path, small)
            }
            #expect(try place.bytes() == bytes)
        }
    }

    @Test("damage in an older segment is found when it is read, with its place")
    func oldDamage() throws {
        let place = try Place()
        try fill(place, 1...100)
        var bytes = try place.bytes(0)
        bytes[500] ^= 1
        try place.write(bytes, 0)
        let journal = try Journal.open(place.path, small)
        do {
            var reader = try journal.reader(from: 1)
            while try reader.next(through: 100) != nil {}
            Issue.record("the damage was not found")
        } catch {
            #expect(error.code == "journal-damaged")
            #expect(error.problem.contains("byte 384"))
        }
    }

    @Test("a missing segment and a second process are refused")
    func refusals() throws {
        let place = try Place()
        try fill(place, 1...100)
        do {
            let journal = try Journal.open(place.path, small)
            #expect(throws: Failure.self) { _ = try Journal.open(place.path, small) }
            journal.close()
        }
        try Files.remove(place.segment(1))
        #expect(throws: Failure.self) { _ = try Journal.open(place.path, small) }
    }

    @Test("records of every size up to the bound fit, whatever is left of a segment")
    func sizes() throws {
        let place = try Place()
        var generator = SystemRandomNumberGenerator()
        var sizes: [Int] = [1, 1_024, 15, 16, 17]
        for _ in 0..<60 { sizes.append(Int.random(in: 1...1_024, using: &generator)) }
        var journal = try Journal.open(place.path, small)
        for (index, size) in sizes.enumerated() {
            try append(&journal, payload(UInt64(index), size))
        }
        journal.close()
        let again = try Journal.open(place.path, small)
        #expect(again.last == UInt64(sizes.count))
        var reader = try again.reader(from: 1)
        for (index, size) in sizes.enumerated() {
            #expect(try reader.next(through: again.last) == payload(UInt64(index), size))
        }
    }
}
