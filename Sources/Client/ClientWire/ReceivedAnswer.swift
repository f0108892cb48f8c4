// ClientWire: the client's side of the venue's API: requests signed and written, answers parsed,
// many kept connections over TLS 1.3 on one loop.
//
// It believes one root certificate and the name or address that it dialled, and nothing of what a
// server sends without bounds. Bounds: heads of 16 KiB with 64 fields, bodies of 1 MiB, one question
// at a time on each connection, 1,024 connections.

/// One answer of the server.
package struct ReceivedAnswer: Sendable, Equatable {
    /// 200 to 599.
    package var status: UInt16
    /// The whole content.
    package var body: [UInt8]
    /// Whether the connection takes another request.
    package var keepsAlive: Bool
    /// Seconds after which to try again, when the server said so; at most an hour.
    package var retryAfter: Int?

    package init(status: UInt16, body: [UInt8], keepsAlive: Bool, retryAfter: Int? = nil) {
        self.status = status
        self.body = body
        self.keepsAlive = keepsAlive
        self.retryAfter = retryAfter
    }
}
