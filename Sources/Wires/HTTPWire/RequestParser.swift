// HTTPWire: HTTP/1.1 requests (RFC 9110, RFC 9112) read strictly, and responses written.
//
// A request is read byte after byte from the front: the verdict falls at the first byte that
// decides it, so it does not depend on how the bytes were cut into pieces. What two readers could
// understand differently is refused, never repaired. Nothing is copied but the content of chunks;
// there are no sockets, clocks or strings here, and nothing that a client writes stops the program.
// Bounds: `RequestLimits`; a request that exceeds one is refused at the byte that does.

/// Reads one request after another from the front of a buffer.
///
/// The caller owns the buffer: it appends what arrives, calls `advance`, and after a whole request
/// calls `reset` and goes on at the byte behind it. Offsets count from the start of the request, so
/// the buffer may be moved in between. After a refusal the connection is over.
public struct RequestParser: Sendable {
    enum Stage: Sendable {
        case requestLine
        case fields
        case plainBody
        case chunks
        case done
    }

    let limits: RequestLimits
    var stage = Stage.requestLine
    /// Bytes of the request that were looked at.
    var scanned = 0
    /// Where the line that is being read began.
    var line = 0
    var sawReturn = false
    var skippedEmptyLine = false

    var method = RequestMethod.get
    var target = 0..<0
    /// Of an absolute form.
    var authority: Range<Int>?
    var isVersion11 = true
    var host: Range<Int>?
    var declared: Int?
    var isChunked = false
    var saysClose = false
    var saysKeepAlive = false
    var expects = false
    var bodyStart = 0
    var chunks = ChunkDecoder()

    /// Fields of the head, in their order.
    public private(set) var fields: [FieldPlace] = []
    /// The content that came in chunks.
    public var content: [UInt8] { chunks.content }

    /// A parser at the beginning of a connection.
    public init(limits: RequestLimits = RequestLimits()) {
        self.limits = limits
    }

    /// The client waits for `100 Continue` before it sends the content.
    public var awaitsContinue: Bool {
        expects && (stage == .plainBody || stage == .chunks) && scanned == bodyStart
    }

    /// Not one byte of a request has come, but for an empty line before it.
    public var isUntouched: Bool { stage == .requestLine && scanned == line && !sawReturn }

    /// The head is whole, and the content is not.
    public var isInBody: Bool { stage == .plainBody || stage == .chunks }

    /// Begins the next request of the connection.
    public mutating func reset() {
        stage = .requestLine
        scanned = 0
        line = 0
        sawReturn = false
        skippedEmptyLine = false
        authority = nil
        host = nil
        declared = nil
        isChunked = false
        saysClose = false
        saysKeepAlive = false
        expects = false
        fields.removeAll(keepingCapacity: true)
        chunks.reset()
    }

    /// Reads what is new in `bytes`, whose request begins at `start`.
    public mutating func advance(_ bytes: [UInt8], from start: Int) -> RequestProgress {
        while true {
            let step: RequestProgress?
            switch stage {
            case .requestLine, .fields: step = nextLine(bytes, start)
            case .plainBody: step = plainBody(bytes, start)
            case .chunks: step = chunked(bytes, start)
            case .done: return .incomplete
            }
            if let step { return step }
        }
    }

    /// Looks for the end of a line and reads it; nil when the next stage goes on.
    private mutating func nextLine(_ bytes: [UInt8], _ start: Int) -> RequestProgress? {
        let isFirst = stage == .requestLine
        let bound = isFirst ? line + limits.lineBytesMax : limits.headBytesMax
        var offset = scanned
        var returned = sawReturn
        let count = bytes.count - start
        while offset < count {
            guard offset < bound else {
                return .refused(isFirst ? .targetTooLong : .headTooLarge)
            }
            let byte = bytes[start + offset]
            offset += 1
            if returned {
                guard byte == Octet.lineFeed else { return .refused(.bareCarriageReturn) }
                let range = line..<(offset - 2)
                scanned = offset
                sawReturn = false
                line = offset
                return isFirst ? requestLine(bytes, start, range) : fieldLine(bytes, start, range)
            }
            if byte == Octet.carriageReturn {
                returned = true
            } else if byte < Octet.space || byte == 0x7F {
                if byte == Octet.lineFeed { return .refused(.bareLineFeed) }
                if isFirst || byte != Octet.tab { return .refused(.controlCharacter) }
            } else if isFirst && byte >= 0x80 {
                return .refused(.requestLine)
            }
        }
        scanned = offset
        sawReturn = returned
        return .incomplete
    }

    private mutating func fieldLine(
        _ bytes: [UInt8], _ start: Int, _ range: Range<Int>
    ) -> RequestProgress? {
        if range.isEmpty { return endHead(bytes, start) }
        guard fields.count < limits.fieldsMax else { return .refused(.headTooLarge) }
        switch FieldLine.read(bytes, start, range) {
        case .success(let field):
            fields.append(field)
            return note(field, bytes, start).map { .refused($0) }
        case .failure(let refusal): return .refused(refusal)
        }
    }

    private mutating func plainBody(_ bytes: [UInt8], _ start: Int) -> RequestProgress {
        let end = bodyStart + (declared ?? 0)
        guard bytes.count - start >= end else {
            scanned = bytes.count - start
            return .incomplete
        }
        scanned = end
        return complete(.plain(bodyStart..<end))
    }

    private mutating func chunked(_ bytes: [UInt8], _ start: Int) -> RequestProgress {
        var place = start + scanned
        let verdict = chunks.advance(bytes, &place, limits)
        scanned = place - start
        switch verdict {
        case .incomplete: return .incomplete
        case .complete: return complete(.chunked)
        case .refused(let refusal): return .refused(refusal)
        }
    }

    mutating func complete(_ content: ContentPlace) -> RequestProgress {
        stage = .done
        return .complete(
            ParsedRequest(
                method: method, target: target, content: content, count: scanned,
                keepsAlive: isVersion11 ? !saysClose : saysKeepAlive && !saysClose))
    }
}
