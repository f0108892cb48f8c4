import Findings
import Notation
import Testing

@Suite("JSON")
struct JSONTests {
    @Test(
        "what is JSON is read and written back in its shortest form",
        arguments: [
            ("null", "null"), (" [ 1 , -2, 0 ] ", "[1,-2,0]"), ("\"a\\u0041\\n\"", "\"aA\\n\""),
            ("{\"b\":1,\"a\":{}}", "{\"b\":1,\"a\":{}}"), ("1.50e+3", "1.50e+3"),
            ("-0", "-0"), ("9223372036854775807", "9223372036854775807"),
            ("9223372036854775808", "9223372036854775808"), ("\"\\ud83d\\ude00\"", "\"😀\""),
            ("\"\\/\\u007f\\u009b\"", "\"/\\u007f\\u009b\""),
            ("[[],[true,false]]", "[[],[true,false]]"),
        ])
    func roundTrip(text: String, written: String) throws {
        let value = try JSON.parse(text)
        #expect(value.render() == written)
        #expect(try JSON.parse(value.renderPretty()) == value)
    }

    @Test(
        "what is not JSON is refused where it breaks",
        arguments: [
            ("", 1, 1), ("nul", 1, 1), ("[1,]", 1, 4), ("{\"a\":1,\n \"a\":2}", 2, 2),
            ("01", 1, 1), ("1.", 1, 1), ("1e", 1, 1), ("-", 1, 1), ("+1", 1, 1), ("NaN", 1, 1),
            ("\"a", 1, 3), ("\"\u{1}\"", 1, 2), ("\"\\x\"", 1, 2), ("\"\\ud800\"", 1, 2),
            ("\"\\ud800\\u0041\"", 1, 2), ("\"\\udc00\"", 1, 2), ("1 2", 1, 3), ("{1:2}", 1, 2),
            ("{\"é\" 1}", 1, 6), ("[1 2]", 1, 4), ("\"\\u00g0\"", 1, 2), ("\"\\", 1, 3),
            ("\"\\ud800\\", 1, 2), ("\"\\u12", 1, 2),
        ])
    func refused(text: String, line: Int, column: Int) {
        let failure = #expect(throws: NotationFailure.self) { try JSON.parse(text) }
        #expect(failure?.place == Place(line: line, column: column))
    }

    @Test("depth, size and count have bounds")
    func bounds() throws {
        let nested = String(repeating: "[", count: 64) + String(repeating: "]", count: 64)
        #expect(throws: Never.self) { try JSON.parse(nested) }
        #expect(throws: NotationFailure.self) { try JSON.parse("[\(nested)]") }
        #expect(throws: NotationFailure.self) {
            try JSON.parse(String(repeating: "[", count: 1_000_000))
        }
        var bounds = JSON.Bounds()
        bounds.bytes = 3
        bounds.values = 2
        #expect(throws: NotationFailure.self) { try JSON.parse(Array("[11]".utf8), within: bounds) }
        bounds.bytes = 9
        #expect(throws: NotationFailure.self) {
            try JSON.parse(Array("[1,2]".utf8), within: bounds)
        }
        #expect(throws: NotationFailure.self) { try JSON.parse([0x22, 0xff, 0x22]) }
    }

    @Test("rendering escapes what a terminal would act on")
    func escapes() {
        let value: JSON = ["text": "\u{1b}[31m\u{202e}\u{2028}\u{0}\"\\"]
        #expect(value.render() == #"{"text":"\u001b[31m\u202e\u2028\u0000\"\\"}"#)
        #expect(value["text"]?.asText?.isEmpty == false)
        #expect(JSON.count(UInt64.max).render() == "18446744073709551615")
    }

    @Test("no mutation of a document makes the parser trap")
    func fuzz() throws {
        let seed = Array(#"{"a":[1,-2.5e3,"x\u00e9\ud83d\ude00\n",true,null],"b":{"c":{}}}"#.utf8)
        var state: UInt64 = 7
        func random(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % bound
        }
        var read = 0
        for _ in 0..<20_000 {
            var bytes = seed
            for _ in 0...random(4) {
                let at = random(bytes.count)
                switch random(4) {
                case 0: bytes[at] = UInt8(random(256))
                case 1: bytes.remove(at: at)
                case 2: bytes.insert(seed[random(seed.count)], at: at)
                default: bytes.removeLast(random(bytes.count))
                }
                if bytes.isEmpty { bytes = [0x7b] }
            }
            if let value = try? JSON.parse(bytes) {
                read += 1
                try #require(try JSON.parse(value.render()) == value)
            }
        }
        #expect(read > 100)
    }
}
