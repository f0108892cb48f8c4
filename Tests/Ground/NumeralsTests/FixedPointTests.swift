import Numerals
import Testing

@Suite("Fixed point")
struct FixedPointTests {
    @Test(
        "decimal text is read exactly or not at all",
        arguments: [
            ("0", 2, 0), ("1", 2, 100), ("1.5", 2, 150), ("0.01", 2, 1), ("12.34", 2, 1234),
            ("92233720368547758.07", 2, Int64.max), ("007", 0, 7), ("1.", 2, nil), (".5", 2, nil),
            ("", 2, nil), ("1.234", 2, nil), ("-1", 2, nil), ("+1", 2, nil), ("1e3", 2, nil),
            ("1,5", 2, nil), (" 1", 2, nil), ("1.2.3", 4, nil),
            ("92233720368547758.08", 2, nil), ("99999999999999999999", 0, nil),
        ] as [(String, Int, Int64?)])
    func parse(text: String, digits: Int, value: Int64?) {
        #expect(FixedPoint.parse(text.utf8, digits: digits) == value)
    }

    @Test("what is rendered is read back as the same number", arguments: [0, 1, 2, 8, 18])
    func roundTrip(digits: Int) {
        for value in [0, 1, 9, 10, 99, 100, 12_345, 1 << 40, Int64.max] as [Int64] {
            let text = FixedPoint.render(value, digits: digits)
            #expect(FixedPoint.parse(text.utf8, digits: digits) == value)
        }
        #expect(FixedPoint.render(-5, digits: 2) == "-0.05")
    }

    @Test("a share is rounded up to a whole unit, and never beyond 64 bits")
    func share() {
        #expect(Amount(100_000).share(perHundredThousand: 10) == Amount(10))
        #expect(Amount(1).share(perHundredThousand: 10) == Amount(1))
        #expect(Amount(0).share(perHundredThousand: 10) == Amount(0))
        #expect(Amount(.max).share(perHundredThousand: 100_000) == Amount(.max))
        #expect(Amount(.max).share(perHundredThousand: 100_001) == nil)
        #expect(Amount(-1).share(perHundredThousand: 10) == nil)
    }
}
