// AdminTreaty: what people of the venue ask orders and identity over their operators' channels.
//
// One message a request, one an answer, each at most 64 KiB. Who asks was decided by the supervisor
// when it opened the channel. Types and codecs only.

public import Addresses
public import Bytes
public import Numerals
public import OrderTreaty

/// What orders is asked.
public enum AccountRequest: Sendable, Hashable {
    case open
    case credit(AccountID, CurrencyID, Amount)
    case reserve(AccountID, CurrencyID, Amount)
    case settle(reserve: UInt64)
    case release(reserve: UInt64)
    /// The kill switch; account 0 is everybody.
    case stop(AccountID)
    case resume(AccountID)
    /// How the venue is.
    case state

    /// The message.
    public func encode() -> [UInt8] {
        var writer = ByteWriter(capacity: 32)
        switch self {
        case .open: writer.integer(UInt8(1))
        case .credit(let account, let currency, let amount):
            money(2, account, currency, amount, &writer)
        case .reserve(let account, let currency, let amount):
            money(3, account, currency, amount, &writer)
        case .settle(let reserve):
            writer.integer(UInt8(4))
            writer.integer(reserve)
        case .release(let reserve):
            writer.integer(UInt8(5))
            writer.integer(reserve)
        case .stop(let account):
            writer.integer(UInt8(6))
            writer.integer(account.raw)
        case .resume(let account):
            writer.integer(UInt8(7))
            writer.integer(account.raw)
        case .state: writer.integer(UInt8(8))
        }
        return writer.bytes
    }

    private func money(
        _ tag: UInt8, _ account: AccountID, _ currency: CurrencyID, _ amount: Amount,
        _ writer: inout ByteWriter
    ) {
        writer.integer(tag)
        writer.integer(account.raw)
        writer.integer(currency.raw)
        writer.integer(amount.raw)
    }

    /// Reads a whole message.
    public static func decode(_ bytes: [UInt8]) throws(Malformed) -> AccountRequest {
        var reader = ByteReader(bytes)
        let kind = try reader.integer(UInt8.self)
        let request: AccountRequest
        switch kind {
        case 1: request = .open
        case 2, 3:
            let account = AccountID(try reader.integer())
            let currency = CurrencyID(try reader.integer())
            let place = reader.position
            let amount = Amount(try reader.integer())
            guard amount.raw > 0 else {
                throw Malformed(at: place, expected: "an amount above zero")
            }
            request =
                kind == 2 ? .credit(account, currency, amount) : .reserve(account, currency, amount)
        case 4: request = .settle(reserve: try reader.integer())
        case 5: request = .release(reserve: try reader.integer())
        case 6: request = .stop(AccountID(try reader.integer()))
        case 7: request = .resume(AccountID(try reader.integer()))
        case 8: request = .state
        default: throw Malformed(at: 0, expected: "a known request")
        }
        try reader.finish()
        return request
    }
}

/// What orders answers.
public enum AccountAnswer: Sendable, Hashable {
    /// Sequenced, durable and decided; for `open` the account, else the command's number.
    case done(UInt64)
    case refused(Refusal)
    case rejected(OrderOutcome.Rejection)
    case state(VenueState)

    /// The message.
    public func encode() -> [UInt8] {
        var writer = ByteWriter(capacity: 128)
        switch self {
        case .done(let number):
            writer.integer(UInt8(1))
            writer.integer(number)
        case .refused(let refusal):
            writer.integer(UInt8(2))
            writer.integer(refusal.rawValue)
        case .rejected(let rejection):
            writer.integer(UInt8(3))
            writer.integer(rejection.rawValue)
        case .state(let state):
            writer.integer(UInt8(4))
            state.encode(into: &writer)
        }
        return writer.bytes
    }

