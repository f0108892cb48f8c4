/// Why a byte sequence could not be read: where it broke and what was expected there.
public struct Malformed: Error, Equatable, Sendable {
    /// Offset of the first byte that did not fit.
    public let offset: Int
    /// What was expected, as a fixed text: it never carries input bytes.
    public let expected: StaticString

    /// Names the place and what was expected there.
    public init(at offset: Int, expected: StaticString) {
        self.offset = offset
        self.expected = expected
    }

    /// Equal when place and expectation are the same.
    public static func == (left: Malformed, right: Malformed) -> Bool {
        left.offset == right.offset && left.expected.description == right.expected.description
    }
}

/// Reads fixed-width little-endian integers and length-prefixed bytes, never past the end.
///
/// Each read either succeeds whole or throws `Malformed` and leaves the position where it was.
public struct ByteReader: Sendable {
    @usableFromInline let bytes: [UInt8]
    /// The next byte to read.
    @inlinable public var position: Int { next }
    @usableFromInline var next: Int
    @usableFromInline let end: Int

    /// Reads all of `bytes`.
    public init(_ bytes: [UInt8]) {
        self.bytes = bytes
        next = 0
        end = bytes.count
    }

    /// Reads the part of `bytes` inside `range`, clamped to what is there.
    public init(_ bytes: [UInt8], in range: Range<Int>) {
        self.bytes = bytes
        next = Swift.min(Swift.max(range.lowerBound, 0), bytes.count)
        end = Swift.min(Swift.max(range.upperBound, next), bytes.count)
    }

    /// Bytes not read yet.
    @inlinable public var remaining: Int { end - position }

    /// An unsigned or signed integer of the type's own width, little-endian.
    @inlinable
    public mutating func integer<Value: FixedWidthInteger>(
        _ type: Value.Type = Value.self
    ) throws(Malformed) -> Value {
        let width = Value.bitWidth / 8
        guard remaining >= width else { throw Malformed(at: position, expected: "an integer") }
        var value: Value = 0
        // SAFETY: `position` and `width` lie within the array by the check above, and neither
        // pointer leaves its closure.
        unsafe withUnsafeMutableBytes(of: &value) { target in
            unsafe bytes.withUnsafeBytes { source in
                unsafe target.copyMemory(
                    from: UnsafeRawBufferPointer(rebasing: source[position..<position + width]))
            }
        }
        next += width
        return Value(littleEndian: value)
    }

    /// An integer in network byte order.
    public mutating func bigEndian<Value: FixedWidthInteger>(
        _ type: Value.Type = Value.self
    ) throws(Malformed) -> Value {
        Value(bigEndian: Value(littleEndian: try integer(type)))
    }

    /// Exactly `count` bytes.
    public mutating func take(_ count: Int) throws(Malformed) -> [UInt8] {
        guard count >= 0, remaining >= count else {
            throw Malformed(at: position, expected: "more bytes")
        }
        defer { next += count }
        return Array(bytes[position..<position + count])
    }

    /// Bytes behind a 32-bit length of at most `limit`.
    public mutating func block(limit: Int) throws(Malformed) -> [UInt8] {
        let start = position
        let count = try integer(UInt32.self)
        guard count <= limit, remaining >= count else {
            next = start
            throw Malformed(at: start, expected: "a block within its limit")
        }
        return try take(Int(count))
    }

    /// UTF-8 text behind a 32-bit length of at most `limit` bytes, without NUL.
    public mutating func text(limit: Int) throws(Malformed) -> String {
        let start = position
        let raw = try block(limit: limit)
        guard !raw.contains(0), let text = String(validating: raw, as: UTF8.self) else {
            next = start
            throw Malformed(at: start, expected: "UTF-8 text without NUL")
        }
        return text
    }

    /// A count of at most `limit` items to follow.
    public mutating func count(limit: Int) throws(Malformed) -> Int {
        let start = position
        let count = try integer(UInt32.self)
        guard count <= limit else {
            next = start
            throw Malformed(at: start, expected: "a count within its limit")
        }
        return Int(count)
    }

    /// Nothing may follow.
    public func finish() throws(Malformed) {
        guard remaining == 0 else { throw Malformed(at: position, expected: "the end") }
    }
}
