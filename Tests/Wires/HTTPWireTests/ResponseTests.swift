internal import HTTPWire
internal import Testing

@Suite("Responses of HTTP/1.1")
struct ResponseTests {
    private static let date = Array("Thu, 01 Jan 1970 00:00:00 GMT".utf8)

    private static func render(
        _ status: UInt16, _ fields: [(name: String, value: String)], _ body: String = "",
        keepsAlive: Bool = true
    ) -> String? {
        var output = Array("before".utf8)
        let isWritten = ResponseWriter.append(
            status: status, fields: fields, body: Array(body.utf8), date: date,
            keepsAlive: keepsAlive, to: &output)
        let text = String(decoding: output, as: UTF8.self)
        #expect(isWritten || text == "before")
        return isWritten ? String(text.dropFirst(6)) : nil
    }

    @Test("a response has its length, its date and the connection's word")
    func whole() {
        let text = Self.render(201, [("content-type", "application/json")], "{\"a\":1}")
        #expect(
            text
                == "HTTP/1.1 201 Created\r\ncontent-type: application/json\r\n"
                + "date: Thu, 01 Jan 1970 00:00:00 GMT\r\nconnection: keep-alive\r\n"
                + "content-length: 7\r\n\r\n{\"a\":1}")
        let none = Self.render(204, [], "ignored", keepsAlive: false)
        #expect(none?.hasSuffix("connection: close\r\n\r\n") == true)
        #expect(Self.render(599, [])?.hasPrefix("HTTP/1.1 599 \r\n") == true)
    }

    @Test(
        "a field that could end its line or frame the message is not written",
        arguments: [
            ("a", "b\r\nc: d"), ("a", "b\n"), ("a", "b\r"), ("a", "b\0"), ("a", " b"), ("a", "b "),
            ("a", "caf\u{E9}"), ("a\r\nb", "c"), ("", "b"), ("a b", "c"), ("a:", "b"), ("A", "b"),
            ("content-length", "3"), ("transfer-encoding", "chunked"), ("connection", "close"),
            ("date", "x"), ("upgrade", "h2c"), (String(repeating: "a", count: 65), "b"),
        ])
    func unsafeFields(name: String, value: String) {
        #expect(Self.render(200, [("x", "y"), (name: name, value: value)]) == nil)
    }

    @Test("only final statuses are written", arguments: [0, 100, 101, 199, 600, 65_535])
    func statuses(status: UInt16) {
        #expect(Self.render(status, []) == nil)
    }

    @Test(
        "dates are those of the calendar",
        arguments: [
            (0, "Thu, 01 Jan 1970 00:00:00 GMT"), (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"),
            (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"),
            (1_709_251_199, "Thu, 29 Feb 2024 23:59:59 GMT"),
            (4_107_542_400, "Mon, 01 Mar 2100 00:00:00 GMT"), (-5, "Thu, 01 Jan 1970 00:00:00 GMT"),
            (Int64.max, "Fri, 31 Dec 9999 23:59:59 GMT"),
        ] as [(Int64, String)])
    func dates(seconds: Int64, text: String) {
        #expect(HTTPDate.text(seconds) == text)
    }
}
