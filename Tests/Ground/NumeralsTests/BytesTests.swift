import Numerals
import Testing

@Suite("Decimal text in bytes")
struct BytesTests {
    @Test("bytes read as the text does, whatever it is")
    func parse() {
        let texts = [
            "", ".", "0", "1", "1.", ".1", "1.5", "1.50", "1.505", "1..5", "-1", "+1", " 1", "1e3",
            "00.10", "9223372036854775807", "9223372036854775808", "92233720368547758.07",
            "92233720368547758.08", "99999999999999999999", "1.000000000000000000", "1\u{e9}",
        ]
        for text in texts {
            for digits in [0, 1, 2, 8, 18] {
                let bytes = Array(("x" + text + "x").utf8)
                #expect(
                    FixedPoint.parse(bytes, in: 1..<bytes.count - 1, digits: digits)
                        == FixedPoint.parse(text.utf8, digits: digits), "\(text) \(digits)")
            }
        }
    }

    @Test("appended text is the rendered text")
    func append() {
        for value: Int64 in [0, 1, -1, 9, 10, 99, 100, -100, 12_345, .max, .min] {
            for digits in 0...18 {
                var out = Array("x".utf8)
                FixedPoint.append(value, digits: digits, to: &out)
                #expect(
                    String(decoding: out, as: UTF8.self)
                        == "x" + FixedPoint.render(value, digits: digits))
            }
        }
    }
}
