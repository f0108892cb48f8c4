public import Findings

/// Why a text is not the JSON that was asked for, and where.
public struct NotationFailure: Error, Equatable, Sendable, CustomStringConvertible {
    /// Line and column in characters, from 1.
    public let place: Place
    /// Bytes before the place.
    public let offset: Int
    /// What is wrong, as a fixed text: it never carries input.
    public let problem: StaticString

    /// `line:column: problem`.
    public var description: String { "\(place.line):\(place.column): \(problem)" }

    /// Equal when place and problem are the same.
    public static func == (left: NotationFailure, right: NotationFailure) -> Bool {
        left.offset == right.offset && left.place == right.place
            && left.problem.description == right.problem.description
    }
}

extension JSON {
    /// What a text may be at most before it is refused.
    public struct Bounds: Sendable {
        /// Bytes of the whole text.
        public var bytes = 16 << 20
        /// Lists and objects inside one another, at most 64.
        public var depth = 64
        /// Values in all, members' names not counted.
        public var values = 1_000_000

        /// The defaults: 16 MiB, 64 levels, a million values.
        public init() {}
    }

    /// Reads exactly one value with white space around it.
    ///
    /// Stricter than RFC 8259 where that leaves room: names within an object are unique, text is
    /// valid UTF-8 and surrogates come in pairs.
    public static func parse(
        _ bytes: [UInt8], within bounds: Bounds = Bounds()
    ) throws(NotationFailure) -> JSON {
        var parser = JSONParser(bytes: bytes, bounds: bounds)
        return try parser.document()
    }

    /// Reads the text's UTF-8 within the default bounds.
    public static func parse(_ text: String) throws(NotationFailure) -> JSON {
        try parse(Array(text.utf8))
    }
}
