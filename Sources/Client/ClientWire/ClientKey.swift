internal import Bytes
internal import Digests

/// A key for the venue's API: its name, and the secret that signs by HMAC-SHA256.
///
/// A class: the keyed context is changed in place. One thread at a time.
package final class ClientKey {
    /// How identity named it.
    package let name: String
    private let code: HMAC

    package init(name: String, secret: [UInt8]) {
        self.name = name
        code = HMAC(key: secret)
    }

    /// The signature, in lower-case hexadecimal, of `timestamp LF window LF METHOD LF target LF body`.
    package func signature(
        timestamp: UInt64, window: UInt32, method: ClientMethod, target: String, body: [UInt8]
    ) -> String {
        var payload: [UInt8] = []
        payload.reserveCapacity(target.utf8.count + body.count + 48)
        payload.append(
            contentsOf: "\(timestamp)\n\(window)\n\(method.rawValue)\n\(target)\n".utf8)
        payload.append(contentsOf: body)
        return Hexadecimal.render(code.code(over: payload))
    }
}

/// What a client does to a target.
package enum ClientMethod: String, Sendable {
    case get = "GET"
    case post = "POST"
    case put = "PUT"
    case delete = "DELETE"
}

/// Requests as they go over the wire.
package struct RequestText: Sendable {
    /// How far the venue's clock may be from ours, in milliseconds.
    package static let window: UInt32 = 10_000
    private let host: String

    /// For requests to that host.
    package init(_ endpoint: Endpoint) { host = "\(endpoint)" }

    /// A request that needs no signature.
    package func plain(_ method: ClientMethod, _ target: String) -> [UInt8] {
        Array("\(method.rawValue) \(target) HTTP/1.1\r\nhost: \(host)\r\n\r\n".utf8)
    }

    /// A signed request; `time` is in milliseconds since 1970.
    package func signed(
        _ method: ClientMethod, _ target: String, _ body: [UInt8] = [], by key: ClientKey,
        time: UInt64
    ) -> [UInt8] {
        let signature = key.signature(
            timestamp: time, window: Self.window, method: method, target: target, body: body)
        var text = """
            \(method.rawValue) \(target) HTTP/1.1\r\nhost: \(host)\r\n\
            bulkhead-key: \(key.name)\r\nbulkhead-timestamp: \(time)\r\n\
            bulkhead-window: \(Self.window)\r\nbulkhead-signature: \(signature)\r\n
            """
        if method == .post || method == .put {
            text += "content-type: application/json\r\ncontent-length: \(body.count)\r\n"
        }
        text += "\r\n"
        return Array(text.utf8) + body
    }
}
