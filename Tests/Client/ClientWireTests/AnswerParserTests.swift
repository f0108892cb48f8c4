import ClientWire
import Testing

@Suite("Answers of the front door")
struct AnswerParserTests {
    static let good = Array(
        "HTTP/1.1 201 Created\r\ncontent-type: application/json\r\nRetry-After: 7\r\ncontent-length: 2\r\n\r\n{}"
            .utf8)

    @Test("an answer is the same however its bytes arrive", arguments: 1...90)
    func parts(size: Int) {
        var parser = AnswerParser()
        var found: [ReceivedAnswer] = []
        for start in stride(from: 0, to: Self.good.count, by: size) {
            parser.take(Self.good[start..<min(start + size, Self.good.count)])
            while case .answer(let answer) = parser.next() { found.append(answer) }
        }
        let body = Array("{}".utf8)
        #expect(
            found == [
                ReceivedAnswer(status: 201, body: body, keepsAlive: true, retryAfter: 7)
            ])
        #expect(parser.isUntouched)
    }

    @Test(
        "what is no plain answer is refused",
        arguments: [
            ("HTTP/1.0 200 OK\r\ncontent-length: 0\r\n\r\n", AnswerParser.Flaw.statusLine),
            ("HTTP/1.1 2000\r\ncontent-length: 0\r\n\r\n", .statusLine),
            ("HTTP/1.1 100 Continue\r\n\r\n", .status), ("HTTP/1.1 999 X\r\n\r\n", .status),
            ("HTTP/1.1 200 OK\r\n\r\n", .noLength),
            ("HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 1\r\n\r\n", .length),
            ("HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n", .length),
            ("HTTP/1.1 200 OK\r\ncontent-length: +1\r\n\r\n", .length),
            ("HTTP/1.1 204 OK\r\ncontent-length: 1\r\n\r\n", .length),
            ("HTTP/1.1 200 OK\r\ncontent-length: 99999999\r\n\r\n", .bodyTooLarge),
            ("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", .transferCoding),
            ("HTTP/1.1 200 OK\r\n content-length: 1\r\n\r\n", .field),
            ("HTTP/1.1 200 OK\r\nname : 1\r\n\r\n", .field),
            ("HTTP/1.1 200 OK\r\n: 1\r\n\r\n", .field),
            ("\r\n\r\n", .statusLine),
            (
                "HTTP/1.1 200 OK\r\n" + String(repeating: "a: b\r\n", count: 65) + "\r\n",
                .tooManyFields
            ), (String(repeating: "a", count: 17_000), .headTooLarge),
        ])
    func hostile(text: String, flaw: AnswerParser.Flaw) {
        var parser = AnswerParser()
        parser.take(text.utf8)
        #expect(parser.next() == .broken(flaw))
        parser.take(Self.good)
        let after = parser.next()
        #expect(after == .broken(flaw))
    }

    @Test("changed answers never trap and never give more than was sent")
    func mutated() {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<20_000 {
            var bytes = Self.good + Self.good
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(
                    in: 0...255, using: &random)
            }
            var parser = AnswerParser()
            var count = 0
            for byte in bytes {
                parser.take([byte])
                while case .answer = parser.next() { count += 1 }
            }
            if count > 3 { Issue.record("more answers than heads") }
        }
    }

    @Test("a signature is HMAC-SHA256 over the five parts")
    func signature() {
        let key = ClientKey(name: "k", secret: Array("secret".utf8))
        // printf '1700000000000\n5000\nPOST\n/v1/orders\n{}' | openssl dgst -sha256 -hmac secret
        let signature = key.signature(
            timestamp: 1_700_000_000_000, window: 5_000, method: .post, target: "/v1/orders",
            body: Array("{}".utf8))
        #expect(
            signature == "db68fcac5f62b88558de90cc91520c7e83b81a34b0ed23c7ed61685ccd720984")
    }

    @Test(
        "an endpoint is an address and a port",
        arguments: [
            ("127.0.0.1:8443", true), ("127.0.0.1", false), ("127.0.0.1:0", false),
            ("127.0.0.1:65536", false), ("host:1", false), (":1", false),
        ])
    func endpoint(text: String, isGood: Bool) {
        #expect((Endpoint(text)?.description == text) == isGood)
    }
}
