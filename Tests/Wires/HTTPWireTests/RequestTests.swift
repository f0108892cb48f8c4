internal import HTTPWire
internal import Testing

/// A request after its method: what most rows share.
private func get(_ target: String, _ fields: String = "") -> String {
    "GET \(target) HTTP/1.1\r\nHost: a\r\n\(fields)\r\n"
}

private func post(_ fields: String, _ body: String = "") -> String {
    "POST /v1/orders HTTP/1.1\r\nHost: a\r\n\(fields)\r\n\(body)"
}

private func chunks(_ body: String) -> String { post("Transfer-Encoding: chunked\r\n", body) }

/// Rows of bytes and what they come to; `more` stands for a request that is not whole.
enum Rows {
    static let accepted: [(String, String)] = [
        (get("/v1/time"), "get /v1/time"),
        (get("/v1/book/BTC-EUR?depth=5&a=%7B%22"), "get /v1/book/BTC-EUR?depth=5&a=%7B%22"),
        (get("/"), "get /"), (get("/a/"), "get /a/"), (get("/..."), "get /..."),
        (get("/a?b=/../x//y"), "get /a?b=/../x//y"), (get("/a?b?c"), "get /a?b?c"),
        (get("https://A/v1/time"), "get /v1/time"),
        ("\r\n" + get("/a"), "get /a"),
        ("GET /a HTTP/1.0\r\nHost: a\r\n\r\n", "get /a close"),
        ("GET /a HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n", "get /a"),
        (get("/a", "Connection: close\r\n"), "get /a close"),
        (get("/a", "Connection: TE, Keep-Alive\r\n"), "get /a"),
        (get("/a", "X: \t caf\u{E9} \t\r\nY:\r\n"), "get /a"),
        (get("/a", "Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\n"), "get /a"),
        (get("/a", "Content-Length: 0\r\n"), "get /a"),
        (get("/a", "content_length: 5\r\ntransfer_encoding: chunked\r\n"), "get /a"),
        ("DELETE /v1/orders HTTP/1.1\r\nHost: a\r\n\r\n", "delete /v1/orders"),
        ("PUT /o HTTP/1.1\r\nHost: a:8443\r\nContent-Length: 2\r\n\r\nok", "put /o ok"),
        (post("Content-Length: 5\r\n", "hello"), "post /v1/orders hello"),
        (post("cOnTeNt-LeNgTh:5\r\n", "hello"), "post /v1/orders hello"),
        (post("Content-Length: 0\r\n"), "post /v1/orders"),
        (post("Content-Length: 5\r\nExpect: 100-Continue\r\n", "hello"), "post /v1/orders hello"),
        (post("Content-Length: 5\r\n", "hell"), "more"),
        (chunks("5\r\nhello\r\n0\r\n\r\n"), "post /v1/orders hello"),
        (chunks("003\r\nhel\r\n2\r\nlo\r\n00\r\n\r\n"), "post /v1/orders hello"),
        (chunks("A\r\n0123456789\r\n0\r\nX-Sum: 1\r\n\r\n"), "post /v1/orders 0123456789"),
        (chunks("2;a;b=c;d=\"e\\\"\";f = g ; h\r\nhi\r\n0;last\r\n\r\n"), "post /v1/orders hi"),
        (post("Transfer-Encoding: Chunked\r\n", "0\r\n\r\n"), "post /v1/orders"),
        (
            get("/a") + get("/b") + post("Content-Length: 1\r\n", "x") + get("/c"),
            "get /a, get /b, post /v1/orders x, get /c"
        ),
        (chunks("1\r\nx\r\n0\r\n\r\n") + get("/a"), "post /v1/orders x, get /a"),
    ]

