internal import Digests
public import OrderTreaty

/// Who is shown which balances: the account of identity's voucher for exactly that question.
///
/// Whoever carries a voucher proves nothing by carrying it.
public struct Permits {
    /// Bytes of a shared key.
    public static let keyBytes = HMAC.bytes
    /// What a client signs to see its balances, behind timestamp and window.
    private static let question = Array("GET\n/v1/account\n".utf8)

    /// The newest keys of vouchers: the last is in force until everybody has the next.
    private var keys: [HMAC] = []

    /// Believes nobody.
    public init() {}

    /// Takes identity's newest key.
    public mutating func share(_ key: [UInt8]) { keys = [HMAC(key: key)] + keys.prefix(2) }

    /// The account whose balances may be told; nil when the voucher does not hold or was made for
    /// something else.
    ///
    /// `now` is milliseconds of the clock that never goes back. A voucher may come twice while it is
    /// good: whoever has it has seen the answer.
    public func account(_ submission: Submission, now: UInt64) -> AccountID? {
        let voucher = submission.voucher
        guard voucher.expires > now, voucher.account.raw > 0,
            Scopes(rawValue: voucher.scopes).contains(.read), asks(submission.payload),
            SHA256.hash(of: submission.payload) == voucher.digest
        else { return nil }
        let covered = voucher.covered
        return keys.contains { $0.isCode(voucher.code, over: covered) } ? voucher.account : nil
    }

    private func asks(_ payload: [UInt8]) -> Bool {
        let lineFeed = UInt8(ascii: "\n")
        guard let first = payload.firstIndex(of: lineFeed),
            let second = payload[(first + 1)...].firstIndex(of: lineFeed)
        else { return false }
        return payload[(second + 1)...].elementsEqual(Self.question)
    }
}
