// AuthorityTreaty: how a service gets its certificates, and how people get the public root.
//
// One message a request, one an answer, over the pair that the supervisor labelled with the
// service's name: who asks is never in a message. Types and codecs only.

public import Addresses
public import Bytes

/// What a certificate is for.
public enum CertificatePurpose: UInt8, Sendable, Hashable, CaseIterable {
    /// Passages between services.
    case passage = 1
    /// The published side.
    case open = 2
}

/// A service asks for a certificate over its own key.
public struct EnrolRequest: Sendable, Hashable {
    /// Longest public key, in bytes of DER.
    public static let publicKeyMax = 256
    /// Most hosts by name, and the longest of them.
    public static let namesMax = 8
    /// Longest name of a host.
    public static let nameMax = 253
    /// Most hosts by address.
    public static let addressesMax = 8

    /// Which root shall sign it.
    public var purpose: CertificatePurpose
    /// SubjectPublicKeyInfo in DER.
    public var publicKey: [UInt8]
    /// Hosts to name, for `open` only; none at all asks for everything that is published.
    public var names: [String]
    /// Addresses to name, likewise.
    public var addresses: [Address]

    /// Puts a request together.
    public init(
        purpose: CertificatePurpose, publicKey: [UInt8], names: [String] = [],
        addresses: [Address] = []
    ) {
        self.purpose = purpose
        self.publicKey = publicKey
        self.names = names
        self.addresses = addresses
    }

    /// The message.
    public func encode() -> [UInt8] {
        var writer = ByteWriter(capacity: 256)
        writer.integer(UInt8(1))
        writer.integer(purpose.rawValue)
        writer.block(publicKey)
        writer.integer(UInt8(truncatingIfNeeded: names.count))
        for name in names { writer.text(name) }
        writer.integer(UInt8(truncatingIfNeeded: addresses.count))
        for address in addresses { writer.integer(address.value) }
        return writer.bytes
    }

    /// Reads a whole message.
    public static func decode(_ bytes: [UInt8]) throws(Malformed) -> EnrolRequest {
        var reader = ByteReader(bytes)
        guard try reader.integer(UInt8.self) == 1 else {
            throw Malformed(at: 0, expected: "a request")
        }
        guard let purpose = CertificatePurpose(rawValue: try reader.integer()) else {
            throw Malformed(at: 1, expected: "a known purpose")
        }
        let publicKey = try reader.block(limit: publicKeyMax)
        var place = reader.position
        let named = Int(try reader.integer(UInt8.self))
        guard named <= namesMax else {
            throw Malformed(at: place, expected: "a bounded number of names")
        }
        var names: [String] = []
        for _ in 0..<named { names.append(try reader.text(limit: nameMax)) }
        place = reader.position
        let numbered = Int(try reader.integer(UInt8.self))
        guard numbered <= addressesMax else {
            throw Malformed(at: place, expected: "a bounded number of addresses")
        }
        var addresses: [Address] = []
        for _ in 0..<numbered { addresses.append(Address(try reader.integer())) }
        try reader.finish()
        return EnrolRequest(
            purpose: purpose, publicKey: publicKey, names: names, addresses: addresses)
    }
}

/// What the authority answers.
public enum EnrolAnswer: Sendable, Hashable {
    /// Longest certificate, in bytes of DER.
    public static let certificateMax = 4_096

    /// Why there is no certificate.
    public enum Refusal: UInt8, Sendable, Hashable, CaseIterable {
        /// The message was none.
        case malformed = 1
        /// No public key on P-256.
        case key = 2
        /// Nothing is published for this service, or not under these names.
        case name = 3
        /// Too many requests; the next is taken in half a minute at the latest.
        case rate = 4

        /// In words.
        public var text: String {
            switch self {
            case .malformed: "the request was malformed"
            case .key: "the public key is none on P-256"
            case .name: "no such name is published for the service"
            case .rate: "the service asked too often"
            }
        }
    }

    /// The certificate, the root that signed it (both DER), and the last second of its life since
    /// 1970. `purpose` is that of the request.
    case issued(CertificatePurpose, certificate: [UInt8], root: [UInt8], notAfter: Int64)
    case refused(CertificatePurpose, Refusal)

    /// The message.
    public func encode() -> [UInt8] {
        var writer = ByteWriter(capacity: 2_048)
        switch self {
        case .issued(let purpose, let certificate, let root, let notAfter):
            writer.integer(UInt8(2))
            writer.integer(purpose.rawValue)
            writer.block(certificate)
            writer.block(root)
            writer.integer(notAfter)
        case .refused(let purpose, let refusal):
            writer.integer(UInt8(3))
            writer.integer(purpose.rawValue)
            writer.integer(refusal.rawValue)
        }
        return writer.bytes
    }

    /// Reads a whole message.
    public static func decode(_ bytes: [UInt8]) throws(Malformed) -> EnrolAnswer {
        var reader = ByteReader(bytes)
        let tag = try reader.integer(UInt8.self)
        guard tag == 2 || tag == 3 else { throw Malformed(at: 0, expected: "an answer") }
        guard let purpose = CertificatePurpose(rawValue: try reader.integer()) else {
            throw Malformed(at: 1, expected: "a known purpose")
        }
        let answer: EnrolAnswer
        if tag == 2 {
            answer = .issued(
                purpose, certificate: try reader.block(limit: certificateMax),
                root: try reader.block(limit: certificateMax), notAfter: try reader.integer())
        } else {
            guard let refusal = Refusal(rawValue: try reader.integer()) else {
                throw Malformed(at: 2, expected: "a known refusal")
            }
            answer = .refused(purpose, refusal)
        }
        try reader.finish()
        return answer
    }
}

/// What people ask over the operators' channel.
public enum TrustRequest: Sendable, Hashable {
    /// The root that clients of published ports must believe.
    case publicRoot

    /// The message.
    public func encode() -> [UInt8] { [1] }

    /// Reads a whole message.
    public static func decode(_ bytes: [UInt8]) throws(Malformed) -> TrustRequest {
        var reader = ByteReader(bytes)
        guard try reader.integer(UInt8.self) == 1 else {
            throw Malformed(at: 0, expected: "a known request")
        }
        try reader.finish()
        return .publicRoot
    }
}

/// What they are answered.
public enum TrustAnswer: Sendable, Hashable {
    /// Longest text of a certificate.
    public static let pemMax = 8_192

    /// A certificate as text (RFC 7468).
    case certificate(pem: String)
    case refused

    /// The message.
    public func encode() -> [UInt8] {
        var writer = ByteWriter(capacity: 1_024)
        switch self {
        case .certificate(let pem):
            writer.integer(UInt8(1))
            writer.text(pem)
        case .refused: writer.integer(UInt8(2))
        }
        return writer.bytes
    }

    /// Reads a whole message.
    public static func decode(_ bytes: [UInt8]) throws(Malformed) -> TrustAnswer {
        var reader = ByteReader(bytes)
        let answer: TrustAnswer
        switch try reader.integer(UInt8.self) {
        case 1: answer = .certificate(pem: try reader.text(limit: pemMax))
        case 2: answer = .refused
        default: throw Malformed(at: 0, expected: "a known answer")
        }
        try reader.finish()
        return answer
    }
}