    /// Reads a whole message.
    public static func decode(_ bytes: [UInt8]) throws(Malformed) -> AccountAnswer {
        var reader = ByteReader(bytes)
        let answer: AccountAnswer
        switch try reader.integer(UInt8.self) {
        case 1: answer = .done(try reader.integer())
        case 2:
            guard let refusal = Refusal(rawValue: try reader.integer()) else {
                throw Malformed(at: 1, expected: "a known refusal")
            }
            answer = .refused(refusal)
        case 3:
            guard let rejection = OrderOutcome.Rejection(rawValue: try reader.integer()) else {
                throw Malformed(at: 1, expected: "a known rejection")
            }
            answer = .rejected(rejection)
        case 4: answer = .state(try VenueState.decode(&reader))
        default: throw Malformed(at: 0, expected: "a known answer")
        }
        try reader.finish()
        return answer
    }
}

/// Where the venue stands, as orders sees it.
public struct VenueState: Sendable, Hashable {
    /// The last block on disk.
    public var journaled: UInt64
    /// The last block whose results are back.
    public var answered: UInt64
    /// The last block that the ledger has on disk.
    public var booked: UInt64
    /// Commands sequenced so far.
    public var commands: UInt64
    /// Orders that are open now.
    public var open: UInt64
    /// Accounts opened so far, numbered from 1.
    public var accounts: UInt32
    /// Running digest of all results; 32 bytes.
    public var digest: [UInt8]
    /// Why no command is taken until people have looked; nil while that is not so.
    public var halted: String?
    /// Risk and matching are there and caught up.
    public var isAvailable: Bool

    /// Puts a state together; `digest` has 32 bytes.
    public init(
        journaled: UInt64, answered: UInt64, booked: UInt64, commands: UInt64, open: UInt64,
        accounts: UInt32, digest: [UInt8], halted: String?, isAvailable: Bool
    ) {
        self.journaled = journaled
        self.answered = answered
        self.booked = booked
        self.commands = commands
        self.open = open
        self.accounts = accounts
        self.digest = digest
        self.halted = halted
        self.isAvailable = isAvailable
    }

    /// It is halted.
    public var isHalted: Bool { halted != nil }

    func encode(into writer: inout ByteWriter) {
        for number in [journaled, answered, booked, commands, open] { writer.integer(number) }
        writer.integer(accounts)
        writer.append(digest)
        writer.integer(UInt8(isHalted ? 1 : 0))
        if let halted {
            writer.text(String(decoding: halted.utf8.prefix(Self.reasonMax / 4), as: UTF8.self))
        }
        writer.integer(UInt8(isAvailable ? 1 : 0))
    }

    static func decode(_ reader: inout ByteReader) throws(Malformed) -> VenueState {
        var state = VenueState(
            journaled: try reader.integer(), answered: try reader.integer(),
            booked: try reader.integer(), commands: try reader.integer(),
            open: try reader.integer(), accounts: try reader.integer(),
            digest: try reader.take(32), halted: nil, isAvailable: false)
        if try flag(&reader) { state.halted = try reader.text(limit: reasonMax) }
        state.isAvailable = try flag(&reader)
        return state
    }

    /// Most bytes of a reason; it is cut at a quarter of it, before what the cut breaks is mended.
    private static let reasonMax = 4_096

    private static func flag(_ reader: inout ByteReader) throws(Malformed) -> Bool {
        let place = reader.position
        let flag = try reader.integer(UInt8.self)
        guard flag <= 1 else { throw Malformed(at: place, expected: "0 or 1") }
        return flag == 1
    }
}

/// What identity is asked.
public enum KeyRequest: Sendable, Hashable {
    /// A new key whose secret identity makes and tells once.
    case symmetric(AccountID, Scopes, allowed: [Prefix])
    /// A new key for requests signed by this Ed25519 key (32 bytes).
    case ed25519(AccountID, Scopes, publicKey: [UInt8], allowed: [Prefix])
    case revoke(key: String)

    /// Most networks that one key may be limited to.
    public static let allowedMax = 16