    static let lines: [(String, String)] = [
        ("GET  /a HTTP/1.1\r\n", "400 request-line"), ("GET /a  HTTP/1.1\r\n", "400 request-line"),
        (" GET /a HTTP/1.1\r\n", "400 request-line"), ("GET /a HTTP/1.1 \r\n", "400 request-line"),
        ("GET\t/a HTTP/1.1\r\n", "400 control-character"),
        ("GET /a b HTTP/1.1\r\n", "400 request-line"),
        ("GET /a\r\n", "400 request-line"), ("\r\n\r\n", "400 request-line"),
        ("GE(T /a HTTP/1.1\r\n", "400 request-line"), ("GET /a http/1.1\r\n", "400 request-line"),
        ("GET /a HTTP/1.1\n", "400 bare-lf"), ("GET /a HTTP/1.1\r\r\n", "400 bare-cr"),
        ("GET /a\rb HTTP/1.1\r\n", "400 bare-cr"),
        ("GET /a\0 HTTP/1.1\r\n", "400 control-character"),
        ("GET /a\u{B}HTTP/1.1\r\n", "400 control-character"),
        ("GET /a\u{7F} HTTP/1.1\r\n", "400 control-character"),
        ("GET /caf\u{E9} HTTP/1.1\r\n", "400 request-line"),
        ("GET /a HTTP/1.10\r\n", "400 request-line"),
        ("GET /a HTTP/11\r\n", "400 request-line"), ("GET /a HTTP/1.2\r\n", "505 version"),
        ("GET /a HTTP/0.9\r\n", "505 version"), ("GET /a HTTP/3.0\r\n", "505 version"),
        ("PRI * HTTP/2.0\r\n", "505 version"), ("GET /a HTTP/1,1\r\n", "400 request-line"),
        ("HEAD /a HTTP/1.1\r\n", "405 method-not-allowed"),
        ("OPTIONS * HTTP/1.1\r\n", "405 method-not-allowed"),
        ("CONNECT a:443 HTTP/1.1\r\n", "405 method-not-allowed"),
        ("TRACE / HTTP/1.1\r\n", "405 method-not-allowed"),
        ("PATCH /a HTTP/1.1\r\n", "405 method-not-allowed"),
        ("get /a HTTP/1.1\r\n", "501 method-unknown"),
        ("BREW /a HTTP/1.1\r\n", "501 method-unknown"),
    ]

    static let targets: [(String, String)] = [
        ("a", "400 target"), ("*", "400 target"), ("http://a/", "400 target"),
        ("https://b/", "400 host-differs"), ("https://u@a/", "400 target"),
        ("https://a", "400 target"),
        ("https:///a", "400 target"), ("/a#b", "400 target"), ("/a\\b", "400 target"),
        ("/a|b", "400 target"), ("/a%2", "400 target"), ("/a%", "400 target"),
        ("/a%zz", "400 target"),
        ("/a%2Fb", "400 target"), ("/a%2fb", "400 target"), ("/a%5Cb", "400 target"),
        ("/a%00", "400 target"), ("/a?b=%00", "400 target"), ("/a%0D%0A", "400 target"),
        ("/a%252Fb", "400 target"), ("/a%25", "400 target"), ("/%C0%AF", "400 target"),
        ("/%ff", "400 target"), ("/%41", "400 target-not-normal"),
        ("/a%7e", "400 target-not-normal"),
        ("/a%7b", "400 target-not-normal"), ("/%2e%2e/", "400 target-not-normal"),
        ("/../a", "400 target-not-normal"), ("/a/..", "400 target-not-normal"),
        ("/a/./b", "400 target-not-normal"), ("/.", "400 target-not-normal"),
        ("/..;x/a", "400 target-not-normal"), ("/..?a", "400 target-not-normal"),
        ("//a", "400 target-not-normal"), ("/a//b", "400 target-not-normal"),
        ("//", "400 target-not-normal"),
        ("/" + String(repeating: "a", count: 2_048), "414 target-too-long"),
        ("/" + String(repeating: "a", count: 9_000), "414 target-too-long"),
    ].map { (get($0.0), $0.1) }

