import Addresses
import Bytes
import ClientAPI
import ClientWire
import HTTPWire
import Numerals
import OrderTreaty
import Passage
import RequestTreaty

// What arrives from the network: clients' requests at the front door, the venue's answers at a
// client, frames of a passage; and the table that says who may open one.
extension Door {
    private static func ascii(_ texts: String...) -> [[UInt8]] { texts.map { Array($0.utf8) } }

    /// Each verdict on the requests in some bytes, which arrive in pieces of `step`.
    private static func requests(_ bytes: [UInt8], step: Int) -> [String] {
        var parser = RequestParser()
        let limits = RequestLimits()
        var start = 0
        var found: [String] = []
        for end in Array(stride(from: step, to: bytes.count, by: step)) + [bytes.count] {
            let arrived = Array(bytes[..<end])
            reading: while true {
                switch parser.advance(arrived, from: start) {
                case .incomplete: break reading
                case .refused(let refusal): return found + ["\(refusal)"]
                case .complete(let request):
                    require(request.count <= limits.requestBytesMax, "a request over its bounds")
                    require(parser.fields.count <= limits.fieldsMax, "more fields than the bound")
                    require(parser.content.count <= limits.bodyBytesMax, "a content too large")
                    found.append("\(request) \(parser.content) \(parser.fields)")
                    start += request.count
                    parser.reset()
                }
            }
        }
        return found
    }

    /// The verdict does not depend on how the bytes were cut.
    static let http = Door(name: "http") {
        ascii(
            "GET /v1/time HTTP/1.1\r\nHost: a\r\n\r\nGET /%7Ea/../b?c=d HTTP/1.0\r\n\r\n",
            "POST /v1/orders HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc",
            "PUT http://a:80/x HTTP/1.1\r\nhost: a:80\r\nconnection: close\r\n"
                + "transfer-encoding: chunked\r\nexpect: 100-continue\r\n\r\n"
                + "3;a=\"b\\c\"\r\nabc\r\n0\r\nx: y\r\n\r\n")
    } take: { bytes in
        let whole = requests(bytes, step: max(bytes.count, 1))
        require(requests(bytes, step: bytes.count > 512 ? 61 : 1) == whole, "the cut decides")
    }

    private static func answers(_ bytes: [UInt8], step: Int) -> [AnswerParser.Progress] {
        var parser = AnswerParser()
        var found: [AnswerParser.Progress] = []
        for start in stride(from: 0, to: bytes.count, by: step) {
            parser.take(bytes[start..<min(start + step, bytes.count)])
            reading: while true {
                let progress = parser.next()
                switch progress {
                case .more: break reading
                case .broken: return found + [progress]
                case .answer(let answer):
                    require(answer.body.count <= AnswerParser.bodyBytesMax, "a body too large")
                    require((200...599).contains(answer.status), "a status that is none")
                    found.append(progress)
                }
            }
        }
        return found
    }

    /// Answers of a server that is not ours, and that our server's are read as they were meant.
    static let answer = Door(name: "answer") {
        ascii(
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nRetry-After: 9\r\n\r\nokHTTP/1.1 204 \r\n\r\n",
            "HTTP/1.1 503\r\ncontent-length: 0\r\nconnection: close\r\n\r\n", "\u{1}body")
    } take: { bytes in
        let whole = answers(bytes, step: max(bytes.count, 1))
        require(answers(bytes, step: bytes.count > 512 ? 61 : 1) == whole, "the cut decides")
        guard let first = bytes.first else { return }
        let status = 200 + UInt16(first)
        let body = Array(bytes.dropFirst())
        var written: [UInt8] = []
        let isWritten = ResponseWriter.append(
            status: status, fields: [(name: "x", value: "y")], body: body,
            date: Array("Sat, 21 Nov 2026 08:00:00 GMT".utf8), keepsAlive: first & 1 == 0,
            to: &written)
        require(isWritten, "a plain answer is not written")
        let isBare = status == 204 || status == 304
        let expected = ReceivedAnswer(
            status: status, body: isBare ? [] : body, keepsAlive: first & 1 == 0)
        require(answers(written, step: written.count) == [.answer(expected)], "read as another")
    }

    static let frame = Door(name: "frame") {
        [true, false].map { isAnswer in
            let head = FrameHead(
                bodyBytes: 5, kind: 0x0403, isAnswer: isAnswer, isLast: isAnswer, correlation: 7)
            return bytes {
                head.write(to: &$0)
                $0.append([1, 2, 3, 4, 5])
            }
        }
    } take: { input in
        guard case .head(let head) = FrameHead.read(input, at: 0) else { return }
        require((0...FrameHead.bodyMax).contains(head.bodyBytes), "a body over its bound")
        let again = bytes { head.write(to: &$0) }
        require(again == Array(input.prefix(FrameHead.bytes)), "a head is written as another")
    }

    static let passages = Door(name: "passages") {
        ascii(
            "self api 10.9.1.2\npublic 127.0.0.1\naccept gateway 10.9.1.3 7000 request\n"
                + "open orders 10.9.2.4 7001 place,cancel\nopen orders 10.9.2.4 7001 query\n")
    } take: { input in
        guard let table = try? PassageTable(parsing: input) else { return }
        require(table.lines.count <= PassageTable.linesMax, "more passages than the bound")
        let again = try? PassageTable(parsing: Array(table.render().utf8))
        require(again == table, "a table reads back as another")
    }

    /// What a client signed, and what orders makes of it.
    static let signed = Door(name: "signed") {
        ascii(
            "1795233600000\n5000\nPOST\n/v1/orders\n{\"clientOrderId\":\"a-1\",\"symbol\":"
                + "\"BTC-USD\",\"side\":\"buy\",\"type\":\"limit\",\"price\":\"100\","
                + "\"quantity\":\"0.05\"}",
            "1\n60000\nPUT\n/v1/orders/a\n{\"price\": \"1\", \"quantity\": \"2.5\"}",
            "1\n1\nGET\n/v1/account\n", "1\n1\nDELETE\n/v1/orders\n",
            "/v1/book/BTC-USD?depth=5", "/v1/trades/BTC-USD", String(repeating: "a0", count: 32),
            String(repeating: "A", count: 86) + "==")
    } take: { bytes in
        let text = String(decoding: bytes, as: UTF8.self)
        _ = try? Route.parse(text, catalogue)
        if let signature = Signature.parse(text) {
            require(signature.count == 32 || signature.count == 64, "a signature of odd length")
        }
        guard let payload = try? SignedPayload.parse(bytes) else { return }
        require(payload.bytes == bytes, "other bytes than those that were signed")
        let request = ClientRequest(
            method: payload.method, target: String(decoding: bytes[payload.target], as: UTF8.self),
            fields: [
                Field(name: "bulkhead-timestamp", value: "\(payload.timestamp)"),
                Field(name: "bulkhead-window", value: "\(payload.window)"),
            ], body: Array(bytes[payload.body]), client: Address(1), clientPort: 1)
        let built = try? SignedPayload.build(request)
        require(built == payload, "a request is signed as another")
        guard let action = try? ClientAction.parse(payload, catalogue) else { return }
        if case .place(let order) = action {
            require(order.quantity.raw > 0 && order.price?.raw ?? 1 > 0, "an order for nothing")
        }
    }

    private static let catalogue = Catalogue(listing)
}
