internal import Numerals
public import OrderTreaty
internal import RequestTreaty

/// What a signed request asks for, read out of the very bytes that were signed.
public enum ClientAction: Sendable, Hashable {
    case place(OrderRequest)
    case cancel(ClientOrderID)
    case cancelAll
    case replace(ClientOrderID, OrderChange)
    case query(ClientOrderID)
    case account

    /// Reads what a payload asks.
    public static func parse(
        _ payload: SignedPayload, _ catalogue: Catalogue
    ) throws(ClientProblem) -> ClientAction {
        let route = try Route.parse(payload.bytes, payload.target, catalogue)
        guard route.isSigned else {
            throw ClientProblem(.malformed, "", "the route takes no signature")
        }
        return try ClientAction(route, payload, catalogue)
    }

    /// Reads what a payload asks of a signed route that was parsed from it.
    public init(
        _ route: Route, _ payload: SignedPayload, _ catalogue: Catalogue
    ) throws(ClientProblem) {
        guard route.methods.contains(payload.method) else {
            throw ClientProblem.method(for: route)
        }
        switch (route, payload.method) {
        case (.orders, .post): self = .place(try Self.order(payload, catalogue))
        case (.orders, _): self = .cancelAll
        case (.order(let id), .put): self = try Self.change(id, payload)
        case (.order(let id), .delete): self = .cancel(id)
        case (.order(let id), _): self = .query(id)
        default: self = .account
        }
        switch self {
        case .place, .replace: break
        default:
            guard payload.body.isEmpty else {
                throw ClientProblem(.malformedBody, "", "the request takes no body")
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
        case clientOrderId, symbol, side, type, price, quantity

        var name: String {
            switch self {
            case .clientOrderId: "clientOrderId"
            case .symbol: "symbol"
            case .side: "side"
            case .type: "type"
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

        init(
            _ payload: SignedPayload, _ expected: [Member], optional: Member? = nil
        ) throws(ClientProblem) {
            bytes = payload.bytes
            var object = try FlatObject(bytes, payload.body)
            while let (name, value) = try object.next() {
                guard let member = Member(bytes[name]), expected.contains(member) else {
                    throw ClientProblem(.unknownMember, FlatObject.harmless(bytes[name]))
                }
                guard !has(member) else { throw ClientProblem(.duplicateMember, member.name) }
                ranges[member.rawValue] = value
            }
            for member in expected where !has(member) && member != optional {
                throw ClientProblem(.missingMember, member.name)
            }
        }

        func has(_ member: Member) -> Bool { ranges[member.rawValue].lowerBound >= 0 }

        func range(_ member: Member) -> Range<Int> { ranges[member.rawValue] }

        func isWord(_ member: Member, _ word: String) -> Bool {
            bytes[range(member)].elementsEqual(word.utf8)
        }

        func number(_ member: Member, _ digits: Int) throws(ClientProblem) -> Int64 {
            guard let value = FixedPoint.parse(bytes, in: range(member), digits: digits), value > 0
            else { throw Self.noNumber(member) }
            return value
        }

        func decimal(_ member: Member) throws(ClientProblem) -> OrderChange.Decimal {
            guard let value = OrderChange.Decimal(bytes, range(member)) else {
                throw Self.noNumber(member)
            }
            return value
        }

        private static func noNumber(_ member: Member) -> ClientProblem {
            ClientProblem(
                .malformedValue, member.name,
                "a decimal text above zero with the instrument's digits at most")
        }
    }

    private static func order(
        _ payload: SignedPayload, _ catalogue: Catalogue
    ) throws(ClientProblem) -> OrderRequest {
        let members = try Members(payload, Member.allCases, optional: .price)
        let client = try Route.identifier(members.bytes, members.range(.clientOrderId))
        guard let id = catalogue.instrument(members.bytes, members.range(.symbol)),
            let instrument = catalogue.listing.instrument(id)
        else {
            throw ClientProblem(.malformedValue, "symbol", "the symbol of a listed instrument")
        }
        guard let side = Side.allCases.first(where: { members.isWord(.side, $0.word) }) else {
            throw ClientProblem(.malformedValue, "side", "buy or sell")
        }
        guard let kind = OrderKind.allCases.first(where: { members.isWord(.type, $0.word) })
        else {
            throw ClientProblem(
                .malformedValue, "type", "limit, market, immediate-or-cancel or post-only")
        }
        var price: Price?
        if members.has(.price) {
            price = Price(try members.number(.price, instrument.priceDigits))
        } else if kind != .market {
            throw ClientProblem(.missingMember, "price")
        }
        let quantity = Quantity(try members.number(.quantity, instrument.quantityDigits))
        return OrderRequest(
            client: client, instrument: id, side: side, kind: kind, price: price,
            quantity: quantity)
    }

    private static func change(
        _ order: ClientOrderID, _ payload: SignedPayload
    ) throws(ClientProblem) -> ClientAction {
        let members = try Members(payload, [.price, .quantity])
        return .replace(
            order,
            OrderChange(
                price: try members.decimal(.price), quantity: try members.decimal(.quantity)))
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
