internal import Digests
internal import OrderTreaty

/// Makes vouchers under the key that orders has.
struct Vouchers {
    /// How long a voucher is good.
    static let lifeMilliseconds: UInt64 = 10_000
    private static let nonceBytes = 16
    private static let roomBytes = 4_096

    private var code: HMAC
    private var nonces: [UInt8] = []
    private var used = 0

    init(key: [UInt8]) { code = HMAC(key: key) }

    mutating func change(key: [UInt8]) { code = HMAC(key: key) }

    mutating func issue(
        _ account: AccountID, _ scopes: Scopes, digest: [UInt8], steady: UInt64
    ) -> Voucher {
        // Randomness costs by the call more than by the byte.
        if used + Self.nonceBytes > nonces.count {
            nonces = Randomness.bytes(Self.roomBytes)
            used = 0
        }
        defer { used += Self.nonceBytes }
        var voucher = Voucher(
            account: account, scopes: scopes.rawValue, digest: digest,
            nonce: Array(nonces[used..<used + Self.nonceBytes]),
            expires: steady + Self.lifeMilliseconds, code: [])
        voucher.code = code.code(over: voucher.covered)
        return voucher
    }
}
