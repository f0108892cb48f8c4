import Addresses
import Digests
import Identity
import IdentityTreaty
import OrderTreaty
import Signatures

/// An identity with a few keys, a clock, and clients that sign; a class, so that expectations may
/// change it.
final class Bench {
    static let home = Address(0x0A00_0001)
    static let elsewhere = Address(0xC633_6401)
    static let secret = [UInt8](repeating: 7, count: 32)
    static let shared = [UInt8](repeating: 9, count: 32)
    static let started: UInt64 = 1_700_000_000_000

    let pair = PrivateKey()
    private var identity = Identity(now: Moment(wall: started, steady: 7))
    private(set) var moment = Moment(wall: started + 60_000, steady: 60_007)
    /// The wall's clock; to go on is to wait, to go back is to set it.
    var now: UInt64 {
        get { moment.wall }
        set {
            if newValue > moment.wall { moment.steady += newValue - moment.wall }
            moment.wall = newValue
        }
    }

    init() {
        identity.share(Self.shared)
        let inside = Prefix(base: Address(0x0A00_0000), length: 8)
        let keys = [
            APIKey(
                name: "h", account: AccountID(5), scopes: [.trade, .read], kind: .symmetric,
                material: Self.secret, allowed: [], created: 0),
            APIKey(
                name: "e", account: AccountID(6), scopes: [.read], kind: .ed25519,
                material: pair.publicKey.encoded, allowed: [], created: 0),
            APIKey(
                name: "n", account: AccountID(7), scopes: [.read], kind: .symmetric,
                material: Self.secret, allowed: inside.map { [$0] } ?? [], created: 0),
        ]
        for key in keys { _ = identity.add(key) }
    }

    /// What a client of the key would send.
    func request(
        _ key: String = "h", at time: UInt64? = nil, window: String = "5000",
        target: String = "/v1/account", from client: Address = home
    ) -> SignedRequest {
        let payload = Array("\(time ?? now)\n\(window)\nGET\n\(target)\n".utf8)
        let signature =
            key == "e" ? pair.sign(payload) : HMAC(key: Self.secret).code(over: payload)
        return SignedRequest(key: key, signature: signature, payload: payload, client: client)
    }

    func verify(_ request: SignedRequest) -> IdentityVerdict {
        identity.verify(request, now: moment)
    }

    /// Somebody sets the wall's clock.
    func step(_ milliseconds: Int64) {
        moment.wall = UInt64(Int64(moment.wall) + milliseconds)
    }

    /// The reason of a refusal; nil for a voucher.
    func reason(_ request: SignedRequest) -> IdentityVerdict.Reason? {
        guard case .refused(let reason, _) = verify(request) else { return nil }
        return reason
    }

    /// Seconds after which to come again.
    func patience(_ request: SignedRequest) -> UInt32? {
        guard case .refused(_, let retryAfter) = verify(request) else { return nil }
        return retryAfter
    }

    var hasNews: Bool { identity.hasNews }
    var count: Int { identity.count }
    func notices() -> [Identity.Notice] { identity.takeNotices() }
    func counts() -> [(reason: IdentityVerdict.Reason, count: UInt64)] { identity.takeCounts() }
    func add(_ key: APIKey, isYoung: Bool = false) -> Bool {
        identity.add(key, isYoung: isYoung)
    }
    func revoke(_ name: String) -> Bool { identity.revoke(name) }
    func has(_ name: String) -> Bool { identity.has(name) }
    func share(_ key: [UInt8]) { identity.share(key) }

    /// A request that nobody signed.
    func forged(_ key: String = "h", from client: Address = home) -> SignedRequest {
        var request = request(key, from: client)
        request.signature[0] ^= 1
        return request
    }
}
