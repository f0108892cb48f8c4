internal import HTTPWire

/// How many clients, how long for each step, and how much of each.
package struct GateLimits: Sendable {
    /// Connections at one time.
    package var clientsMax = 2_048
    /// Of them from one address.
    package var clientsPerAddressMax = 512
    /// Of them without a finished handshake.
    package var handshakesMax = 256
    /// Connections taken in one turn of the loop.
    package var acceptedPerTurnMax = 64
    /// Bytes of requests that wait behind the one that is being answered.
    package var pipelinedBytesMax = 16_384
    /// Above this much to send, no further request of that client is looked at.
    package var backlogMax = 262_144
    /// Bytes in all buffers of clients; above it, long bodies are refused.
    package var heldMax = 32 << 20
    /// Bytes that a client may hold even then.
    package var heldAlwaysMax = 8_192
    /// Bytes that are read from a refused client, so that it hears why.
    package var lingerBytesMax = 262_144

    package var handshake: UInt64 = 5_000_000_000
    package var head: UInt64 = 5_000_000_000
    package var body: UInt64 = 10_000_000_000
    package var idle: UInt64 = 60_000_000_000
    package var answer: UInt64 = 10_000_000_000
    /// For a client to read what waits for it.
    package var drain: UInt64 = 30_000_000_000
    package var linger: UInt64 = 2_000_000_000
    /// How often deadlines are looked at.
    package var sweep: UInt64 = 250_000_000

    /// Those of the exchange's door.
    package init() {}
}

/// What a client is doing, each with a deadline of its own.
package enum ClientPhase: Sendable, Hashable {
    case handshake
    /// Between two requests.
    case idle
    case head
    case body
    /// Its request is with the API.
    case answer
    /// It does not read as fast as we write.
    case drain
    /// Everything is said; what it still sends is thrown away.
    case linger

    /// Nanoseconds that it may take.
    package func patience(_ limits: GateLimits) -> UInt64 {
        switch self {
        case .handshake: limits.handshake
        case .idle: limits.idle
        case .head: limits.head
        case .body: limits.body
        case .answer: limits.answer
        case .drain: limits.drain
        case .linger: limits.linger
        }
    }
}
