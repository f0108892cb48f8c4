import Addresses
import Certificates
import Testing

@Suite("Certificates")
struct CertificateTests {
    private let start: Int64 = 1_700_000_000

    private func request(_ names: [String], _ addresses: [Address] = []) -> CertificateRequest {
        CertificateRequest(
            commonName: "orders", names: names, addresses: addresses, notBefore: start,
            notAfter: start + 3_600, use: .clientAndServer)
    }

    private struct Missing: Error {}

    private func makeRoot(
        of key: borrowing KeyPair, name: String, until end: Int64
    ) throws -> Certificate {
        guard let root = key.root(name: name, notBefore: start, notAfter: end) else {
            throw Missing()
        }
        return root
    }

    private func makeLeaf(
        by key: borrowing KeyPair, _ request: CertificateRequest, _ publicKey: [UInt8],
        _ root: Certificate
    ) throws -> Certificate {
        guard let issued = key.issue(request, for: publicKey, under: root) else { throw Missing() }
        return issued
    }

    @Test("a root issues a certificate that says what was asked, under its own key only")
    func issue() throws {
        let key = KeyPair()
        let root = try makeRoot(of: key, name: "passages", until: start + 86_400)
        let other = KeyPair()
        let foreign = try makeRoot(of: other, name: "passages", until: start + 86_400)
        let subject = KeyPair()
        let wanted = request(["orders", "orders.example"], [Address(127 << 24 | 1)])
        let issued = try makeLeaf(by: key, wanted, subject.publicKey, root)
        #expect(issued.commonName == "orders")
        #expect(issued.names == ["orders", "orders.example"])
        #expect(issued.addresses == [Address(127 << 24 | 1)])
        #expect(issued.notBefore == start && issued.notAfter == start + 3_600)
        let isHis = issued.publicKey == subject.publicKey
        #expect(isHis)
        #expect(issued.isSigned(by: root) && !issued.isSigned(by: foreign))
        #expect(root.isSigned(by: root) && !root.isSigned(by: issued))
        #expect(issued.der.count <= Certificate.bytesMax)
        let mixed = key.issue(wanted, for: subject.publicKey, under: foreign)
        #expect(mixed == nil)
        let again = try makeLeaf(by: key, wanted, subject.publicKey, root)
        #expect(again.der != issued.der)
    }

    @Test(
        "names that could say more than a name are not issued",
        arguments: [
            [], [""], ["a,DNS:b"], ["A"], ["a b"], ["a\n"], ["-a"], ["a-"], ["a..b"], ["*.a"],
            ["email:x"], [String(repeating: "a", count: 64)],
            Array(repeating: "a", count: Certificate.namesMax + 1),
        ])
    func names(names: [String]) throws {
        let key = KeyPair()
        let root = try makeRoot(of: key, name: "r", until: start + 1)
        let issued = key.issue(request(names), for: KeyPair().publicKey, under: root)
        #expect(issued == nil)
    }

    @Test("only keys on P-256 are certified, and only secrets on it are read")
    func keys() throws {
        let key = KeyPair()
        let root = try makeRoot(of: key, name: "r", until: start + 1)
        // An Ed25519 SubjectPublicKeyInfo.
        let edwards: [UInt8] =
            [0x30, 0x2A, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70, 0x03, 0x21, 0x00]
            + [UInt8](repeating: 7, count: 32)
        for bytes in [[], [0], edwards, [UInt8](repeating: 0x30, count: 4_000)] {
            let issued = key.issue(request(["a"]), for: bytes, under: root)
            #expect(issued == nil)
            let read = KeyPair(secret: bytes) != nil
            #expect(!read)
        }
        let copy = KeyPair(secret: key.secret)
        guard let copy else { throw Missing() }
        let same = copy.publicKey == key.publicKey
        #expect(same)
    }

    @Test("text and bytes are read back, and nothing else")
    func text() throws {
        for length in [1, 5, 17, 40] {
            let key = KeyPair()
            let root = try makeRoot(
                of: key, name: String(repeating: "r", count: length), until: start + 1)
            #expect(Certificate(pem: root.pem) == root)
            #expect(Certificate(der: root.der) == root)
            #expect(Certificate(der: root.der + [0]) == nil)
            #expect(Certificate(pem: root.pem + root.pem) == nil)
            #expect(Certificate(pem: String(root.pem.dropFirst())) == nil)
        }
    }

    @Test("a mutated certificate is refused or was signed by nobody, and never traps")
    func fuzz() throws {
        let key = KeyPair()
        let root = try makeRoot(of: key, name: "r", until: start + 1)
        let whole = try makeLeaf(
            by: key, request(["a"], [Address(1)]), KeyPair().publicKey, root)
        var state: UInt64 = 0x9E37_79B9_7F4A_7C15
        func next(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % bound
        }
        for _ in 0..<5_000 {
            var bytes = whole.der
            for _ in 0...next(3) { bytes[next(bytes.count)] = UInt8(next(256)) }
            if next(4) == 0 { bytes.removeLast(next(bytes.count)) }
            guard let read = Certificate(der: bytes), bytes != whole.der else { continue }
            #expect(!read.isSigned(by: root) || read.der == whole.der || read == whole)
            _ = (read.publicKey, read.pem)
        }
    }
}
