public import Numerals
public import OrderTreaty
internal import RequestTreaty

/// What a signed request asks for, read out of the very bytes that were signed.
public enum ClientAction: Sendable, Hashable {
    /// The order's account is 0: whose it is, the voucher says.
    case place(NewOrder)
    case cancel(ClientOrderID)
    case cancelAll
    /// Price and quantity have the digits of that instrument: the order must be one of it.
    case replace(ClientOrderID, InstrumentID, Price, Quantity)
    case query(ClientOrderID)
    case account

    /// Reads what a payload asks.
    public init(_ payload: SignedPayload, _ catalogue: Catalogue) throws(Problem) {
        let route = try Route.parse(payload.bytes, payload.target, catalogue)
        guard route.isSigned else {
            throw Problem(.malformed, "", "the route takes no signature")
        }
        try self.init(route, payload, catalogue)
    }

    /// Reads what a payload asks of a signed route that was parsed from it.
    public init(
        _ route: Route, _ payload: SignedPayload, _ catalogue: Catalogue
    ) throws(Problem) {
        guard route.methods.contains(payload.method) else {
            throw Problem.method(for: route)
        }
        switch (route, payload.method) {
        case (.orders, .post): self = .place(try Self.newOrder(payload, catalogue))
        case (.orders, _): self = .cancelAll
        case (.order(let id), .put): self = try Self.replacement(id, payload, catalogue)
        case (.order(let id), .delete): self = .cancel(id)
        case (.order(let id), _): self = .query(id)
        default: self = .account
        }
        switch self {
        case .place, .replace: break
        default:
            guard payload.body.isEmpty else {
                throw Problem(.malformedBody, "", "the request takes no body")
            }
        }
    }

    /// The kind of message that carries it to orders; nil for what orders is not asked.
    public var message: OrderMessage? {
        switch self {
        case .place: .place
        case .cancel, .cancelAll: .cancel
        case .replace: .replace
        case .query: .query
        case .account: nil
        }
    }

    /// What a key must be allowed to do for it.
    public var scope: Scopes {
        switch self {
        case .place, .cancel, .cancelAll, .replace: .trade
        case .query, .account: .read
        }
    }

    private enum Member: Int, CaseIterable {
        case clientOrderId, symbol, side, kind, price, quantity

        var name: String {
            switch self {
            case .clientOrderId: "clientOrderId"
            case .symbol: "symbol"
            case .side: "side"
            case .kind: "kind"
            case .price: "price"
            case .quantity: "quantity"
            }
        }

        init?(_ name: ArraySlice<UInt8>) {
            guard let member = Self.allCases.first(where: { name.elementsEqual($0.name.utf8) })
            else { return nil }
            self = member
        }
    }

    /// Where each member's value lies.
    private struct Members {
        let bytes: [UInt8]
        private var ranges: InlineArray<6, Range<Int>> = .init(repeating: -1 ..< -1)

        init(_ payload: SignedPayload, _ expected: [Member]) throws(Problem) {
            bytes = payload.bytes
            var object = try FlatObject(bytes, payload.body)
            while let (name, value) = try object.next() {
                guard let member = Member(bytes[name]), expected.contains(member) else {
                    throw Problem(.unknownMember, FlatObject.harmless(bytes[name]))
                }
                guard ranges[member.rawValue].lowerBound < 0 else {
                    throw Problem(.duplicateMember, member.name)
                }
                ranges[member.rawValue] = value
            }
            for member in expected where ranges[member.rawValue].lowerBound < 0 {
                throw Problem(.missingMember, member.name)
            }
        }

        func range(_ member: Member) -> Range<Int> { ranges[member.rawValue] }

        func isWord(_ member: Member, _ word: String) -> Bool {
            bytes[range(member)].elementsEqual(word.utf8)
        }

        func instrument(_ catalogue: Catalogue) throws(Problem) -> (InstrumentID, Instrument) {
            guard let id = catalogue.instrument(bytes, range(.symbol)),
                let instrument = catalogue.listing.instrument(id)
            else { throw Problem(.malformedValue, "symbol", "the symbol of a listed instrument") }
            return (id, instrument)
        }

        func number(_ member: Member, _ digits: Int) throws(Problem) -> Int64 {
            guard let value = FixedPoint.parse(bytes, in: range(member), digits: digits), value > 0
            else {
                throw Problem(
                    .malformedValue, member.name,
                    "a decimal text above zero with the instrument's digits at most")
            }
            return value
        }
    }

    private static func newOrder(
        _ payload: SignedPayload, _ catalogue: Catalogue
    ) throws(Problem) -> NewOrder {
        let members = try Members(payload, Member.allCases)
        let client = try Route.identifier(members.bytes, members.range(.clientOrderId))
        let (id, instrument) = try members.instrument(catalogue)
        guard let side = Side.allCases.first(where: { members.isWord(.side, $0.word) }) else {
            throw Problem(.malformedValue, "side", "buy or sell")
        }
        guard let kind = OrderKind.allCases.first(where: { members.isWord(.kind, $0.word) })
        else {
            throw Problem(
                .malformedValue, "kind", "limit, market, immediate-or-cancel or post-only")
        }
        return NewOrder(
            account: AccountID(0), instrument: id, side: side, kind: kind,
            price: Price(try members.number(.price, instrument.priceDigits)),
            quantity: Quantity(try members.number(.quantity, instrument.quantityDigits)),
            client: client)
    }

    private static func replacement(
        _ order: ClientOrderID, _ payload: SignedPayload, _ catalogue: Catalogue
    ) throws(Problem) -> ClientAction {
        let members = try Members(payload, [.symbol, .price, .quantity])
        let (id, instrument) = try members.instrument(catalogue)
        return .replace(
            order, id, Price(try members.number(.price, instrument.priceDigits)),
            Quantity(try members.number(.quantity, instrument.quantityDigits)))
    }
}

extension Side {
    static let allCases: [Side] = [.buy, .sell]

    /// As clients write it.
    public var word: String { self == .buy ? "buy" : "sell" }
}

extension OrderKind {
    static let allCases: [OrderKind] = [.limit, .market, .immediateOrCancel, .postOnly]

    /// As clients write it.
    public var word: String {
        switch self {
        case .limit: "limit"
        case .market: "market"
        case .immediateOrCancel: "immediate-or-cancel"
        case .postOnly: "post-only"
        }
    }
}
