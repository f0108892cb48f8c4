/// Writes responses: one status line, checked fields, and a content of a length that is known.
public enum ResponseWriter {
    /// What the client is told while it waits to send its content.
    public static let goOn = Array("HTTP/1.1 100 Continue\r\n\r\n".utf8)

    /// Appends a response; false, and nothing appended, when a field cannot be sent.
    ///
    /// The fields of the connection and the content's length are written here and nowhere else. A
    /// status that has no content is sent without one, and so is the answer to HEAD (RFC 9110, 9.3.2).
    public static func append(
        status: UInt16, fields: some Sequence<(name: String, value: String)>, body: [UInt8],
        date: [UInt8], keepsAlive: Bool, isHead: Bool = false, to output: inout [UInt8]
    ) -> Bool {
        let start = output.count
        guard (200...599).contains(status) else { return false }
        begin(status, &output)
        for (name, value) in fields {
            guard isSafe(name: name), isSafe(value: value) else {
                output.removeSubrange(start...)
                return false
            }
            append(name, &output)
            append(": ", &output)
            append(value, &output)
            append("\r\n", &output)
        }
        append("date: ", &output)
        output.append(contentsOf: date)
        append(keepsAlive ? "\r\nconnection: keep-alive\r\n" : "\r\nconnection: close\r\n", &output)
        guard status != 204 && status != 304 else {
            append("\r\n", &output)
            return true
        }
        append("content-length: ", &output)
        append(body.count, &output)
        append("\r\n\r\n", &output)
        if !isHead { output.append(contentsOf: body) }
        return true
    }

    /// A name that a response may carry, in lower case, and that is none of the connection's.
    public static func isSafe(name: String) -> Bool {
        guard !name.isEmpty, name.utf8.count <= 64,
            name.utf8.allSatisfy({ Octet.isToken($0) && Octet.lowered($0) == $0 })
        else { return false }
        switch name {
        case "content-length", "transfer-encoding", "connection", "date", "keep-alive", "trailer",
            "upgrade", "te", "proxy-connection":
            return false
        default: return true
        }
    }

    /// Visible ASCII with spaces inside: nothing that ends a line or a text.
    public static func isSafe(value: String) -> Bool {
        value.utf8.allSatisfy { (0x20..<0x7F).contains($0) }
            && value.utf8.first != Octet.space && value.utf8.last != Octet.space
    }

    private static func begin(_ status: UInt16, _ output: inout [UInt8]) {
        append("HTTP/1.1 ", &output)
        append(Int(status), &output)
        append(" ", &output)
        append(reason(status), &output)
        append("\r\n", &output)
    }

    private static func append(_ text: String, _ output: inout [UInt8]) {
        output.append(contentsOf: text.utf8)
    }

    private static func append(_ value: Int, _ output: inout [UInt8]) {
        var divisor = 1
        while value / divisor >= 10 { divisor *= 10 }
        while divisor > 0 {
            output.append(0x30 + UInt8(value / divisor % 10))
            divisor /= 10
        }
    }

    /// The words of the registry; a client must not read them.
    private static func reason(_ status: UInt16) -> String {
        switch status {
        case 200: "OK"
        case 201: "Created"
        case 202: "Accepted"
        case 204: "No Content"
        case 304: "Not Modified"
        case 400: "Bad Request"
        case 401: "Unauthorized"
        case 403: "Forbidden"
        case 404: "Not Found"
        case 405: "Method Not Allowed"
        case 408: "Request Timeout"
        case 409: "Conflict"
        case 411: "Length Required"
        case 413: "Content Too Large"
        case 414: "URI Too Long"
        case 415: "Unsupported Media Type"
        case 417: "Expectation Failed"
        case 422: "Unprocessable Content"
        case 429: "Too Many Requests"
        case 431: "Request Header Fields Too Large"
        case 500: "Internal Server Error"
        case 501: "Not Implemented"
        case 502: "Bad Gateway"
        case 503: "Service Unavailable"
        case 504: "Gateway Timeout"
        case 505: "HTTP Version Not Supported"
        default: ""
        }
    }
}
