internal import Bytes
internal import Passage

/// Frames as bytes, those included that no honest end writes.
enum FrameText {
    static let open: UInt64 = 1
    static let join: UInt64 = 2
    static let welcome: UInt64 = 3
    static let move: UInt64 = 4

    /// A word about the connection.
    static func word(_ word: UInt64) -> [UInt8] { message(0, correlation: word, []) }

    /// A frame; `flags` 1 is an answer, 3 the last one.
    static func message(
        _ kind: UInt16, flags: UInt8 = 0, correlation: UInt64, _ body: [UInt8]
    ) -> [UInt8] {
        raw(UInt32(body.count + FrameHead.bytes - 4), kind, flags, 0, correlation) + body
    }

    /// A head with any length, flags and reserved byte.
    static func raw(
        _ length: UInt32, _ kind: UInt16, _ flags: UInt8, _ reserved: UInt8, _ correlation: UInt64
    ) -> [UInt8] {
        var writer = ByteWriter(capacity: FrameHead.bytes)
        writer.integer(length)
        writer.integer(kind)
        writer.integer(flags)
        writer.integer(reserved)
        writer.integer(correlation)
        return writer.bytes
    }
}
