// Notation: JSON (RFC 8259) as a bounded value, read strictly and written in one stable form.
// It never touches files, never keeps numbers as floating point, and never guesses: what is not
// exactly JSON is refused with its place. Bounds: see `JSON.Bounds`.

/// A JSON value; objects keep the order in which their members were given.
public indirect enum JSON: Equatable, Sendable {
    case null
    case boolean(Bool)
    case integer(Int64)
    /// A number that is no 64-bit integer, in the digits it was written with.
    case number(String)
    case text(String)
    case list([JSON])
    case object([Member])

    /// One name and value of an object.
    public struct Member: Equatable, Sendable {
        /// Unique within its object when it was parsed.
        public var name: String
        /// What the name stands for.
        public var value: JSON

        /// A name with its value.
        public init(_ name: String, _ value: JSON) {
            self.name = name
            self.value = value
        }
    }

    /// The value of the first member of that name; nil for anything but an object that has it.
    public subscript(name: String) -> JSON? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.name == name }?.value
    }

    /// The text, when it is one.
    public var asText: String? {
        guard case .text(let text) = self else { return nil }
        return text
    }

    /// The integer, when it is one.
    public var asInteger: Int64? {
        guard case .integer(let value) = self else { return nil }
        return value
    }

    /// The truth value, when it is one.
    public var asBoolean: Bool? {
        guard case .boolean(let value) = self else { return nil }
        return value
    }

    /// The items, when it is a list.
    public var asList: [JSON]? {
        guard case .list(let items) = self else { return nil }
        return items
    }

    /// The members, when it is an object.
    public var asObject: [Member]? {
        guard case .object(let members) = self else { return nil }
        return members
    }

    /// An integer of any width; beyond 64 signed bits it is kept as digits.
    public static func count(_ value: some BinaryInteger) -> JSON {
        Int64(exactly: value).map(JSON.integer) ?? .number(String(value))
    }

    /// The text, or null for nil.
    public static func optional(_ text: String?) -> JSON { text.map(JSON.text) ?? .null }
}

extension JSON: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByBooleanLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    /// A text.
    public init(stringLiteral value: String) { self = .text(value) }
    /// An integer.
    public init(integerLiteral value: Int64) { self = .integer(value) }
    /// A truth value.
    public init(booleanLiteral value: Bool) { self = .boolean(value) }
    /// A list.
    public init(arrayLiteral elements: JSON...) { self = .list(elements) }
    /// An object with its members in the order written.
    public init(dictionaryLiteral elements: (String, JSON)...) {
        self = .object(elements.map { Member($0.0, $0.1) })
    }
}
