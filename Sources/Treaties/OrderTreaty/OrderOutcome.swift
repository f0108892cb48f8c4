public import Bytes
public import Numerals

/// Where an order is in its life.
public enum OrderState: UInt8, Sendable, Hashable {
    /// Journaled; its results are not back yet.
    case pending = 1
    /// In the book.
    case open = 2
    case filled = 3
    case cancelled = 4
    /// The rest was not allowed to wait.
    case expired = 5
    case refused = 6

    /// The word that clients read.
    public var word: String {
        switch self {
        case .pending: "pending"
        case .open: "open"
        case .filled: "filled"
        case .cancelled: "cancelled"
        case .expired: "expired"
        case .refused: "refused"
        }
    }
}

/// An order as orders knows it.
public struct OrderView: Sendable, Hashable {
    /// The venue's name of it.
    public var id: OrderID
    /// As it was placed, or replaced since.
    public var order: NewOrder
    /// Where it is in its life.
    public var state: OrderState
    /// Why it was refused.
    public var refusal: Refusal?
    /// How much was traded.
    public var filled: Quantity
    /// What that was worth in the quote currency, without fees.
    public var filledValue: Amount

    /// Puts a view together.
    public init(
        id: OrderID, order: NewOrder, state: OrderState, refusal: Refusal?, filled: Quantity,
        filledValue: Amount
    ) {
        self.id = id
        self.order = order
        self.state = state
        self.refusal = refusal
        self.filled = filled
        self.filledValue = filledValue
    }

    /// Appends its wire form.
    public func encode(into writer: inout ByteWriter) {
        writer.integer(id.raw)
        order.encode(into: &writer)
        writer.integer(state.rawValue)
        writer.integer(refusal?.rawValue ?? 0)
        writer.integer(filled.raw)
        writer.integer(filledValue.raw)
    }

    /// Reads one.
    public static func decode(_ reader: inout ByteReader) throws(Malformed) -> OrderView {
        let id = OrderID(try reader.integer())
        let order = try NewOrder.decode(&reader)
        let place = reader.position
        guard let state = OrderState(rawValue: try reader.integer()) else {
            throw Malformed(at: place, expected: "a known state")
        }
        let code = try reader.integer(UInt8.self)
        let refusal = Refusal(rawValue: code)
        guard code == 0 || refusal != nil else {
            throw Malformed(at: place, expected: "a known refusal or none")
        }
        return OrderView(
            id: id, order: order, state: state, refusal: refusal,
            filled: Quantity(try reader.integer()), filledValue: Amount(try reader.integer()))
    }
}

/// What orders answers to a submission.
public enum OrderOutcome: Sendable, Hashable {
    /// The order after the command, or as it is.
    case order(OrderView)
    /// That many orders were cancelled.
    case cancelled(UInt32)
    /// A rule of the venue refused the command, durably and for ever.
    case refused(Refusal)
    /// The request itself was not taken; nothing happened.
    case rejected(Rejection)

    /// Why a request was not taken.
    public enum Rejection: UInt8, Sendable, Hashable, CaseIterable {
        /// Code, digest or expiry of the voucher is wrong.
        case voucherInvalid = 1
        /// The voucher came before.
        case replayed = 2
        /// The payload asks for something else than the message's kind, or is malformed.
        case malformed = 3
        case scopeMissing = 4
        /// The same client order id with another payload.
        case conflict = 5
        case unknownOrder = 6
        /// Too much waits already.
        case busy = 7
        /// Risk or matching is away.
        case unavailable = 8
        /// The ledger refused a posting: nothing is taken until people looked.
        case halted = 9
    }

    /// Appends its wire form.
    public func encode(into writer: inout ByteWriter) {
        switch self {
        case .order(let view):
            writer.integer(UInt8(1))
            view.encode(into: &writer)
        case .cancelled(let count):
            writer.integer(UInt8(2))
            writer.integer(count)
        case .refused(let refusal):
            writer.integer(UInt8(3))
            writer.integer(refusal.rawValue)
        case .rejected(let rejection):
            writer.integer(UInt8(4))
            writer.integer(rejection.rawValue)
        }
    }

    /// Reads one.
    public static func decode(_ reader: inout ByteReader) throws(Malformed) -> OrderOutcome {
        let place = reader.position
        switch try reader.integer(UInt8.self) {
        case 1: return .order(try OrderView.decode(&reader))
        case 2: return .cancelled(try reader.integer())
        case 3:
            guard let refusal = Refusal(rawValue: try reader.integer()) else {
                throw Malformed(at: place, expected: "a known refusal")
            }
            return .refused(refusal)
        case 4:
            guard let rejection = Rejection(rawValue: try reader.integer()) else {
                throw Malformed(at: place, expected: "a known rejection")
            }
            return .rejected(rejection)
        default: throw Malformed(at: place, expected: "a known outcome")
        }
    }
}
