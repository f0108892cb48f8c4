import Addresses
import Identity
import IdentityTreaty
import Testing

@Suite("Locks after failures")
struct LockTests {
    @Test("ten failures lock a key for ten seconds, the next lock is twice as long")
    func key() {
        let bench = Bench()
        for round in 0..<3 as Range<UInt64> {
            for _ in 0..<10 {
                #expect(bench.reason(bench.forged()) == .wrongSignature)
            }
            #expect(bench.reason(bench.request()) == .lockedOut)
            #expect(bench.patience(bench.request()) == 10 << UInt32(round))
            bench.now += 10_000 << round - 1
            #expect(bench.reason(bench.request()) == .lockedOut)
            #expect(bench.patience(bench.request()) == 1)
            bench.now += 1
        }
        #expect(bench.reason(bench.request()) == nil)
        #expect(
            bench.notices() == [.keyLocked("h"), .keyLocked("h"), .keyLocked("h")])
        #expect(bench.notices().isEmpty)
    }

    @Test("locks grow to 640 seconds and no further, and a quiet quarter of an hour forgets them")
    func growth() {
        let bench = Bench()
        for level in 0..<9 as Range<UInt64> {
            for _ in 0..<10 {
                #expect(bench.reason(bench.forged(from: Address(UInt32(level) + 1))) != nil)
            }
            let length: UInt64 = 10_000 << min(level, 6)
            bench.now += length - 1
            #expect(bench.reason(bench.request()) == .lockedOut)
            bench.now += 1
        }
        bench.now += 900_000
        for _ in 0..<10 { _ = bench.reason(bench.forged(from: Address(99))) }
        bench.now += 10_000
        #expect(bench.reason(bench.request()) == nil)
    }

    @Test("an address that used the key rightly is not locked out by failures from elsewhere")
    func proven() {
        let bench = Bench()
        #expect(bench.reason(bench.request()) == nil)
        for _ in 0..<10 { _ = bench.reason(bench.forged(from: Bench.elsewhere)) }
        #expect(bench.reason(bench.request(target: "/2")) == nil)
        #expect(
            bench.reason(bench.request(target: "/3", from: Address(0x0A00_0002))) == .lockedOut)
    }

    @Test("fifty failures of an address lock it for every key, others are not touched")
    func address() {
        let bench = Bench()
        for index in 0..<50 {
            #expect(bench.reason(bench.forged("x\(index)", from: Bench.elsewhere)) == .unknownKey)
        }
        #expect(bench.reason(bench.request(from: Bench.elsewhere)) == .lockedOut)
        #expect(bench.reason(bench.request(target: "/2")) == nil)
        #expect(bench.notices() == [.addressLocked(Bench.elsewhere)])
        bench.now += 10_000
        #expect(bench.reason(bench.request(from: Bench.elsewhere)) == nil)
    }

    @Test("a success ends a row of failures of an address")
    func row() {
        let bench = Bench()
        for _ in 0..<5 {
            for index in 0..<49 { _ = bench.reason(bench.forged("x\(index)")) }
            bench.now += 1
            #expect(bench.reason(bench.request()) == nil)
        }
    }

    @Test("with every address counted, who fails is locked out, and who is right is not")
    func crowded() {
        let bench = Bench()
        for index in 0..<65_536 as Range<UInt32> {
            _ = bench.reason(bench.forged("x", from: Address(0xC000_0000 + index)))
        }
        #expect(bench.reason(bench.forged("x")) == .lockedOut)
        #expect(bench.reason(bench.request()) == nil)
        bench.now += 900_001
        #expect(bench.reason(bench.forged("x")) == .unknownKey)
    }

    @Test("refusals are counted by reason")
    func counts() {
        let bench = Bench()
        #expect(!bench.hasNews)
        for _ in 0..<3 { _ = bench.reason(bench.forged()) }
        _ = bench.reason(bench.forged("x"))
        #expect(bench.hasNews)
        let counts = bench.counts()
        #expect(counts.map(\.reason) == [.unknownKey, .wrongSignature])
        #expect(counts.map(\.count) == [1, 3])
        #expect(!bench.hasNews)
        #expect(bench.counts().isEmpty)
    }
}
