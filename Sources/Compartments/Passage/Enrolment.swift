internal import AuthorityTreaty
internal import Bytes
internal import Certificates
internal import Descriptors
internal import Findings
internal import Sockets
internal import TLSEngine

/// What this service shows its peers for as long as one certificate lives.
struct Identity {
    let certificate: Certificate
    let opening: TLSContext
    let accepting: TLSContext
    let number: Int
}

/// Getting certificates over the pair that leads to the authority.
///
/// A key is made here, never leaves, and is forgotten when the next certificate is there.
struct Enrolment: ~Copyable {
    /// Between two requests when the first is not answered.
    static let patience: UInt64 = 30_000_000_000
    /// Answers taken at once.
    private static let turnMax = 8

    /// What an answer brought.
    enum News {
        case identity(Identity)
        case publicContext(TLSContext)
    }

    let authority: Int32
    private let name: String
    private var passageKey: KeyPair?
    private var publicKey: KeyPair?
    private var made = 0
    /// Why the last request was not answered with a certificate.
    private(set) var refusal: EnrolAnswer.Refusal?

    init(_ authority: Int32, name: String) {
        self.authority = authority
        self.name = name
    }

    /// Asks for a certificate over a new key; an earlier question is forgotten.
    mutating func ask(_ purpose: CertificatePurpose) {
        let key = KeyPair()
        let request = EnrolRequest(purpose: purpose, publicKey: key.publicKey)
        switch purpose {
        case .passage: passageKey = consume key
        case .open: publicKey = consume key
        }
        // A full or broken pair is the same as no answer: the question is put again.
        _ = try? LocalSocket.send(request.encode(), on: authority)
    }

    /// Takes what the authority answered; nil where the pair has ended.
    mutating func receive() -> [News]? {
        var news: [News] = []
        for _ in 0..<Self.turnMax {
            do throws(SystemFailure) {
                switch try LocalSocket.receive(on: authority) {
                case .message(let message):
                    if let one = read(message.bytes) { news.append(one) }
                case .wouldBlock: return news
                case .end: return nil
                }
            } catch { return nil }
        }
        return news
    }

    private mutating func read(_ bytes: [UInt8]) -> News? {
        guard let answer = try? EnrolAnswer.decode(bytes) else { return nil }
        switch answer {
        case .refused(_, let why):
            refusal = why
            return nil
        case .issued(let purpose, let certificate, let root, _):
            guard let certificate = Certificate(der: certificate),
                let root = Certificate(der: root),
                certificate.isSigned(by: root)
            else { return nil }
            refusal = nil
            return purpose == .passage
                ? identity(certificate, root) : publicContext(certificate)
        }
    }

    private mutating func identity(_ certificate: Certificate, _ root: Certificate) -> News? {
        guard let key = passageKey.take() else { return nil }
        guard certificate.publicKey == key.publicKey, certificate.names == [name],
            let opening = TLSContext(client: certificate, key: key, trust: .mutual(root)),
            let accepting = TLSContext(server: certificate, key: key, trust: .mutual(root))
        else {
            // The answer to an earlier question: the key is still the one that was asked about.
            passageKey = consume key
            return nil
        }
        made += 1
        return .identity(
            Identity(
                certificate: certificate, opening: opening, accepting: accepting, number: made))
    }

    private mutating func publicContext(_ certificate: Certificate) -> News? {
        guard let key = publicKey.take() else { return nil }
        guard certificate.publicKey == key.publicKey,
            let context = TLSContext(
                server: certificate, key: key, trust: .serverOnly(nil), isPublic: true)
        else {
            publicKey = consume key
            return nil
        }
        publicLife = certificate.notBefore...certificate.notAfter
        return .publicContext(context)
    }

    /// The life of the last public certificate.
    private(set) var publicLife: ClosedRange<Int64>?
}
