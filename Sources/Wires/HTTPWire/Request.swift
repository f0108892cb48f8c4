/// Methods that the door lets through.
public enum RequestMethod: Sendable, Hashable, CaseIterable {
    case get
    case post
    case put
    case delete

    /// A body belongs to it; to the others it does not.
    public var hasBody: Bool { self == .post || self == .put }
}

/// A field as it stands in the buffer: offsets from the start of its request.
public struct FieldPlace: Sendable, Hashable {
    /// As the client wrote it, in any case.
    public let name: Range<Int>
    /// Without white space around it.
    public let value: Range<Int>
}

/// Where the content of a request is.
public enum ContentPlace: Sendable, Hashable {
    /// Offsets from the start of the request; empty for none.
    case plain(Range<Int>)
    /// It came in chunks: `RequestParser.content` has it.
    case chunked
}

/// A request that was accepted: places in the buffer, no copies.
public struct ParsedRequest: Sendable, Hashable {
    /// What is to be done.
    public let method: RequestMethod
    /// Path and query in normal form: offsets from the start of the request.
    public let target: Range<Int>
    /// The body.
    public let content: ContentPlace
    /// Bytes of the whole request; the next one begins there.
    public let count: Int
    /// Another request may follow on the connection.
    public let keepsAlive: Bool
}

/// What the bytes so far come to.
public enum RequestProgress: Sendable, Hashable {
    /// So far nothing is wrong, and something is missing.
    case incomplete
    /// A whole request, which `RequestParser.fields` belongs to.
    case complete(ParsedRequest)
    /// Refused: answer, and never read on.
    case refused(Refusal)
}

/// How much a request may be.
public struct RequestLimits: Sendable, Hashable {
    /// Bytes of a request line; a longer one is a target that is too long.
    public var lineBytesMax = 2_176
    /// Bytes of a target.
    public var targetBytesMax = 2_048
    /// Bytes from the first of the request line to the last of the empty line.
    public var headBytesMax = 16_384
    /// Fields of a head.
    public var fieldsMax = 64
    /// Bytes of content.
    public var bodyBytesMax = 65_536
    /// Bytes that chunk sizes and line ends may add to a content.
    public var chunkOverheadMax = 16_384
    /// Bytes of all chunk extensions.
    public var extensionBytesMax = 1_024
    /// Bytes of trailers.
    public var trailerBytesMax = 4_096

    /// Bounds of the exchange's door.
    public init() {}

    /// No request that is taken is longer than this, so that a buffer of this size is enough.
    public var requestBytesMax: Int {
        headBytesMax + bodyBytesMax + chunkOverheadMax + extensionBytesMax + trailerBytesMax + 2
    }
}
