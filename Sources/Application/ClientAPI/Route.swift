public import OrderTreaty
public import RequestTreaty

/// Where a target leads.
public enum Route: Sendable, Hashable {
    case time
    case instruments
    /// The book with that many levels a side at most.
    case book(InstrumentID, UInt16)
    /// That many of the last trades at most.
    case trades(InstrumentID, UInt16)
    /// All orders of the account.
    case orders
    case order(ClientOrderID)
    case account

    /// Levels and trades of a request that names no number.
    public static let countDefault: UInt16 = 100
    /// Most levels of a side, and most trades.
    private static let countMax: UInt16 = 1_000

    /// Whether the route needs a signature.
    public var isSigned: Bool {
        switch self {
        case .time, .instruments, .book, .trades: false
        case .orders, .order, .account: true
        }
    }

    /// What may be done there, as the `Allow` field says it.
    public var methods: [Method] {
        switch self {
        case .time, .instruments, .book, .trades, .account: [.get]
        case .orders: [.post, .delete]
        case .order: [.get, .put, .delete]
        }
    }

    /// Reads a target in origin form.
    public static func parse(
        _ target: String, _ catalogue: Catalogue
    ) throws(ClientProblem) -> Route {
        let bytes = Array(target.utf8)
        return try parse(bytes, 0..<bytes.count, catalogue)
    }

    /// Reads the target inside `range`.
    static func parse(
        _ bytes: [UInt8], _ range: Range<Int>, _ catalogue: Catalogue
    ) throws(ClientProblem) -> Route {
        let path = range.lowerBound..<(bytes[range].firstIndex(of: 0x3F) ?? range.upperBound)
        let query = min(path.upperBound + 1, range.upperBound)..<range.upperBound
        let hasQuery = path.upperBound < range.upperBound
        var cursor = path.lowerBound
        func take(_ word: String) -> Bool {
            let count = word.utf8.count
            guard path.upperBound - cursor >= count,
                bytes[cursor..<cursor + count].elementsEqual(word.utf8)
            else { return false }
            cursor += count
            return true
        }
        func plain(_ route: Route) throws(ClientProblem) -> Route {
            guard cursor == path.upperBound else { throw ClientProblem(.unknownRoute) }
            guard !hasQuery else { throw ClientProblem(.malformed, "", "the route takes no query") }
            return route
        }
        guard take("/v1/") else { throw ClientProblem(.unknownRoute) }
        if take("orders") {
            guard take("/") else { return try plain(.orders) }
            let id = try identifier(bytes, cursor..<path.upperBound)
            cursor = path.upperBound
            return try plain(.order(id))
        }
        if take("account") { return try plain(.account) }
        if take("time") { return try plain(.time) }
        if take("instruments") { return try plain(.instruments) }
        let isBook = take("book/")
        guard isBook || take("trades/") else { throw ClientProblem(.unknownRoute) }
        guard let instrument = catalogue.instrument(bytes, cursor..<path.upperBound) else {
            throw ClientProblem(.unknownInstrument)
        }
        let name = isBook ? "depth" : "limit"
        let count = hasQuery ? try count(bytes, query, name) : countDefault
        return isBook ? .book(instrument, count) : .trades(instrument, count)
    }

    private static func count(
        _ bytes: [UInt8], _ query: Range<Int>, _ name: String
    ) throws(ClientProblem) -> UInt16 {
        let start = query.lowerBound + name.utf8.count + 1
        guard start <= query.upperBound, bytes[start - 1] == UInt8(ascii: "="),
            bytes[query.lowerBound..<start - 1].elementsEqual(name.utf8)
        else { throw ClientProblem(.malformed, name, "the only parameter") }
        guard let value = SignedPayload.number(bytes, start..<query.upperBound, digitsMax: 4),
            (1...UInt64(countMax)).contains(value)
        else { throw ClientProblem(.malformedValue, name, "1 to 1000") }
        return UInt16(value)
    }

    /// A client order id that can stand in a path: dots alone would be another path.
    static func identifier(
        _ bytes: [UInt8], _ range: Range<Int>
    ) throws(ClientProblem) -> ClientOrderID {
        guard range.count <= ClientOrderID.bytesMax,
            let id = ClientOrderID(String(decoding: bytes[range], as: UTF8.self)),
            id.text != ".", id.text != ".."
        else {
            throw ClientProblem(
                .malformedValue, "clientOrderId", "1 to 36 letters, digits, `-`, `_` or `.`")
        }
        return id
    }
}
