import Addresses
import AdminTreaty
import Bytes
import Numerals
import OrderTreaty
import RoundTrips
import Testing

@Suite("AdminTreaty on the wire")
struct RoundTripTests {
    static let accounts = Wire<AccountRequest>(
        samples: [
            .open, .credit(AccountID(.max), CurrencyID(.max), Amount(.max)),
            .reserve(AccountID(1), CurrencyID(0), Amount(1)), .settle(reserve: .max),
            .release(reserve: 0), .stop(AccountID(0)), .resume(AccountID(.max)), .state,
        ], encode: { $0.encode() }, decode: AccountRequest.decode)

    static func state(_ isHalted: Bool, _ isAvailable: Bool) -> AccountAnswer {
        .state(
            VenueState(
                journaled: .max, answered: 1, booked: 0, commands: 5, open: .max,
                accounts: 6, digest: [UInt8](repeating: 7, count: 32),
                halted: isHalted ? "why" : nil,
                isAvailable: isAvailable))
    }

    static let answers = Wire<AccountAnswer>(
        samples: Refusal.allCases.map { .refused($0) }
            + OrderOutcome.Rejection.allCases.map { .rejected($0) } + [
                .done(0), .done(.max), state(false, true), state(true, false),
            ], encode: { $0.encode() }, decode: AccountAnswer.decode)

    static let networks = (0..<KeyRequest.allowedMax).compactMap {
        Prefix(base: Address(0), length: $0 * 2)
    }

    static let keys = Wire<KeyRequest>(
        samples: [
            .symmetric(AccountID(1), .read, allowed: []),
            .symmetric(AccountID(.max), .known, allowed: networks),
            .ed25519(
                AccountID(3), .trade, publicKey: [UInt8](repeating: 5, count: 32),
                allowed: Array(networks.prefix(1))),
            .revoke(key: ""), .revoke(key: String(repeating: "k", count: 64)),
        ], encode: { $0.encode() }, decode: KeyRequest.decode)

    static let keyAnswers = Wire<KeyAnswer>(
        samples: [
            .made(key: "abc", secret: []),
            .made(
                key: String(repeating: "k", count: 64), secret: [UInt8](repeating: 1, count: 64)),
            .revoked, .refused(""), .refused(String(repeating: "w", count: 1_024)),
        ], encode: { $0.encode() }, decode: KeyAnswer.decode)

    @Test("every message is read back as it was written, and never from a part of it")
    func roundTrips() {
        #expect(Self.networks.count == KeyRequest.allowedMax)
        #expect(Self.accounts.roundTrips() == [])
        #expect(Self.answers.roundTrips() == [])
        #expect(Self.keys.roundTrips() == [])
        #expect(Self.keyAnswers.roundTrips() == [])
    }

    @Test("changed bytes never trap, and what is read has one way to be written")
    func mutations() {
        #expect(Self.accounts.endures(10_000, seed: 1) == [])
        #expect(Self.answers.endures(10_000, seed: 2) == [])
        #expect(Self.keys.endures(10_000, seed: 3) == [])
        #expect(Self.keyAnswers.endures(10_000, seed: 4) == [])
    }

    @Test("what is longer, nothing or unknown is malformed")
    func bounds() {
        let many = Array(repeating: Self.networks[0], count: KeyRequest.allowedMax + 1)
        for wrong in [
            .symmetric(AccountID(1), .read, allowed: many),
            .symmetric(AccountID(1), [], allowed: []),
            .symmetric(AccountID(1), Scopes(rawValue: 4), allowed: []),
            .revoke(key: String(repeating: "k", count: 65)),
        ] as [KeyRequest] {
            #expect(throws: Malformed.self) { try KeyRequest.decode(wrong.encode()) }
        }
        for raw in [0, -1] as [Int64] {
            let wrong = AccountRequest.credit(AccountID(1), CurrencyID(0), Amount(raw))
            #expect(throws: Malformed.self) { try AccountRequest.decode(wrong.encode()) }
        }
        #expect(throws: Malformed.self) {
            try KeyAnswer.decode(
                KeyAnswer.made(key: "a", secret: [UInt8](repeating: 0, count: 65)).encode())
        }
    }
}
