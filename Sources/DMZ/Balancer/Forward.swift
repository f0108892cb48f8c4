internal import Addresses
internal import Bytes
internal import HTTPWire
internal import RequestTreaty

/// A request as it is told to the API: places in the client's buffer.
struct Forward {
    let method: RequestTreaty.Method
    let target: Range<Int>
    let fields: [(name: Range<Int>, value: Range<Int>)]
    /// In the buffer, unless it came in chunks.
    let body: Range<Int>
    let isChunked: Bool

    private static let prefix = Array("bulkhead-".utf8)
    private static let contentType = Array("content-type".utf8)
    private static let idempotencyKey = Array("idempotency-key".utf8)

    /// What is forwarded of a request that begins at `start`, or why it is refused after all.
    ///
    /// Names of forwarded fields are written in lower case into the buffer. A field that stands
    /// twice is refused: the API would read one of them, and somebody else the other.
    init(
        _ request: ParsedRequest, _ parser: borrowing RequestParser, in bytes: inout [UInt8],
        from start: Int
    ) throws(Refused) {
        var fields: [(name: Range<Int>, value: Range<Int>)] = []
        for place in parser.fields {
            let name = Self.moved(place.name, start)
            for index in name where (0x41...0x5A).contains(bytes[index]) { bytes[index] |= 0x20 }
            guard Self.isForwarded(bytes, name) else { continue }
            let value = Self.moved(place.value, start)
            guard name.count <= ClientRequest.nameMax, value.count <= ClientRequest.valueMax,
                fields.count < ClientRequest.fieldsMax
            else { throw Refused(why: .headTooLarge) }
            guard bytes[value].allSatisfy({ (0x20..<0x7F).contains($0) }) else {
                throw Refused(why: .fieldValue)
            }
            guard !fields.contains(where: { bytes[$0.name] == bytes[name] }) else {
                throw Refused(why: .fieldRepeated)
            }
            fields.append((name, value))
        }
        self.fields = fields
        target = Self.moved(request.target, start)
        switch request.method {
        case .get: method = .get
        case .post: method = .post
        case .put: method = .put
        case .delete: method = .delete
        }
        switch request.content {
        case .plain(let range):
            body = Self.moved(range, start)
            isChunked = false
        case .chunked:
            body = 0..<parser.content.count
            isChunked = true
        }
    }

    /// A request that HTTP allows and this door does not.
    struct Refused: Error {
        let why: Refusal
    }

    private static func moved(_ range: Range<Int>, _ start: Int) -> Range<Int> {
        (range.lowerBound + start)..<(range.upperBound + start)
    }

    private static func isForwarded(_ bytes: [UInt8], _ name: Range<Int>) -> Bool {
        switch name.count {
        case contentType.count where bytes[name] == contentType[...]: true
        case idempotencyKey.count where bytes[name] == idempotencyKey[...]: true
        case (prefix.count + 1)...: bytes[name].starts(with: prefix)
        default: false
        }
    }
}
