import Certificates
import TLSEngine
import Testing

@Suite("TLS sessions")
struct TLSSessionTests {
    private struct Missing: Error {}
    private static let start: Int64 = 1_700_000_000

    /// Contexts of both sides under one root.
    private struct Sides {
        let root: Certificate
        let server: TLSContext
        let client: TLSContext
        let anonymous: TLSContext
        let published: TLSContext

        init() throws {
            let key = KeyPair()
            let serverKey = KeyPair()
            let clientKey = KeyPair()
            func request(_ name: String) -> CertificateRequest {
                CertificateRequest(
                    commonName: name, names: [name], notBefore: TLSSessionTests.start,
                    notAfter: TLSSessionTests.start + 3_600, use: .clientAndServer)
            }
            guard
                let root = key.root(
                    name: "r", notBefore: TLSSessionTests.start,
                    notAfter: TLSSessionTests.start + 86_400),
                let shown = key.issue(request("back"), for: serverKey.publicKey, under: root),
                let own = key.issue(request("front"), for: clientKey.publicKey, under: root),
                let server = TLSContext(server: shown, key: serverKey, trust: .mutual(root)),
                let client = TLSContext(client: own, key: clientKey, trust: .mutual(root)),
                let anonymous = TLSContext(anonymousUnder: root),
                let published = TLSContext(
                    server: shown, key: serverKey, trust: .serverOnly(nil), isPublic: true)
            else { throw Missing() }
            self.root = root
            self.server = server
            self.client = client
            self.anonymous = anonymous
            self.published = published
            let mixed = TLSContext(server: shown, key: clientKey, trust: .mutual(root))
            #expect(mixed == nil)
        }
    }

    private func pass(_ from: inout TLSSession, _ to: inout TLSSession) {
        var wire: [UInt8] = []
        from.drain(into: &wire)
        for start in stride(from: 0, to: wire.count, by: 1_000) {
            to.take(wire, in: start..<min(start + 1_000, wire.count))
        }
    }

    /// Steps until both stand or one has failed: what each said last.
    private func shake(
        _ client: inout TLSSession, _ server: inout TLSSession
    ) -> (client: TLSProgress, server: TLSProgress) {
        var plain: [UInt8] = []
        var last: (client: TLSProgress, server: TLSProgress) = (.blocked, .blocked)
        for _ in 0..<6 {
            last.client = client.plain(into: &plain, limit: 1)
            pass(&client, &server)
            last.server = server.plain(into: &plain, limit: 1)
            pass(&server, &client)
        }
        #expect(plain.isEmpty)
        return last
    }

    private func session(
        server context: TLSContext, at time: Int64 = start + 1
    ) throws -> TLSSession {
        guard let session = TLSSession(server: context, time: time) else { throw Missing() }
        return session
    }

    private func session(
        client context: TLSContext, at time: Int64 = start + 1
    ) throws -> TLSSession {
        guard let session = TLSSession(client: context, name: "back", time: time) else {
            throw Missing()
        }
        return session
    }

    @Test("two sides under one root prove their names and exchange bytes of any length")
    func mutual() throws {
        let sides = try Sides()
        var server = try session(server: sides.server)
        var client = try session(client: sides.client)
        _ = shake(&client, &server)
        let names = (client.peerCertificate?.names, server.peerCertificate?.names)
        #expect(names.0 == ["back"] && names.1 == ["front"])
        for count in [1, 16_384, 16_385, 100_000] {
            let sent = (0..<count).map { UInt8(truncatingIfNeeded: $0) }
            let written = client.write(sent, in: 0..<count)
            #expect(written == .bytes(count))
            var wire: [UInt8] = []
            client.drain(into: &wire)
            var heard: [UInt8] = []
            for start in stride(from: 0, to: wire.count, by: TLSSession.takeMax) {
                server.take(wire, in: start..<min(start + TLSSession.takeMax, wire.count))
                while case .bytes = server.plain(into: &heard, limit: 7_000) {}
            }
            #expect(heard == sent)
        }
        client.close()
        pass(&client, &server)
        var rest: [UInt8] = []
        let end = server.plain(into: &rest, limit: 10)
        #expect(end == .end)
    }

    @Test("a client without a certificate is refused where one is asked for, and served elsewhere")
    func anonymous() throws {
        let sides = try Sides()
        var server = try session(server: sides.server)
        var client = try session(client: sides.anonymous)
        #expect(shake(&client, &server).server == .failed(.anonymous))
        var published = try session(server: sides.published)
        var visitor = try session(client: sides.anonymous)
        _ = shake(&visitor, &published)
        let stand = (visitor.isEstablished, published.isEstablished)
        #expect(stand.0 && stand.1)
    }

    @Test("a certificate before its life, after it, or under another root proves nothing")
    func verdicts() throws {
        let sides = try Sides()
        for time in [Self.start - 10, Self.start + 3_700] {
            var server = try session(server: sides.server)
            var client = try session(client: sides.client, at: time)
            guard case .failed(.certificate) = shake(&client, &server).client else {
                Issue.record("a certificate held outside its life")
                continue
            }
        }
        let others = try Sides()
        var server = try session(server: others.server)
        var client = try session(client: sides.client)
        let last = shake(&client, &server)
        guard case .failed(.certificate) = last.client, case .failed(.alert) = last.server else {
            Issue.record("\(last)")
            return
        }
    }

    @Test("no mutation of a handshake traps, and none of a record is taken for data")
    func fuzz() throws {
        let sides = try Sides()
        var state: UInt64 = 11
        func next(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % bound
        }
        for _ in 0..<300 {
            var server = try session(server: sides.server)
            var client = try session(client: sides.client)
            var plain: [UInt8] = []
            for _ in 0..<4 {
                _ = client.plain(into: &plain, limit: 100)
                var wire: [UInt8] = []
                client.drain(into: &wire)
                if !wire.isEmpty, next(2) == 0 { wire[next(wire.count)] ^= UInt8(1 + next(255)) }
                server.take(wire, in: 0..<wire.count)
                _ = server.plain(into: &plain, limit: 100)
                pass(&server, &client)
            }
            #expect(plain.isEmpty)
        }
        var server = try session(server: sides.server)
        var client = try session(client: sides.client)
        _ = shake(&client, &server)
        _ = client.write([1, 2, 3], in: 0..<3)
        var wire: [UInt8] = []
        client.drain(into: &wire)
        wire[wire.count - 1] ^= 1
        server.take(wire, in: 0..<wire.count)
        var heard: [UInt8] = []
        guard case .failed(.broken) = server.plain(into: &heard, limit: 10) else {
            Issue.record("a changed record was taken")
            return
        }
        #expect(heard.isEmpty)
    }
}
