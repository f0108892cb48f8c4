// IdentityTreaty: what api asks of identity, and the key that identity shares with orders.
//
// Types and codecs only; a shared key travels on a passage and in no description.

public import Addresses
public import Bytes
public import OrderTreaty

/// Kinds of messages of this treaty.
public enum IdentityMessage: UInt16, Sendable, CaseIterable {
    /// `SignedRequest`.
    case verify = 0x0201
    /// Answer: `IdentityVerdict`.
    case verdict = 0x0202
    /// The key of vouchers, 32 bytes; from identity to those who check vouchers.
    case share = 0x0203
    /// Answer: empty.
    case shared = 0x0204

    /// The word under `messages`.
    public var name: String {
        switch self {
        case .verify: "verify"
        case .verdict: "verdict"
        case .share: "share"
        case .shared: "shared"
        }
    }
}

/// A request as its client signed it.
public struct SignedRequest: Sendable, Hashable {
    /// Most bytes of a key's name.
    public static let keyMax = 64
    /// Most bytes of a signature.
    public static let signatureMax = 64
    /// The API key that the client named.
    public var key: String
    /// The decoded signature: 32 bytes of HMAC-SHA256 or 64 of Ed25519.
    public var signature: [UInt8]
    /// Exactly what was signed; it begins with timestamp and window.
    public var payload: [UInt8]
    /// Where the client's connection came from, as the gateway saw it.
    public var client: Address

    /// Puts a request together.
    public init(key: String, signature: [UInt8], payload: [UInt8], client: Address) {
        self.key = key
        self.signature = signature
        self.payload = payload
        self.client = client
    }

    /// Appends its wire form.
    public func encode(into writer: inout ByteWriter) {
        writer.text(key)
        writer.block(signature)
        writer.block(payload)
        writer.integer(client.value)
    }

    /// Reads one.
    public static func decode(_ reader: inout ByteReader) throws(Malformed) -> SignedRequest {
        SignedRequest(
            key: try reader.text(limit: keyMax), signature: try reader.block(limit: signatureMax),
            payload: try reader.block(limit: Submission.payloadMax),
            client: Address(try reader.integer()))
    }
}

/// What identity makes of a signed request.
public enum IdentityVerdict: Sendable, Hashable {
    case vouched(Voucher)
    /// `retryAfter` is in seconds; 0 where waiting changes nothing.
    case refused(Reason, retryAfter: UInt32)

    /// Why a request is nobody's; clients learn only its `word`.
    public enum Reason: UInt8, Sendable, Hashable, CaseIterable {
        case unknownKey = 1
        case wrongSignature = 2
        /// The timestamp lies outside the window.
        case outsideWindow = 3
        /// The same signed bytes came before.
        case replayed = 4
        case addressNotAllowed = 5
        /// Too many failures of this key: it is locked for a while.
        case lockedOut = 6
        case malformed = 7
        /// No room to remember another request of this key.
        case crowded = 8
        /// It may have been accepted by an earlier run, or before the clock was set back, of which
        /// nothing is remembered: sign again later.
        case starting = 9

        /// The word of the answer: what would help an attacker is one word.
        public var word: String {
            switch self {
            case .unknownKey, .wrongSignature, .addressNotAllowed, .malformed: "not-authenticated"
            case .outsideWindow: "outside-window"
            case .replayed: "replayed"
            case .lockedOut: "locked-out"
            case .crowded: "venue-busy"
            case .starting: "identity-unavailable"
            }
        }
    }

    /// Appends its wire form.
    public func encode(into writer: inout ByteWriter) {
        switch self {
        case .vouched(let voucher):
            writer.integer(UInt8(1))
            voucher.encode(into: &writer)
        case .refused(let reason, let retryAfter):
            writer.integer(UInt8(2))
            writer.integer(reason.rawValue)
            writer.integer(retryAfter)
        }
    }

    /// Reads one.
    public static func decode(_ reader: inout ByteReader) throws(Malformed) -> IdentityVerdict {
        let place = reader.position
        switch try reader.integer(UInt8.self) {
        case 1: return .vouched(try Voucher.decode(&reader))
        case 2:
            guard let reason = Reason(rawValue: try reader.integer()) else {
                throw Malformed(at: place, expected: "a known reason")
            }
            return .refused(reason, retryAfter: try reader.integer())
        default: throw Malformed(at: place, expected: "a known verdict")
        }
    }
}
