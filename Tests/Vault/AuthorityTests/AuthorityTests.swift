import Addresses
import Authority
import AuthorityTreaty
import Certificates
import Testing

@Suite("Authority")
struct AuthorityTests {
    private let wall: Int64 = 1_700_000_000
    private struct Missing: Error {}

    private func authority() throws -> Authority {
        guard let passages = Root(named: "passages", wall: wall),
            let publics = Root(named: "public", wall: wall)
        else { throw Missing() }
        let table = "public gateway 127.0.0.1,exchange.example\npublic gateway 10.0.0.1\n"
        return Authority(
            passages: passages, publics: publics,
            publications: try #require(Publication.table(parsing: Array(table.utf8))))
    }

    @Test("a passage certificate carries the label's name for an hour, whatever was asked")
    func passage() throws {
        var authority = try authority()
        let key = KeyPair()
        let request = EnrolRequest(purpose: .passage, publicKey: key.publicKey)
        let (answer, outcome) = authority.answer(
            request.encode(), from: "orders", wall: wall, monotonic: 0)
        guard case .issued(.passage, let der, let root, let notAfter) = answer else {
            Issue.record("\(answer)")
            return
        }
        let certificate = try #require(Certificate(der: der))
        #expect(certificate.names == ["orders"] && certificate.commonName == "orders")
        #expect(certificate.isSigned(by: try #require(Certificate(der: root))))
        #expect(notAfter == wall + 3_600 && certificate.notAfter == notAfter)
        #expect(outcome == .issued(.passage, notAfter: notAfter))
        var greedy = request
        greedy.names = ["ledger"]
        #expect(
            authority.answer(greedy.encode(), from: "orders", wall: wall, monotonic: 0).answer
                == .refused(.passage, .name))
    }

    @Test("only who is published gets a public certificate, and only for those hosts")
    func publics() throws {
        var authority = try authority()
        let key = KeyPair().publicKey
        func ask(
            _ names: [String], _ addresses: [Address], _ name: String, _ authority: inout Authority
        ) -> EnrolAnswer {
            let request = EnrolRequest(
                purpose: .open, publicKey: key, names: names, addresses: addresses)
            return authority.answer(request.encode(), from: name, wall: wall, monotonic: 0).answer
        }
        guard case .issued(.open, let der, let root, _) = ask([], [], "gateway", &authority) else {
            Issue.record("nothing was issued")
            return
        }
        let certificate = try #require(Certificate(der: der))
        #expect(certificate.names == ["exchange.example"])
        #expect(certificate.addresses.map(\.description) == ["127.0.0.1", "10.0.0.1"])
        #expect(authority.publicRoot.der == root)
        #expect(ask([], [], "api", &authority) == .refused(.open, .name))
        #expect(ask(["bank.example"], [], "gateway", &authority) == .refused(.open, .name))
        #expect(ask([], [Address(1)], "gateway", &authority) == .refused(.open, .name))
    }

    @Test("one name that asks too often is refused until time has passed, others are not")
    func rate() throws {
        var authority = try authority()
        let request = EnrolRequest(purpose: .passage, publicKey: KeyPair().publicKey).encode()
        for _ in 0..<Authority.burst {
            let (_, outcome) = authority.answer(request, from: "a", wall: wall, monotonic: 5)
            #expect(outcome != .refused(.rate))
        }
        func outcome(_ name: String, _ time: UInt64, _ authority: inout Authority) -> Bool {
            authority.answer(request, from: name, wall: wall, monotonic: time).outcome
                == .refused(.rate)
        }
        #expect(outcome("a", 5, &authority))
        #expect(!outcome("b", 5, &authority))
        #expect(!outcome("a", 5 + Authority.refill, &authority))
        #expect(outcome("a", 6 + Authority.refill, &authority))
    }

    @Test("bytes that are no request, and keys that are none, are refused")
    func malformed() throws {
        var authority = try authority()
        #expect(
            authority.answer([1, 2, 3], from: "a", wall: wall, monotonic: 0).answer
                == .refused(.passage, .malformed))
        let request = EnrolRequest(purpose: .passage, publicKey: [1, 2, 3])
        #expect(
            authority.answer(request.encode(), from: "a", wall: wall, monotonic: 0).answer
                == .refused(.passage, .key))
    }

    @Test("a root is read back from its file, and a broken file is none")
    func roots() throws {
        guard let root = Root(named: "passages", wall: wall) else { throw Missing() }
        let file = root.file
        guard let back = Root(file: file) else { throw Missing() }
        let isSame = back.certificate == root.certificate
        #expect(isSame)
        guard let other = Root(named: "passages", wall: wall) else { throw Missing() }
        let mixed = Array(file.prefix(100)) + Array(other.file.dropFirst(100))
        for bytes in [[], Array(file.dropLast()), file + [0], mixed] {
            let isRead = Root(file: bytes) != nil
            #expect(!isRead)
        }
    }

    @Test(
        "a table of publications that does not fit is refused",
        arguments: [
            "public gateway", "public a b,", "private a b", "public A b", "public a b c",
            "public a " + (1...9).map { "h\($0)" }.joined(separator: ","),
        ])
    func table(text: String) {
        #expect(Publication.table(parsing: Array(text.utf8)) == nil)
    }
}
