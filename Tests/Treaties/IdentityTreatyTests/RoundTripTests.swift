import Addresses
import Bytes
import IdentityTreaty
import OrderTreaty
import RoundTrips
import Testing

@Suite("IdentityTreaty on the wire")
struct RoundTripTests {
    static func request(_ key: Int, _ signature: Int, _ payload: Int) -> SignedRequest {
        SignedRequest(
            key: String(repeating: "k", count: key),
            signature: [UInt8](repeating: 9, count: signature),
            payload: [UInt8](repeating: 0x20, count: payload), client: Address(.max))
    }

    static let requests = Wire(
        [request(0, 0, 0), request(5, 32, 100), request(64, 64, Submission.payloadMax)],
        { $0.encode(into: &$1) }, SignedRequest.decode)

    static let verdicts = Wire(
        IdentityVerdict.Reason.allCases.map { .refused($0, retryAfter: 640) } + [
            .vouched(
                Voucher(
                    account: AccountID(.max), scopes: 3,
                    digest: [UInt8](repeating: 1, count: 32),
                    nonce: [UInt8](repeating: 2, count: 16), expires: .max,
                    code: [UInt8](repeating: 3, count: 32)))
        ], { $0.encode(into: &$1) }, IdentityVerdict.decode)

    @Test("every type is read back as it was written, and never from a part of it")
    func roundTrips() {
        #expect(Self.requests.roundTrips() == [])
        #expect(Self.verdicts.roundTrips() == [])
    }

    @Test("changed bytes never trap, and what is read has one way to be written")
    func mutations() {
        #expect(Self.requests.endures(10_000, seed: 1) == [])
        #expect(Self.verdicts.endures(10_000, seed: 2) == [])
    }

    @Test("a longer key, signature or payload is malformed")
    func bounds() {
        for wrong in [
            Self.request(65, 32, 1), Self.request(1, 65, 1),
            Self.request(1, 32, Submission.payloadMax + 1),
        ] {
            #expect(throws: Malformed.self) {
                try Self.requests.decode(Self.requests.encode(wrong))
            }
        }
    }

    @Test("words do not tell an attacker which part was wrong")
    func words() {
        let same = [
            IdentityVerdict.Reason.unknownKey, .wrongSignature, .addressNotAllowed, .malformed,
        ]
        #expect(Set(same.map(\.word)) == ["not-authenticated"])
        #expect(Set(IdentityMessage.allCases.map(\.name)).count == IdentityMessage.allCases.count)
    }
}
