public import Bytes

/// Kinds of messages between orders, risk, matching and those who take their results.
///
/// A stream begins with `attach`; the receiver answers `resume` with the last block that it has,
/// and the sender goes on behind it. Who cannot go on from there starts again from the journal.
public enum StreamMessage: UInt16, Sendable, CaseIterable {
    /// Empty body.
    case attach = 0x0401
    /// Answer: `Resume`.
    case resume = 0x0402
    /// `Block`.
    case block = 0x0403
    /// `Instructions`.
    case instructions = 0x0404
    /// `Results`.
    case results = 0x0405
    /// Empty body: the receiver forgets everything and starts at block 1.
    case restart = 0x0406
    /// Answer to `attach` instead: nothing more is taken until people have looked. Text: why.
    case halted = 0x0407

    /// The word under `messages`.
    public var name: String {
        switch self {
        case .attach: "attach"
        case .resume: "resume"
        case .block: "block"
        case .instructions: "instructions"
        case .results: "results"
        case .restart: "restart"
        case .halted: "halted"
        }
    }
}

/// Where the receiver of a stream stands.
public struct Resume: Sendable, Hashable {
    /// The last block that it has; 0 for none.
    public var block: UInt64
    /// The running digest of results up to that block as the receiver knows it; 32 bytes, zeroes
    /// when it knows none.
    public var digest: [UInt8]

    /// Puts it together.
    public init(block: UInt64, digest: [UInt8] = [UInt8](repeating: 0, count: 32)) {
        self.block = block
        self.digest = digest
    }

    /// Appends its wire form.
    public func encode(into writer: inout ByteWriter) {
        writer.integer(block)
        writer.append(digest)
    }

    /// Reads one.
    public static func decode(_ reader: inout ByteReader) throws(Malformed) -> Resume {
        Resume(block: try reader.integer(), digest: try reader.take(32))
    }
}