    /// The message.
    public func encode() -> [UInt8] {
        var writer = ByteWriter(capacity: 128)
        switch self {
        case .symmetric(let account, let scopes, let allowed):
            writer.integer(UInt8(1))
            writer.integer(account.raw)
            writer.integer(scopes.rawValue)
            Self.encode(allowed, &writer)
        case .ed25519(let account, let scopes, let publicKey, let allowed):
            writer.integer(UInt8(2))
            writer.integer(account.raw)
            writer.integer(scopes.rawValue)
            writer.append(publicKey)
            Self.encode(allowed, &writer)
        case .revoke(let key):
            writer.integer(UInt8(3))
            writer.text(key)
        }
        return writer.bytes
    }

    private static func encode(_ allowed: [Prefix], _ writer: inout ByteWriter) {
        writer.integer(UInt8(allowed.count))
        for prefix in allowed {
            writer.integer(prefix.base.value)
            writer.integer(UInt8(prefix.length))
        }
    }

    /// Reads a whole message.
    public static func decode(_ bytes: [UInt8]) throws(Malformed) -> KeyRequest {
        var reader = ByteReader(bytes)
        let request: KeyRequest
        switch try reader.integer(UInt8.self) {
        case 1:
            request = .symmetric(
                AccountID(try reader.integer()), try scopes(&reader), allowed: try list(&reader))
        case 2:
            request = .ed25519(
                AccountID(try reader.integer()), try scopes(&reader),
                publicKey: try reader.take(32), allowed: try list(&reader))
        case 3: request = .revoke(key: try reader.text(limit: 64))
        default: throw Malformed(at: 0, expected: "a known request")
        }
        try reader.finish()
        return request
    }

    private static func scopes(_ reader: inout ByteReader) throws(Malformed) -> Scopes {
        let place = reader.position
        let scopes = Scopes(rawValue: try reader.integer())
        guard !scopes.isEmpty, Scopes.known.isSuperset(of: scopes) else {
            throw Malformed(at: place, expected: "known scopes, at least one")
        }
        return scopes
    }

    private static func list(_ reader: inout ByteReader) throws(Malformed) -> [Prefix] {
        let start = reader.position
        let count = Int(try reader.integer(UInt8.self))
        guard count <= allowedMax else {
            throw Malformed(at: start, expected: "a bounded number of networks")
        }
        var list: [Prefix] = []
        for _ in 0..<count {
            let place = reader.position
            let base = Address(try reader.integer())
            guard let prefix = Prefix(base: base, length: Int(try reader.integer(UInt8.self)))
            else {
                throw Malformed(at: place, expected: "a network")
            }
            list.append(prefix)
        }
        return list
    }
}

/// What identity answers.
public enum KeyAnswer: Sendable, Hashable {
    /// The key's name, and its secret (empty for a public key): told once, kept nowhere else.
    case made(key: String, secret: [UInt8])
    case revoked
    case refused(String)

    /// The message.
    public func encode() -> [UInt8] {
        var writer = ByteWriter(capacity: 128)
        switch self {
        case .made(let key, let secret):
            writer.integer(UInt8(1))
            writer.text(key)
            writer.block(secret)
        case .revoked: writer.integer(UInt8(2))
        case .refused(let why):
            writer.integer(UInt8(3))
            writer.text(why)
        }
        return writer.bytes
    }

    /// Reads a whole message.
    public static func decode(_ bytes: [UInt8]) throws(Malformed) -> KeyAnswer {
        var reader = ByteReader(bytes)
        let answer: KeyAnswer
        switch try reader.integer(UInt8.self) {
        case 1:
            answer = .made(key: try reader.text(limit: 64), secret: try reader.block(limit: 64))
        case 2: answer = .revoked
        case 3: answer = .refused(try reader.text(limit: 1_024))
        default: throw Malformed(at: 0, expected: "a known answer")
        }
        try reader.finish()
        return answer
    }
}
