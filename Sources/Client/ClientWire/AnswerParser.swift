/// Reads answers of HTTP/1.1 out of bytes that arrive in parts; anything unusual is broken.
package struct AnswerParser: Sendable {
    /// Most bytes of a status line with its fields.
    package static let headBytesMax = 16 << 10
    /// Most fields.
    package static let fieldsMax = 64
    /// Most bytes of a content.
    package static let bodyBytesMax = 1 << 20

    /// Why an answer is none.
    package enum Flaw: String, Sendable, Error, CaseIterable {
        case headTooLarge, statusLine, status, field, tooManyFields, length, noLength
        case bodyTooLarge, transferCoding
    }

    /// How far the parser is.
    package enum Progress: Sendable, Equatable {
        case more
        case answer(ReceivedAnswer)
        case broken(Flaw)
    }

    private struct Head {
        var status: UInt16 = 0
        var length: Int?
        var keepsAlive = true
        var retryAfter: Int?
    }

    private var buffer: [UInt8] = []
    private var scanned = 0
    private var head: Head?
    private var bodyStart = 0
    private var flaw: Flaw?

    package init() {}

    /// Nothing of an answer has arrived.
    package var isUntouched: Bool { buffer.isEmpty && flaw == nil }

    /// Takes bytes; call `next` afterwards until it wants more.
    package mutating func take(_ bytes: some Sequence<UInt8>) {
        guard flaw == nil else { return }
        buffer.append(contentsOf: bytes)
    }

    /// The next whole answer; a broken parser stays broken.
    package mutating func next() -> Progress {
        if let flaw { return .broken(flaw) }
        do throws(Flaw) {
            if head == nil { head = try readHead() }
            guard let head else { return .more }
            let length = head.length ?? 0
            guard buffer.count - bodyStart >= length else { return .more }
            let body = Array(buffer[bodyStart..<bodyStart + length])
            buffer.removeSubrange(..<(bodyStart + length))
            self.head = nil
            scanned = 0
            return .answer(
                ReceivedAnswer(
                    status: head.status, body: body, keepsAlive: head.keepsAlive,
                    retryAfter: head.retryAfter))
        } catch {
            flaw = error
            buffer = []
            return .broken(error)
        }
    }

    private mutating func readHead() throws(Flaw) -> Head? {
        var place = max(scanned, 3)
        while place < min(buffer.count, Self.headBytesMax) {
            if buffer[place] == 0x0A, buffer[place - 1] == 0x0D, buffer[place - 2] == 0x0A,
                buffer[place - 3] == 0x0D
            {
                bodyStart = place + 1
                return try parse(end: place - 1)
            }
            place += 1
        }
        scanned = place
        guard buffer.count < Self.headBytesMax else { throw .headTooLarge }
        return nil
    }

    /// `end` is where the empty line begins.
    private func parse(end: Int) throws(Flaw) -> Head {
        var head = Head()
        var start = 0
        var count = -1
        while start < end {
            guard let stop = (start..<end).first(where: { buffer[$0] == 0x0D }),
                buffer[stop + 1] == 0x0A
            else { throw count < 0 ? .statusLine : .field }
            if count < 0 {
                head.status = try status(start..<stop)
            } else {
                try field(start..<stop, &head)
            }
            count += 1
            guard count <= Self.fieldsMax else { throw .tooManyFields }
            start = stop + 2
        }
        guard count >= 0 else { throw .statusLine }
        if head.status == 204 || head.status == 304 {
            guard head.length ?? 0 == 0 else { throw .length }
        } else if head.length == nil {
            throw .noLength
        }
        return head
    }

    private func status(_ line: Range<Int>) throws(Flaw) -> UInt16 {
        let version = Array("HTTP/1.1 ".utf8)
        guard line.count >= 12, buffer[line].starts(with: version) else { throw .statusLine }
        let digits = buffer[line].dropFirst(9).prefix(3)
        guard digits.allSatisfy({ (0x30...0x39).contains($0) }),
            line.count == 12 || buffer[line.lowerBound + 12] == 0x20,
            buffer[line].allSatisfy({ $0 >= 0x20 && $0 != 0x7F })
        else { throw .statusLine }
        let status = digits.reduce(UInt16(0)) { $0 * 10 + UInt16($1 - 0x30) }
        guard (200...599).contains(status) else { throw .status }
        return status
    }

    private func field(_ line: Range<Int>, _ head: inout Head) throws(Flaw) {
        guard let colon = line.first(where: { buffer[$0] == 0x3A }), colon > line.lowerBound,
            buffer[line.lowerBound..<colon].allSatisfy(Self.isToken)
        else { throw .field }
        let value = buffer[(colon + 1)..<line.upperBound]
        guard value.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }) else { throw .field }
        let name = String(decoding: buffer[line.lowerBound..<colon].map(Self.lower), as: UTF8.self)
        let trimmed = value.drop { $0 == 0x20 || $0 == 0x09 }
        var text = Array(trimmed)
        while let last = text.last, last == 0x20 || last == 0x09 { text.removeLast() }
        switch name {
        case "content-length":
            guard head.length == nil, let length = Self.number(text, digitsMax: 9) else {
                throw .length
            }
            guard length <= Self.bodyBytesMax else { throw .bodyTooLarge }
            head.length = length
        case "transfer-encoding": throw .transferCoding
        case "connection":
            if text.map(Self.lower).elementsEqual("close".utf8) { head.keepsAlive = false }
        case "retry-after":
            head.retryAfter = Self.number(text, digitsMax: 6).map { min($0, 3_600) }
        default: break
        }
    }

    private static func number(_ text: [UInt8], digitsMax: Int) -> Int? {
        guard (1...digitsMax).contains(text.count),
            text.allSatisfy({ (0x30...0x39).contains($0) })
        else { return nil }
        return text.reduce(0) { $0 * 10 + Int($1 - 0x30) }
    }

    private static func lower(_ byte: UInt8) -> UInt8 {
        (0x41...0x5A).contains(byte) ? byte | 0x20 : byte
    }

    private static func isToken(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        case 0x21, 0x23...0x27, 0x2A, 0x2B, 0x2D, 0x2E, 0x5E...0x60, 0x7C, 0x7E: true
        default: false
        }
    }
}
