// RequestTreaty: a client's HTTP request after the gateway has read it once, and the answer to it.
//
// What api sees is exactly what the gateway inspected: parsed, normalised, written anew. Types and
// codecs only.

public import Addresses
public import Bytes

/// Kinds of messages of this treaty.
public enum RequestMessage: UInt16, Sendable, CaseIterable {
    /// `ClientRequest`.
    case request = 0x0101
    /// Answer: `ClientResponse`.
    case response = 0x0102

    /// The word under `messages`.
    public var name: String {
        switch self {
        case .request: "request"
        case .response: "response"
        }
    }
}

/// Methods that the gateway lets through.
public enum Method: UInt8, Sendable, Hashable, CaseIterable {
    case get = 1
    case post = 2
    case put = 3
    case delete = 4

    /// As it stands in a request line.
    public var name: String {
        switch self {
        case .get: "GET"
        case .post: "POST"
        case .put: "PUT"
        case .delete: "DELETE"
        }
    }
}

/// A field of a head: the name in lower case.
public struct Field: Sendable, Hashable {
    /// In lower case.
    public var name: String
    /// Without white space around it.
    public var value: String

    /// Puts a field together.
    public init(name: String, value: String) {
        self.name = name
        self.value = value
    }
}

/// A request as the gateway forwards it.
public struct ClientRequest: Sendable, Hashable {
    /// Bounds of what is forwarded.
    public static let targetMax = 2_048
    /// Most fields.
    public static let fieldsMax = 32
    /// Most bytes of a field's name.
    public static let nameMax = 64
    /// Most bytes of a field's value.
    public static let valueMax = 1_024
    /// Most bytes of a body.
    public static let bodyMax = 65_536

    /// What is to be done.
    public var method: Method
    /// Path and query in origin form, normalised.
    public var target: String
    /// Only fields that the API reads; none of the connection's.
    public var fields: [Field]
    /// As it came; empty for none.
    public var body: [UInt8]
    /// Where the connection came from.
    public var client: Address
    /// Its port.
    public var clientPort: UInt16

    /// Puts a request together.
    public init(
        method: Method, target: String, fields: [Field], body: [UInt8], client: Address,
        clientPort: UInt16
    ) {
        self.method = method
        self.target = target
        self.fields = fields
        self.body = body
        self.client = client
        self.clientPort = clientPort
    }

    /// The value of a field by its lower-case name.
    public func field(_ name: String) -> String? {
        fields.first { $0.name == name }?.value
    }

    /// Appends its wire form.
    public func encode(into writer: inout ByteWriter) {
        writer.integer(method.rawValue)
        writer.integer(client.value)
        writer.integer(clientPort)
        writer.text(target)
        writer.integer(UInt16(fields.count))
        for field in fields {
            writer.text(field.name)
            writer.text(field.value)
        }
        writer.block(body)
    }

    /// Appends the wire form of a request that lies in `bytes`, whose strings are never made.
    ///
    /// Names must be in lower case and everything within the bounds: the reader checks both.
    public static func encode(
        _ method: Method, target: Range<Int>, fields: [(name: Range<Int>, value: Range<Int>)],
        in bytes: [UInt8], body: [UInt8], bodyRange: Range<Int>, client: Address,
        clientPort: UInt16, into writer: inout ByteWriter
    ) {
        writer.integer(method.rawValue)
        writer.integer(client.value)
        writer.integer(clientPort)
        writer.block(bytes, in: target)
        writer.integer(UInt16(truncatingIfNeeded: fields.count))
        for field in fields {
            writer.block(bytes, in: field.name)
            writer.block(bytes, in: field.value)
        }
        writer.block(body, in: bodyRange)
    }

    /// Reads one.
    public static func decode(_ reader: inout ByteReader) throws(Malformed) -> ClientRequest {
        let place = reader.position
        guard let method = Method(rawValue: try reader.integer()) else {
            throw Malformed(at: place, expected: "a known method")
        }
        let client = Address(try reader.integer())
        let port = try reader.integer(UInt16.self)
        let target = try reader.text(limit: targetMax)
        let start = reader.position
        let count = Int(try reader.integer(UInt16.self))
        guard count <= fieldsMax else {
            throw Malformed(at: start, expected: "a bounded number of fields")
        }
        var fields: [Field] = []
        for _ in 0..<count {
            fields.append(
                Field(
                    name: try reader.text(limit: nameMax), value: try reader.text(limit: valueMax)))
        }
        return ClientRequest(
            method: method, target: target, fields: fields, body: try reader.block(limit: bodyMax),
            client: client, clientPort: port)
    }
}

/// What the gateway answers the client.
public struct ClientResponse: Sendable, Hashable {
    /// Most bytes of a body.
    public static let bodyMax = 512 << 10

    /// 200 to 599.
    public var status: UInt16
    /// Without those of the connection, which the gateway writes.
    public var fields: [Field]
    /// As it came; empty for none.
    public var body: [UInt8]

    /// Puts a response together.
    public init(status: UInt16, fields: [Field], body: [UInt8]) {
        self.status = status
        self.fields = fields
        self.body = body
    }

    /// Appends its wire form.
    public func encode(into writer: inout ByteWriter) {
        writer.integer(status)
        writer.integer(UInt16(fields.count))
        for field in fields {
            writer.text(field.name)
            writer.text(field.value)
        }
        writer.block(body)
    }

    /// Reads one.
    public static func decode(_ reader: inout ByteReader) throws(Malformed) -> ClientResponse {
        let place = reader.position
        let status = try reader.integer(UInt16.self)
        let count = Int(try reader.integer(UInt16.self))
        guard (200...599).contains(status), count <= ClientRequest.fieldsMax else {
            throw Malformed(at: place, expected: "a status and a bounded number of fields")
        }
        var fields: [Field] = []
        for _ in 0..<count {
            fields.append(
                Field(
                    name: try reader.text(limit: ClientRequest.nameMax),
                    value: try reader.text(limit: ClientRequest.valueMax)))
        }
        return ClientResponse(
            status: status, fields: fields, body: try reader.block(limit: bodyMax))
    }
}
