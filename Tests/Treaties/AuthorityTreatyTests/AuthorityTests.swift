import Addresses
import AuthorityTreaty
import Bytes
import Testing

@Suite("Authority treaty")
struct AuthorityTests {
    private static let requests = [
        EnrolRequest(purpose: .passage, publicKey: [1, 2, 3]),
        EnrolRequest(
            purpose: .open, publicKey: [UInt8](repeating: 9, count: 256), names: ["a", "b.c"],
            addresses: [Address(1), Address(.max)]),
    ]
    private static let answers: [EnrolAnswer] =
        [
            .issued(.passage, certificate: [1], root: [2, 3], notAfter: -1),
            .issued(
                .open, certificate: [UInt8](repeating: 1, count: 4_096), root: [], notAfter: .max),
        ] + EnrolAnswer.Refusal.allCases.map { .refused(.open, $0) }

    private static let root = RootFile(secret: [1, 2], certificate: [3])

    @Test("every message is read back as it was written")
    func roundTrip() throws {
        for request in Self.requests {
            #expect(try EnrolRequest.decode(request.encode()) == request)
        }
        for answer in Self.answers { #expect(try EnrolAnswer.decode(answer.encode()) == answer) }
        #expect(try TrustRequest.decode(TrustRequest.publicRoot.encode()) == .publicRoot)
        for answer in [TrustAnswer.certificate(pem: "x\ny"), .refused] {
            #expect(try TrustAnswer.decode(answer.encode()) == answer)
        }
        #expect(try RootFile.decode(Self.root.encode()) == Self.root)
    }

    @Test("what is cut, too long or unknown is malformed, and no mutation traps")
    func fuzz() {
        let whole =
            Self.requests.map { $0.encode() } + Self.answers.map { $0.encode() }
            + [TrustAnswer.certificate(pem: "pem").encode(), TrustRequest.publicRoot.encode()]
            + [Self.root.encode()]
        var state: UInt64 = 42
        func next(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % bound
        }
        for _ in 0..<20_000 {
            var bytes = whole[next(whole.count)]
            for _ in 0..<next(4) { bytes[next(bytes.count)] = UInt8(next(256)) }
            if next(3) == 0 { bytes.removeLast(next(bytes.count)) }
            if next(5) == 0 { bytes.append(UInt8(next(256))) }
            if let read = try? EnrolRequest.decode(bytes) { #expect(read.encode() == bytes) }
            if let read = try? EnrolAnswer.decode(bytes) { #expect(read.encode() == bytes) }
            if let read = try? TrustAnswer.decode(bytes) { #expect(read.encode() == bytes) }
            if let read = try? RootFile.decode(bytes) { #expect(read.encode() == bytes) }
            _ = try? TrustRequest.decode(bytes)
        }
        #expect(throws: Malformed.self) { try EnrolRequest.decode([]) }
    }
}