    static let fields: [(String, String)] = [
        (" A: b\r\n", "400 folded-field"), ("A: b\r\n c\r\n", "400 folded-field"),
        ("A: b\r\n\tc\r\n", "400 folded-field"), ("A : b\r\n", "400 field-name"),
        (": b\r\n", "400 field-name"), ("A\r\n", "400 field-name"), ("A(: b\r\n", "400 field-name"),
        ("A\u{E9}: b\r\n", "400 field-name"), ("A: b\0c\r\n", "400 control-character"),
        ("A: b\u{C}c\r\n", "400 control-character"), ("A\u{1}: b\r\n", "400 control-character"),
        ("A: b\nB: c\r\n", "400 bare-lf"), ("A: b\rB: c\r\n", "400 bare-cr"),
        ("A: b\r\r\n", "400 bare-cr"),
        ("Host: a\r\n", "400 host-repeated"),
        ("Connection: close, Host\r\n", "400 connection-option"),
        ("Connection: bulkhead-key\r\n", "400 connection-option"),
        ("Expect: 200-ok\r\n", "417 expectation"),
        (String(repeating: "A: b\r\n", count: 64), "431 head-too-large"),
        ("A: \(String(repeating: "b", count: 20_000))\r\n", "431 head-too-large"),
    ].map { (get("/a", $0.0), $0.1) }

    static let hosts: [(String, String)] = [
        ("", "400 host-missing"), ("Host:\r\n", "400 host-invalid"),
        ("Host: u@a\r\n", "400 host-invalid"),
        ("Host: a:\r\n", "400 host-invalid"), ("Host: a:0\r\n", "400 host-invalid"),
        ("Host: a:65536\r\n", "400 host-invalid"), ("Host: a:+1\r\n", "400 host-invalid"),
        ("Host: a/b\r\n", "400 host-invalid"), ("Host: a, b\r\n", "400 host-invalid"),
        ("Host: a b\r\n", "400 host-invalid"), ("Host: [::1\r\n", "400 host-invalid"),
        ("Host: [::1]x\r\n", "400 host-invalid"), ("Host: []\r\n", "400 host-invalid"),
        ("Host: [::1]:443\r\n", "get /a"), ("Host: 10.0.0.1:8443\r\n", "get /a"),
    ].map { ("GET /a HTTP/1.1\r\n\($0.0)\r\n", $0.1) }

