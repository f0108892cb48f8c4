package import Addresses
package import Bytes
internal import Loop
package import TLSEngine

/// One live passage; it stays the same while connections under it are renewed.
package struct Link: Hashable, Sendable {
    let slot: Int
    let generation: UInt64
}

/// A line of the table: who is at the other end, and which end begins.
package struct Peer: Hashable, Sendable {
    let line: Int
}

/// A frame that a peer sent.
package struct Message: Sendable {
    package let link: Link
    package let peer: Peer
    package let kind: UInt16
    /// What an answer answers; 0 for what wants none.
    package let correlation: UInt64
    package let isAnswer: Bool
    /// No further answer follows to the same question.
    package let isLast: Bool
    /// Reads the body where it lies.
    package let body: ByteReader
}

/// Why a connection ended, or never came to be.
package enum PassageEnd: Sendable, Hashable {
    /// How a peer broke the rules of frames.
    package enum Breach: UInt8, Sendable, Hashable {
        /// A length outside the bounds, or bits that must be zero.
        case malformed
        /// A kind that the table does not permit to this peer, or that this program does not know.
        case kind
        /// An answer that nobody asked for, or a question from the one that answers.
        case unasked
        /// A word about the connection itself at the wrong moment.
        case order
    }

    /// The other side, or the network, ended it.
    case lost
    /// This program closed it.
    case ours
    /// A certificate's life ended before a new connection stood.
    case expired
    /// More than the bound waited to be sent.
    case overflow
    /// The peer began anew.
    case replaced
    /// Too many connections from one address.
    case crowded
    /// Address, port and name of the other side stand in no line of the table.
    case stranger
    /// Nothing was said for too long before the connection stood.
    case silent
    case breach(Breach)
    case tls(TLSProblem)

    /// What everybody records of it behind the peer's name; nil for what restarts do too.
    package var record: String? {
        switch self {
        case .breach: "broke the rules of passages: \(text)"
        case .expired: "kept no passage: \(text)"
        default: nil
        }
    }

    /// In words, for an event.
    package var text: String {
        switch self {
        case .lost: "the connection was lost"
        case .ours: "closed here"
        case .expired: "a certificate's life ended"
        case .overflow: "too much waited to be sent"
        case .replaced: "the peer began anew"
        case .crowded: "too many connections from one peer"
        case .stranger: "the other side is not in the table"
        case .silent: "the other side said nothing"
        case .breach(.malformed): "a malformed frame"
        case .breach(.kind): "a kind of message that is not permitted"
        case .breach(.unasked): "an answer that nobody asked for"
        case .breach(.order): "a word about the connection at the wrong moment"
        case .tls(.certificate(let number)): "its certificate does not hold (\(number))"
        case .tls(.anonymous): "it showed no certificate"
        case .tls(.alert(let number)): "it refused us (alert \(number))"
        case .tls(.broken(let number)): "it does not speak TLS 1.3 (\(number))"
        }
    }
}

/// What happened on a service's passages.
package enum Arrival: Sendable {
    /// Both ends have proved who they are.
    case opened(Link, Peer)
    /// Everything that was asked on it and not yet answered is lost.
    case closed(Link, Peer, PassageEnd)
    case message(Message)
    /// Somebody who never became a link; nil when the address is nobody's.
    case refused(Peer?, Address, PassageEnd)
    /// There is a new certificate for the published side.
    case publicIdentity
}

/// Where the time comes from.
package struct PassageClock: Sendable {
    /// Nanoseconds of a clock that never goes back.
    package var monotonic: @Sendable () -> UInt64
    /// Seconds since 1970, for the life of certificates.
    package var wall: @Sendable () -> Int64

    /// Puts a clock together.
    package init(
        monotonic: @escaping @Sendable () -> UInt64, wall: @escaping @Sendable () -> Int64
    ) {
        self.monotonic = monotonic
        self.wall = wall
    }

    /// The machine's clocks.
    package static let system = PassageClock(
        monotonic: { Clocks.monotonic() }, wall: { Clocks.wallSeconds() })
}
