internal import Addresses
internal import Bytes
internal import IdentityTreaty
internal import LedgerTreaty
internal import MarketTreaty
internal import OrderTreaty
internal import RequestTreaty
internal import RiskTreaty

/// Something that a treaty lets one ask at any time and that changes nothing: the control of every
/// attack on a passage.
struct HonestQuestion {
    let word: String
    let kind: UInt16
    let body: [UInt8]

    private init(_ word: String, _ kind: UInt16, _ write: (inout ByteWriter) -> Void) {
        var writer = ByteWriter()
        write(&writer)
        self.word = word
        self.kind = kind
        body = writer.bytes
    }

    /// One that these words permit; nil when the envoy knows none of them.
    init?(_ words: [String]) {
        guard let known = Self.all.first(where: { words.contains($0.word) }) else { return nil }
        self = known
    }

    private static let nobody = Voucher(
        account: AccountID(1), scopes: 1, digest: zeroes(32), nonce: zeroes(16), expires: 0,
        code: zeroes(32))

    private static func zeroes(_ count: Int) -> [UInt8] { [UInt8](repeating: 0, count: count) }

    private static let all: [HonestQuestion] = [
        HonestQuestion(StreamMessage.attach.name, StreamMessage.attach.rawValue) { _ in },
        // Refused, and answered: nobody vouches for it.
        HonestQuestion(LedgerMessage.balances.name, LedgerMessage.balances.rawValue) {
            Submission(payload: [], voucher: nobody).encode(into: &$0)
        },
        HonestQuestion(MarketMessage.book.name, MarketMessage.book.rawValue) {
            MarketQuery(instrument: InstrumentID(0), count: 1).encode(into: &$0)
        },
        HonestQuestion(RequestMessage.request.name, RequestMessage.request.rawValue) {
            ClientRequest(
                method: .get, target: "/v1/time", fields: [], body: [],
                client: Address(127 << 24 | 1), clientPort: 1
            ).encode(into: &$0)
        },
        // Refused, and answered: nobody has this key.
        HonestQuestion(IdentityMessage.verify.name, IdentityMessage.verify.rawValue) {
            SignedRequest(
                key: "nobody", signature: zeroes(32),
                payload: Array("1\n5000\nGET\n/v1/account\n".utf8), client: Address(127 << 24 | 1)
            ).encode(into: &$0)
        },
        HonestQuestion(OrderMessage.query.name, OrderMessage.query.rawValue) {
            Submission(payload: [], voucher: nobody).encode(into: &$0)
        },
        // A key of vouchers like any other, until the service itself is back.
        HonestQuestion(IdentityMessage.share.name, IdentityMessage.share.rawValue) {
            $0.append(zeroes(32))
        },
    ]

    /// Every kind of every treaty that the envoy knows, with its word.
    static let kinds: [(word: String, kind: UInt16)] =
        RequestMessage.allCases.map { ($0.name, $0.rawValue) }
        + IdentityMessage.allCases.map { ($0.name, $0.rawValue) }
        + OrderMessage.allCases.map { ($0.name, $0.rawValue) }
        + StreamMessage.allCases.map { ($0.name, $0.rawValue) }
        + LedgerMessage.allCases.map { ($0.name, $0.rawValue) }
        + MarketMessage.allCases.map { ($0.name, $0.rawValue) }
}
