public import Bytes

/// What identity says of a signed request, so that orders can believe it whoever carries it.
///
/// The code is HMAC-SHA256 over everything before it, under the key that identity shares with
/// orders; it is bound to the digest of the very bytes that the client signed.
public struct Voucher: Sendable, Hashable {
    /// Whose request it is.
    public var account: AccountID
    /// What the key may do, see `Scopes`.
    public var scopes: UInt8
    /// SHA-256 of the signed payload; 32 bytes.
    public var digest: [UInt8]
    /// Random, used once; 16 bytes.
    public var nonce: [UInt8]
    /// From then on it is worth nothing: milliseconds of the machine's clock that never goes back,
    /// which who issues it and who checks it share, so that nobody's setting of the time matters.
    public var expires: UInt64
    /// 32 bytes.
    public var code: [UInt8]

    /// Puts a voucher together.
    public init(
        account: AccountID, scopes: UInt8, digest: [UInt8], nonce: [UInt8], expires: UInt64,
        code: [UInt8]
    ) {
        self.account = account
        self.scopes = scopes
        self.digest = digest
        self.nonce = nonce
        self.expires = expires
        self.code = code
    }

    /// The bytes that the code covers.
    public var covered: [UInt8] {
        var writer = ByteWriter(capacity: 96)
        writer.append("bulkhead voucher 1\n".utf8)
        writer.integer(account.raw)
        writer.integer(scopes)
        writer.append(digest)
        writer.append(nonce)
        writer.integer(expires)
        return writer.bytes
    }

    /// Appends its wire form.
    public func encode(into writer: inout ByteWriter) {
        writer.integer(account.raw)
        writer.integer(scopes)
        writer.append(digest)
        writer.append(nonce)
        writer.integer(expires)
        writer.append(code)
    }

    /// Reads one.
    public static func decode(_ reader: inout ByteReader) throws(Malformed) -> Voucher {
        Voucher(
            account: AccountID(try reader.integer()), scopes: try reader.integer(),
            digest: try reader.take(32), nonce: try reader.take(16),
            expires: try reader.integer(), code: try reader.take(32))
    }
}

/// What an API key may do.
public struct Scopes: OptionSet, Sendable, Hashable {
    /// Bits as they travel.
    public let rawValue: UInt8

    /// From bits.
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// Look at orders and balances.
    public static let read = Scopes(rawValue: 1)
    /// Place, replace and cancel.
    public static let trade = Scopes(rawValue: 2)
    /// Every bit that means something.
    public static let known: Scopes = [.read, .trade]
}

/// A client's signed request on its way to orders: the bytes that were signed, and the voucher.
///
/// Orders reads what is asked out of the payload itself; nothing that `api` understood counts.
public struct Submission: Sendable, Hashable {
    /// Most bytes of a payload.
    public static let payloadMax = 8_192
    /// Exactly what the client signed.
    public var payload: [UInt8]
    /// Whose it is.
    public var voucher: Voucher

    /// Puts a submission together.
    public init(payload: [UInt8], voucher: Voucher) {
        self.payload = payload
        self.voucher = voucher
    }

    /// Appends its wire form.
    public func encode(into writer: inout ByteWriter) {
        voucher.encode(into: &writer)
        writer.block(payload)
    }

    /// Reads one.
    public static func decode(_ reader: inout ByteReader) throws(Malformed) -> Submission {
        let voucher = try Voucher.decode(&reader)
        return Submission(payload: try reader.block(limit: payloadMax), voucher: voucher)
    }
}

/// Kinds of messages of this treaty, and their names in a platform file.
public enum OrderMessage: UInt16, Sendable, CaseIterable {
    /// `Submission`s by what they ask: a receiver may be opened for some only.
    case place = 0x0301
    case cancel = 0x0302
    case replace = 0x0303
    case query = 0x0304
    /// Answer: `OrderOutcome`.
    case outcome = 0x0310

    /// The word under `messages`.
    public var name: String {
        switch self {
        case .place: "place"
        case .cancel: "cancel"
        case .replace: "replace"
        case .query: "query"
        case .outcome: "outcome"
        }
    }
}
