import Addresses
import Digests
import Identity
import IdentityTreaty
import OrderTreaty
import Testing

@Suite("Verification of requests")
struct VerificationTests {
    @Test(
        "a signed request gets a voucher for its account, scopes and bytes", arguments: ["h", "e"])
    func vouched(key: String) throws {
        let bench = Bench()
        let request = bench.request(key)
        guard case .vouched(let voucher) = bench.verify(request) else {
            Issue.record("no voucher")
            return
        }
        #expect(voucher.account == AccountID(key == "h" ? 5 : 6))
        #expect(voucher.scopes == (key == "h" ? 3 : 1))
        #expect(voucher.digest == SHA256.hash(of: request.payload))
        #expect(voucher.nonce.count == 16)
        #expect(voucher.expires == bench.moment.steady + 10_000)
        #expect(HMAC(key: Bench.shared).isCode(voucher.code, over: voucher.covered))
    }

    @Test("no two vouchers have one nonce")
    func nonces() {
        let bench = Bench()
        var seen: Set<[UInt8]> = []
        for index in 0..<1_000 {
            guard case .vouched(let voucher) = bench.verify(bench.request(target: "/\(index)"))
            else {
                Issue.record("no voucher")
                return
            }
            seen.insert(voucher.nonce)
        }
        #expect(seen.count == 1_000)
    }

    @Test("any altered bit of payload or signature is refused", arguments: ["h", "e"])
    func altered(key: String) {
        let bench = Bench()
        let good = bench.request(key)
        for bit in 0..<good.payload.count * 8 {
            var bad = good
            bad.payload[bit / 8] ^= 1 << UInt8(bit % 8)
            bad.client = Address(UInt32(bit) + 1)
            bench.now += 20_000
            #expect(bench.reason(bad) != nil)
        }
        for bit in 0..<good.signature.count * 8 {
            var bad = good
            bad.signature[bit / 8] ^= 1 << UInt8(bit % 8)
            bad.client = Address(UInt32(bit) + 100_000)
            bench.now += 700_000
            #expect(bench.reason(bad) == .wrongSignature)
        }
    }

    @Test("the wrong key, an unknown one, and signatures of other lengths are refused")
    func wrong() {
        let bench = Bench()
        var request = bench.request("h")
        request.key = "x"
        #expect(bench.reason(request) == .unknownKey)
        request.key = "e"
        #expect(bench.reason(request) == .wrongSignature)
        request = bench.request("e")
        request.key = "h"
        #expect(bench.reason(request) == .wrongSignature)
        for signature in [[], [UInt8](repeating: 0, count: 31), [UInt8](repeating: 0, count: 64)] {
            request = bench.request("h")
            request.signature = signature
            #expect(bench.reason(request) == .wrongSignature)
        }
        let alike: [IdentityVerdict.Reason] = [
            .unknownKey, .wrongSignature, .addressNotAllowed, .malformed,
        ]
        for reason in alike { #expect(reason.word == "not-authenticated") }
    }

    @Test("the timestamp may be older by less than the window and newer by a second")
    func window() {
        let cases: [(Int64, String, Bool)] = [
            (0, "5000", true), (-4_999, "5000", true), (-5_000, "5000", false),
            (1_000, "5000", true), (1_001, "5000", false), (-58_000, "60000", true),
            (-2, "1", false), (0, "1", true),
        ]
        for (offset, window, isGood) in cases {
            let bench = Bench()
            let time = UInt64(Int64(bench.now) + offset)
            #expect(
                bench.reason(bench.request(at: time, window: window))
                    == (isGood ? nil : .outsideWindow), "\(offset) \(window)")
        }
    }

    @Test("a signed payload of another form is malformed, and nobody is locked for it")
    func malformed() {
        let bench = Bench()
        for window in ["0", "60001", "05", "", "x"] {
            for _ in 0..<20 {
                #expect(bench.reason(bench.request(window: window)) == .malformed)
            }
        }
        #expect(bench.reason(bench.request()) == nil)
    }

    @Test(
        "the same signed bytes are taken once, until their window has ended", arguments: ["h", "e"])
    func replay(key: String) {
        let bench = Bench()
        let request = bench.request(key)
        #expect(bench.reason(request) == nil)
        #expect(bench.reason(request) == .replayed)
        bench.now += 4_999
        #expect(bench.reason(request) == .replayed)
        bench.now += 1
        #expect(bench.reason(request) == .outsideWindow)
        // A clock that is set back does not bring it back.
        bench.now -= 4_000
        #expect(bench.reason(request) != nil)
        // The same bytes under another key are another request.
        var other = bench.request("h", target: "/other")
        #expect(bench.reason(other) == nil)
        other.key = "n"
        #expect(bench.reason(other) == nil)
    }

    @Test("what an earlier run may have accepted is not accepted again")
    func restart() {
        let bench = Bench()
        bench.now = Bench.started + 500
        #expect(bench.reason(bench.request(at: Bench.started - 100)) == .starting)
        #expect(bench.reason(bench.request(at: Bench.started + 1_000)) == .starting)
        #expect(bench.patience(bench.request(at: Bench.started + 1_000)) == 1)
        #expect(bench.reason(bench.request(at: Bench.started + 1_001)) == nil)
        // A key that is younger than the run was never used before.
        _ = bench.add(
            APIKey(
                name: "young", account: AccountID(8), scopes: .read, kind: .symmetric,
                material: Bench.secret, allowed: [], created: Bench.started + 400),
            isYoung: true)
        #expect(bench.reason(bench.request("young")) == nil)
    }

    @Test("a key is good from its networks only")
    func networks() {
        let bench = Bench()
        #expect(bench.reason(bench.request("n")) == nil)
        #expect(bench.reason(bench.request("n", from: Bench.elsewhere)) == .addressNotAllowed)
    }

    @Test("a revoked key is unknown, and its name free of everything but the store")
    func revoked() {
        let bench = Bench()
        #expect(bench.revoke("h"))
        #expect(bench.reason(bench.request()) == .unknownKey)
        #expect(!bench.revoke("h"))
        #expect(!bench.has("h"))
        #expect(bench.count == 2)
    }

    @Test("another shared key is used from the next voucher on")
    func share() {
        let bench = Bench()
        let key = [UInt8](repeating: 1, count: 32)
        bench.share(key)
        guard case .vouched(let voucher) = bench.verify(bench.request()) else {
            Issue.record("no voucher")
            return
        }
        #expect(HMAC(key: key).isCode(voucher.code, over: voucher.covered))
        #expect(!HMAC(key: Bench.shared).isCode(voucher.code, over: voucher.covered))
    }

    @Test("keys with another account, name or material than they may have are not taken up")
    func keys() {
        let bench = Bench()
        var key = APIKey(
            name: "h", account: AccountID(1), scopes: .read, kind: .symmetric,
            material: Bench.secret, allowed: [], created: 0)
        #expect(!bench.add(key))
        key.name = "z"
        key.material = []
        #expect(!bench.add(key))
        key.material = Bench.secret
        key.account = AccountID(0)
        #expect(!bench.add(key))
        key.account = AccountID(1)
        #expect(bench.add(key))
    }
}
