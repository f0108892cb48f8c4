/// Appends fixed-width little-endian integers and length-prefixed bytes.
public struct ByteWriter: Sendable {
    /// What was written so far.
    @inlinable public var bytes: [UInt8] { written }
    @usableFromInline var written: [UInt8]

    /// Starts empty, with room for `capacity` bytes.
    public init(capacity: Int = 256) {
        written = []
        written.reserveCapacity(capacity)
    }

    /// Appends an integer of its own width, little-endian.
    @inlinable
    public mutating func integer<Value: FixedWidthInteger>(_ value: Value) {
        // SAFETY: the pointer covers the value's own bytes and does not leave the closure. Byte by
        // byte this was most of what an order cost on its way.
        unsafe withUnsafeBytes(of: value.littleEndian) { raw in
            unsafe written.append(contentsOf: raw)
        }
    }

    /// Appends an integer in network byte order.
    public mutating func bigEndian<Value: FixedWidthInteger>(_ value: Value) {
        integer(value.byteSwapped)
    }

    /// Appends the bytes as they are.
    public mutating func append(_ more: some Sequence<UInt8>) {
        written.append(contentsOf: more)
    }

    /// Appends a 32-bit length and the bytes.
    public mutating func block(_ more: [UInt8]) {
        integer(UInt32(more.count))
        written.append(contentsOf: more)
    }

    /// Appends a 32-bit length and the bytes of the range.
    public mutating func block(_ more: [UInt8], in range: Range<Int>) {
        integer(UInt32(range.count))
        written.append(contentsOf: more[range])
    }

    /// Appends a 32-bit length and the UTF-8 bytes of the text.
    public mutating func text(_ text: String) {
        integer(UInt32(text.utf8.count))
        written.append(contentsOf: text.utf8)
    }

    /// Forgets what was written and keeps the room.
    public mutating func removeAll() {
        written.removeAll(keepingCapacity: true)
    }

    /// Takes back what was written behind `count` bytes.
    public mutating func truncate(to count: Int) {
        written.removeLast(Swift.max(0, written.count - Swift.max(0, count)))
    }

    /// Overwrites an integer written earlier at `offset`, for lengths known only afterwards.
    public mutating func patch(_ value: UInt32, at offset: Int) {
        for index in 0..<4 {
            written[offset + index] = UInt8(truncatingIfNeeded: value >> (8 * UInt32(index)))
        }
    }
}
