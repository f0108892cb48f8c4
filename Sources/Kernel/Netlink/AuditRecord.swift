public import Bytes

/// One record of the kernel's audit log, split but not judged.
///
/// `audit(SECONDS.MILLIS:SERIAL): name=value name="value" …`. Records of one event share a serial.
public struct AuditRecord: Sendable, Equatable {
    /// Record type: 1326 seccomp, 1423 Landlock access, 1424 Landlock domain.
    public let type: UInt16
    /// Number of the event since boot.
    public let serial: UInt64
    /// Nanoseconds since 1970, to the millisecond.
    public let time: UInt64
    /// Names and raw values in their order; at most `fieldsMax`, later ones are left out.
    public let fields: [Field]

    /// A name and its value as the kernel wrote it.
    public struct Field: Sendable, Equatable {
        /// Up to the equals sign.
        public let name: String
        /// Quotes included.
        public let raw: String
    }

    /// Type of a system call that seccomp denied.
    public static let seccomp: UInt16 = 1326
    /// Type of an access that Landlock denied.
    public static let landlockAccess: UInt16 = 1423
    /// Type of a Landlock domain's beginning and end; at its end `denials` counts.
    public static let landlockDomain: UInt16 = 1424
    /// Longest text that is read, in bytes; the kernel's own limit is 8,970.
    public static let textBytesMax = 9000
    /// Fields that are kept.
    public static let fieldsMax = 64

    /// Reads the text of a record of `type`; bytes that are not UTF-8 become U+FFFD.
    public init(type: UInt16, text: [UInt8]) throws(Malformed) {
        guard text.count <= Self.textBytesMax else {
            throw Malformed(at: Self.textBytesMax, expected: "a shorter audit record")
        }
        var cursor = Cursor(text: text)
        guard cursor.take("audit(") else { throw Malformed(at: 0, expected: "audit(") }
        let seconds = try cursor.number()
        guard cursor.take(".") else {
            throw Malformed(at: cursor.position, expected: "milliseconds")
        }
        let millis = try cursor.number()
        guard cursor.take(":") else { throw Malformed(at: cursor.position, expected: "a serial") }
        serial = try cursor.number()
        guard cursor.take("):") else {
            throw Malformed(at: cursor.position, expected: "the end of the stamp")
        }
        self.type = type
        time = seconds &* 1_000_000_000 &+ millis &* 1_000_000
        var fields: [Field] = []
        while fields.count < Self.fieldsMax, let field = cursor.field() { fields.append(field) }
        self.fields = fields
    }

    /// The first value of that name without its quotes; text that the kernel had to write in
    /// hexadecimal stays so.
    public func text(_ name: String) -> String? {
        guard let raw = raw(name) else { return nil }
        guard raw.utf8.count >= 2, raw.utf8.first == 34, raw.utf8.last == 34 else { return raw }
        return String(raw.dropFirst().dropLast())
    }

    /// The first value of that name, for values that a program could have chosen: quoted, or,
    /// where it holds a quote, space or control character, hexadecimal.
    public func untrusted(_ name: String) -> String? {
        guard let raw = raw(name) else { return nil }
        if raw.utf8.first == 34 { return text(name) }
        let digits = Array(raw.utf8)
        guard digits.count.isMultiple(of: 2) else { return raw }
        var bytes: [UInt8] = []
        for index in stride(from: 0, to: digits.count, by: 2) {
            guard let high = Cursor.nibble(digits[index]),
                let low = Cursor.nibble(digits[index + 1])
            else { return raw }
            bytes.append(high << 4 | low)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// A decimal value.
    public func number(_ name: String) -> UInt64? { raw(name).flatMap { UInt64($0) } }

    /// A value in hexadecimal, with or without `0x`.
    public func hexadecimal(_ name: String) -> UInt64? {
        raw(name).flatMap { UInt64($0.hasPrefix("0x") ? $0.dropFirst(2) : $0[...], radix: 16) }
    }

    private func raw(_ name: String) -> String? { fields.first { $0.name == name }?.raw }
}

/// Moves over a record's text, never past its end.
private struct Cursor {
    let text: [UInt8]
    var position = 0

    init(text: [UInt8]) { self.text = text }

    mutating func take(_ expected: StaticString) -> Bool {
        let bytes = Array(expected.description.utf8)
        guard text.count - position >= bytes.count,
            text[position..<position + bytes.count].elementsEqual(bytes)
        else { return false }
        position += bytes.count
        return true
    }

    mutating func number() throws(Malformed) -> UInt64 {
        let start = position
        var value: UInt64 = 0
        while position < text.count, (48...57).contains(text[position]), position - start < 18 {
            value = value * 10 + UInt64(text[position] - 48)
            position += 1
        }
        if position == start { throw Malformed(at: position, expected: "a number") }
        return value
    }

    /// The next `name=value`; words without an equals sign are skipped.
    mutating func field() -> AuditRecord.Field? {
        while position < text.count {
            while position < text.count, text[position] <= 32 { position += 1 }
            let start = position
            while position < text.count, text[position] > 32, text[position] != 61 { position += 1 }
            guard position < text.count, text[position] == 61 else { continue }
            let name = String(decoding: text[start..<position], as: UTF8.self)
            position += 1
            let value = position
            if position < text.count, text[position] == 34 {
                position += 1
                while position < text.count, text[position] != 34 { position += 1 }
                position = min(position + 1, text.count)
            } else {
                while position < text.count, text[position] > 32 { position += 1 }
            }
            return AuditRecord.Field(
                name: name, raw: String(decoding: text[value..<position], as: UTF8.self))
        }
        return nil
    }

    static func nibble(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 48...57: byte - 48
        case 65...70: byte - 55
        case 97...102: byte - 87
        default: nil
        }
    }
}

/// Reads what an audit log socket delivers.
public enum AuditDatagram {
    /// Appends the records in the datagram's first `count` bytes to `records`.
    ///
    /// A message that is no record is counted in `skipped`.
    public static func read(
        _ bytes: Span<UInt8>, count: Int, into records: inout [AuditRecord],
        skipped: inout Int
    ) throws(Malformed) {
        let bytes = bytes.extracting(first: count)
        var offset = 0
        while let header = try header(in: bytes, at: &offset) {
            do {
                records.append(
                    try AuditRecord(type: header.type, text: bytes.copy(header.payload)))
            } catch {
                skipped += 1
            }
        }
    }

    /// The kernel writes audit lengths both with and without the header; a datagram holds one
    /// record, so its own end decides.
    private static func header(
        in bytes: Span<UInt8>, at offset: inout Int
    ) throws(Malformed) -> MessageHeader? {
        guard offset < bytes.count else { return nil }
        guard bytes.count - offset >= 16 else {
            throw Malformed(at: offset, expected: "a netlink header")
        }
        let header = MessageHeader(
            type: bytes.u16(offset + 4), flags: bytes.u16(offset + 6),
            sequence: bytes.u32(offset + 8), payload: offset + 16..<bytes.count)
        offset = bytes.count
        return header
    }
}
