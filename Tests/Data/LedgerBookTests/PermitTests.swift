import Digests
import LedgerBook
import OrderTreaty
import Testing

@Suite("Who is shown balances")
struct PermitTests {
    private static let key = [UInt8](repeating: 3, count: 32)
    private static let asked = "1700000000000\n5000\nGET\n/v1/account\n"

    private func submission(
        _ payload: String = asked, scopes: Scopes = .read, expires: UInt64 = 1_000,
        account: UInt32 = 5, key: [UInt8] = key, over signed: String? = nil
    ) -> Submission {
        var voucher = Voucher(
            account: AccountID(account), scopes: scopes.rawValue,
            digest: SHA256.hash(of: Array((signed ?? payload).utf8)),
            nonce: .init(repeating: 2, count: 16), expires: expires, code: [])
        voucher.code = HMAC(key: key).code(over: voucher.covered)
        return Submission(payload: Array(payload.utf8), voucher: voucher)
    }

    @Test("a voucher for the question opens its own account, and nothing else opens any")
    func cases() {
        var altered = submission()
        altered.voucher.account = AccountID(6)
        let cases: [(String, Submission, AccountID?)] = [
            ("the question", submission(), AccountID(5)),
            ("to read and trade", submission(scopes: [.read, .trade]), AccountID(5)),
            ("another account", altered, nil),
            ("nobody's account", submission(account: 0), nil),
            ("not to read", submission(scopes: .trade), nil),
            ("expired", submission(expires: 500), nil),
            ("another key", submission(key: .init(repeating: 4, count: 32)), nil),
            ("another request", submission("1\n2\nGET\n/v1/orders/a\n"), nil),
            ("an order", submission("1\n2\nPOST\n/v1/account\n"), nil),
            ("with a body", submission(Self.asked + "x"), nil),
            ("hidden in a body", submission("1\n2\nPOST\n/v1/orders\nGET\n/v1/account\n"), nil),
            ("too short", submission("GET\n/v1/account\n"), nil), ("empty", submission(""), nil),
            ("signed for something else", submission(over: "1\n2\nGET\n/v1/account\n"), nil),
        ]
        var permits = Permits()
        #expect(permits.account(submission(), now: 500) == nil)
        permits.share(Self.key)
        for (what, submission, account) in cases {
            #expect(permits.account(submission, now: 500) == account, "\(what)")
        }
    }

    @Test("the newest keys hold, older ones do not")
    func keys() {
        var permits = Permits()
        permits.share(Self.key)
        for byte in 10..<12 as Range<UInt8> { permits.share(.init(repeating: byte, count: 32)) }
        #expect(permits.account(submission(), now: 0) == AccountID(5))
        permits.share(.init(repeating: 12, count: 32))
        #expect(permits.account(submission(), now: 0) == nil)
    }
}
