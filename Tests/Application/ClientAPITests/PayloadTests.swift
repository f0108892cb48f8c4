import ClientAPI
import RequestTreaty
import Testing

@Suite("Signed payload")
struct PayloadTests {
    @Test("a payload built from a request is what the client wrote, and splits again")
    func build() throws {
        let request = Shop.request(
            .post, "/v1/orders?x=1", ["bulkhead-timestamp": "1700000000000"], "{\"a\":\n\"b\"}")
        let payload = try SignedPayload.build(request)
        #expect(
            String(decoding: payload.bytes, as: UTF8.self)
                == "1700000000000\n5000\nPOST\n/v1/orders?x=1\n{\"a\":\n\"b\"}")
        #expect(payload.timestamp == 1_700_000_000_000)
        #expect(payload.window == SignedPayload.windowDefault)
        #expect(payload.method == .post)
        #expect(Array(payload.bytes[payload.target]) == Array("/v1/orders?x=1".utf8))
        #expect(Array(payload.bytes[payload.body]) == request.body)
        #expect(try SignedPayload.parse(payload.bytes) == payload)
    }

    @Test(
        "a request whose fields are not exact is refused with the field's name",
        arguments: [
            ([:], "not-authenticated", "bulkhead-timestamp"),
            (["bulkhead-timestamp": "017"], "malformed", "bulkhead-timestamp"),
            (["bulkhead-timestamp": "1.5"], "malformed", "bulkhead-timestamp"),
            (["bulkhead-timestamp": "-1"], "malformed", "bulkhead-timestamp"),
            (["bulkhead-timestamp": "1234567890123456"], "malformed", "bulkhead-timestamp"),
            (["bulkhead-timestamp": "1\n2"], "malformed", ""),
            (["bulkhead-timestamp": "1", "bulkhead-window": "0"], "malformed", "bulkhead-window"),
            (
                ["bulkhead-timestamp": "1", "bulkhead-window": "60001"], "malformed",
                "bulkhead-window"
            ),
            (["bulkhead-timestamp": "1", "bulkhead-window": ""], "malformed", "bulkhead-window"),
        ] as [([String: String], String, String)])
    func fields(fields: [String: String], word: String, member: String) {
        let problem = #expect(throws: ClientProblem.self) {
            try SignedPayload.build(Shop.request(.get, "/v1/account", fields))
        }
        #expect(problem?.facts.word == word)
        #expect(problem?.member == member)
    }

    @Test(
        "bytes that are not the exact form are refused",
        arguments: [
            "", "1", "1\n5000\nGET\n/v1/account", "\n5000\nGET\n/\n", "1\n05\nGET\n/\n",
            "1\n5000\nget\n/\n", "1\n5000\nPATCH\n/\n", "1\n5000\nGET\n\n", "1\n5000\nGET\n/ x\n",
            "1\n5000\nGET\n/\u{e9}\n", "1\n5000\nGET\n/\u{7f}\n", " 1\n5000\nGET\n/\n",
        ])
    func forms(text: String) {
        #expect(throws: ClientProblem.self) { try SignedPayload.parse(Array(text.utf8)) }
    }

    @Test("a payload has at most 8,192 bytes")
    func bound() throws {
        let head = "1\n5000\nPOST\n/v1/orders\n"
        let most = Array(head.utf8) + [UInt8](repeating: 0x20, count: 8_192 - head.utf8.count)
        #expect(try SignedPayload.parse(most).body.count == 8_192 - head.utf8.count)
        let problem = #expect(throws: ClientProblem.self) {
            try SignedPayload.parse(most + [0x20])
        }
        #expect(problem?.facts.status == 413)
        let built = #expect(throws: ClientProblem.self) {
            try SignedPayload.build(
                Shop.request(
                    .post, "/v1/orders", ["bulkhead-timestamp": "1"],
                    String(repeating: " ", count: 8_192)))
        }
        #expect(built?.facts.status == 413)
    }
}