    /// Lengths and codings that two readers could understand differently.
    static let framing: [(String, String)] = [
        ("", "411 length-missing"),
        ("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "400 length-and-coding"),
        ("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "400 length-and-coding"),
        ("Content-Length: 5\r\nContent-Length: 5\r\n", "400 content-length-repeated"),
        ("Content-Length: 5\r\nContent-Length: 6\r\n", "400 content-length-repeated"),
        ("Content-Length: 5, 5\r\n", "400 content-length"),
        ("Content-Length: +5\r\n", "400 content-length"),
        ("Content-Length: -5\r\n", "400 content-length"),
        ("Content-Length: 05\r\n", "400 content-length"),
        ("Content-Length: 0x5\r\n", "400 content-length"),
        ("Content-Length: 5_0\r\n", "400 content-length"),
        ("Content-Length: 5 0\r\n", "400 content-length"),
        ("Content-Length:\r\n", "400 content-length"),
        ("Content-Length: 5.0\r\n", "400 content-length"),
        ("Content-Length: 5a\r\n", "400 content-length"),
        ("Content-Length: 18446744073709551621\r\n", "400 content-length"),
        ("Content-Length: 99999999999999999999999\r\n", "400 content-length"),
        ("Content-Length: 65537\r\n", "413 body-too-large"),
        ("Content-Length: 999999999999999999\r\n", "413 body-too-large"),
        ("Transfer-Encoding: xchunked\r\n", "501 coding-unknown"),
        ("Transfer-Encoding: identity\r\n", "501 coding-unknown"),
        ("Transfer-Encoding: gzip, chunked\r\n", "400 transfer-encoding"),
        ("Transfer-Encoding: chunked, identity\r\n", "400 transfer-encoding"),
        ("Transfer-Encoding: chunked, chunked\r\n", "400 transfer-encoding"),
        ("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "400 transfer-encoding"),
        ("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", "400 transfer-encoding"),
        ("Transfer-Encoding: \"chunked\"\r\n", "400 transfer-encoding"),
        ("Transfer-Encoding: chunked;q=1\r\n", "400 transfer-encoding"),
        ("Transfer-Encoding:\r\n", "400 transfer-encoding"),
        ("Transfer-Encoding : chunked\r\n", "400 field-name"),
        ("Transfer-Encoding:\r\n chunked\r\n", "400 transfer-encoding"),
        ("X: y\r\n Transfer-Encoding: chunked\r\n", "400 folded-field"),
        ("Transfer-Encoding: \u{B}chunked\r\n", "400 control-character"),
        ("Transfer_Encoding: chunked\r\n", "411 length-missing"),
        ("Content_Length: 5\r\n", "411 length-missing"),
        ("Expect: 100-continue, x\r\nContent-Length: 5\r\n", "417 expectation"),
    ].map { (post($0.0, "hello" + get("/smuggled")), $0.1) }

    static let chunked: [(String, String)] = [
        ("\r\n", "400 chunk"), (";a\r\n", "400 chunk"), ("g\r\n", "400 chunk"),
        ("0x5\r\nhello", "400 chunk"),
        ("+5\r\nhello", "400 chunk"), ("-5\r\nhello", "400 chunk"), (" 5\r\nhello", "400 chunk"),
        ("5 \r\nhello", "400 chunk-extension"), ("5\nhello", "400 chunk"),
        ("5\rhello", "400 chunk"),
        ("000000005\r\nhello", "400 chunk"), ("FFFFFFFF\r\n", "413 body-too-large"),
        ("100000000\r\n", "413 body-too-large"), ("10001\r\n", "413 body-too-large"),
        ("5\r\nhelloX\r\n", "400 chunk"), ("5\r\nhello\n0\r\n\r\n", "400 chunk"),
        ("5\r\nhello\r0\r\n\r\n", "400 chunk"), ("5\r\nhello0\r\n\r\n", "400 chunk"),
        ("4\r\nhello\r\n0\r\n\r\n", "400 chunk"), ("6\r\nhello\r\n0\r\n\r\n", "400 chunk"),
        ("5;\r\nhello", "400 chunk-extension"), ("5;a=\r\nhello", "400 chunk-extension"),
        ("5;a\nhello", "400 chunk-extension"), ("5;a=\"b\r\n", "400 chunk-extension"),
        ("5;a=\"b\"c\r\n", "400 chunk-extension"), ("5;a(b\r\n", "400 chunk-extension"),
        ("5;\(String(repeating: "a", count: 1_100))\r\nhello", "400 chunk-extension"),
        ("0\r\n\n", "400 bare-lf"), ("0\r\n\rX", "400 bare-cr"), ("0\r\nA\r\n\r\n", "400 trailer"),
        ("0\r\nA : b\r\n\r\n", "400 trailer"), ("0\r\nHost: b\r\n\r\n", "400 trailer"),
        ("0\r\nContent-Length: 3\r\n\r\n", "400 trailer"), ("0\r\n A: b\r\n\r\n", "400 trailer"),
        ("0\r\nTransfer-Encoding: chunked\r\n\r\n", "400 trailer"),
        ("0\r\nAuthorization: b\r\n\r\n", "400 trailer"),
        ("0\r\nA: b\0\r\n\r\n", "400 control-character"),
        ("0\r\nA: \(String(repeating: "b", count: 5_000))\r\n\r\n", "431 head-too-large"),
        ("0\r\n", "more"), ("5\r\nhello\r\n", "more"),
        (String(repeating: "1\r\nx\r\n", count: 3_500), "413 body-too-large"),
    ].map { (chunks($0.0), $0.1) }

    static let others: [(String, String)] = [
        (get("/a", "Content-Length: 5\r\n") + "hello", "400 body-not-allowed"),
        (get("/a", "Transfer-Encoding: chunked\r\n") + "0\r\n\r\n", "400 body-not-allowed"),
        ("DELETE /a HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx", "400 body-not-allowed"),
        (
            "POST /a HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            "400 transfer-encoding"
        ),
        // What follows a refused request is never read, whatever it is.
        (get("/a") + get("/b", "X : y\r\n") + get("/c"), "get /a, 400 field-name"),
        (
            post("Content-Length: 0\r\n", "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"),
            "post /v1/orders, get /smuggled"
        ),
        (
            post("Content-Length: 4\r\n", "hello") + get("/a"),
            "post /v1/orders hell, 501 method-unknown"
        ),
        ("\u{16}\u{3}\u{1}\u{2}\0\u{1}", "400 control-character"),
    ]

    static let refused = lines + targets + fields + hosts + framing + chunked + others
}

@Suite("Requests of HTTP/1.1")
struct RequestTests {
    @Test("what the rules allow is accepted as it stands", arguments: Rows.accepted)
    func accepted(text: String, expected: String) {
        #expect(Reading.verdict(text) == expected)
    }

    @Test("what readers could understand differently is refused", arguments: Rows.refused)
    func refused(text: String, expected: String) {
        #expect(Reading.verdict(text) == expected)
    }

    @Test("no cut changes a verdict")
    func cuts() {
        for (text, expected) in Rows.accepted + Rows.refused {
            let bytes = Array(text.utf8)
            let step = max(bytes.count / 400, 1)
            for cut in stride(from: 0, through: bytes.count, by: step) {
                let found = Reading.verdict(bytes, pieces: [cut])
                if found != expected { Issue.record("cut at \(cut) of \(text): \(found)") }
            }
            guard bytes.count <= 600 else { continue }
            let found = Reading.verdict(bytes, pieces: Array(0..<bytes.count))
            if found != expected { Issue.record("byte by byte, \(text): \(found)") }
        }
    }

    @Test("every refusal is reached by a row, but for those of clocks and of repeated fields")
    func reach() {
        let seen = Rows.refused.map(\.1).joined(separator: " ")
        for refusal in Refusal.allCases
        where ![.headTooSlow, .bodyTooSlow, .fieldRepeated, .fieldValue].contains(refusal) {
            #expect(seen.contains(" \(refusal.rawValue)"), "\(refusal)")
        }
    }

    @Test("a client that waits is told to go on only where content is missing")
    func continues() {
        var parser = RequestParser()
        let head = Array(post("Content-Length: 5\r\nExpect: 100-continue\r\n").utf8)
        _ = parser.advance(head, from: 0)
        #expect(parser.awaitsContinue)
        #expect(parser.isInBody)
        _ = parser.advance(head + Array("h".utf8), from: 0)
        #expect(!parser.awaitsContinue)
        parser.reset()
        _ = parser.advance(Array(post("Content-Length: 5\r\n").utf8), from: 0)
        #expect(!parser.awaitsContinue)
    }

    @Test("no request that is not refused outgrows the buffer that the limits ask for")
    func bounded() {
        let limits = RequestLimits()
        let body = String(
            repeating: "20;abc\r\n\(String(repeating: "x", count: 32))\r\n", count: 9_000)
        var parser = RequestParser(limits: limits)
        let bytes = Array(chunks(body).utf8)
        #expect(bytes.count > limits.requestBytesMax)
        let verdict = parser.advance(Array(bytes.prefix(limits.requestBytesMax)), from: 0)
        #expect(verdict != .incomplete)
    }
}
