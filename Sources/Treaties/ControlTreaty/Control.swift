// What an operator's front and a running supervisor say to each other over the control socket:
// one request and one reply a connection, each a single SEQPACKET message of at most 64 KiB.
// Messages and codecs only; who may ask what is the supervisor's table.

package import Bytes

/// What an operator asks of a running platform.
package enum ControlRequest: Equatable, Sendable {
    case status
    case down
    /// Ends flows now: rules, tracked connections and sockets. `to` is a compartment's name, alone
    /// or with `.` and a port's number.
    case revoke(from: String, to: String)
    case restart(compartment: String)
    /// Drills only: puts the probe in a compartment's place. Two descriptors travel with the
    /// message: the orders (memfd) and the probe's end of the report channel.
    case probe(compartment: String, program: String)
    /// Drills only: gives a probed compartment its program back.
    case release(compartment: String)
    /// A connection to a service's channel for operators; its descriptor travels with the answer.
    case open(compartment: String, channel: String)
    /// The running plan, as memory that travels with the answer.
    case plan
    /// A network namespace, which travels with the answer: a compartment's index, or one more than
    /// the last for the fabric.
    case place(UInt32)
    /// Other flows for the running plan: an end of a stream travels with the message, over which
    /// they come once their file has been read. Not confirmed within so many seconds, what was
    /// before comes back; 0 is for good.
    case amend(confirmSeconds: UInt32)
    /// Keeps what an unconfirmed amendment did.
    case confirm

    /// Longest time to confirm in.
    package static let confirmSecondsMax: UInt32 = 86_400

    /// Largest encoded request in bytes.
    package static let bytesMax = 8192

    package func encode() -> [UInt8] {
        var writer = ByteWriter()
        writer.integer(UInt8(1))
        switch self {
        case .status: writer.integer(UInt8(1))
        case .down: writer.integer(UInt8(2))
        case .revoke(let from, let to):
            writer.integer(UInt8(3))
            writer.text(from)
            writer.text(to)
        case .restart(let compartment):
            writer.integer(UInt8(4))
            writer.text(compartment)
        case .probe(let compartment, let program):
            writer.integer(UInt8(5))
            writer.text(compartment)
            writer.text(program)
        case .release(let compartment):
            writer.integer(UInt8(6))
            writer.text(compartment)
        case .open(let compartment, let channel):
            writer.integer(UInt8(7))
            writer.text(compartment)
            writer.text(channel)
        case .plan: writer.integer(UInt8(8))
        case .place(let index):
            writer.integer(UInt8(9))
            writer.integer(index)
        case .amend(let seconds):
            writer.integer(UInt8(10))
            writer.integer(seconds)
        case .confirm: writer.integer(UInt8(11))
        }
        return writer.bytes
    }

    package static func decode(_ bytes: [UInt8]) throws(Malformed) -> ControlRequest {
        var reader = ByteReader(bytes)
        guard try reader.integer(UInt8.self) == 1 else {
            throw Malformed(at: 0, expected: "version 1")
        }
        let request: ControlRequest
        switch try reader.integer(UInt8.self) {
        case 1: request = .status
        case 2: request = .down
        case 3:
            request = .revoke(from: try reader.text(limit: 64), to: try reader.text(limit: 72))
        case 4: request = .restart(compartment: try reader.text(limit: 64))
        case 5:
            request = .probe(
                compartment: try reader.text(limit: 64), program: try reader.text(limit: 4096))
        case 6: request = .release(compartment: try reader.text(limit: 64))
        case 7:
            request = .open(
                compartment: try reader.text(limit: 64), channel: try reader.text(limit: 64))
        case 8: request = .plan
        case 9: request = .place(try reader.integer())
        case 10:
            let seconds = try reader.integer(UInt32.self)
            guard seconds <= confirmSecondsMax else { throw Malformed(at: 2, expected: "a day") }
            request = .amend(confirmSeconds: seconds)
        case 11: request = .confirm
        default: throw Malformed(at: 1, expected: "a known verb")
        }
        try reader.finish()
        return request
    }

    /// It changes nothing and is asked often.
    package var isFrequent: Bool {
        switch self {
        case .status, .place: true
        default: false
        }
    }

    /// The verb as records name it.
    package var verb: String {
        switch self {
        case .status: "status"
        case .down: "down"
        case .revoke: "revoke"
        case .restart: "restart"
        case .probe: "probe"
        case .release: "release"
        case .open(let compartment, let channel): "open \(compartment).\(channel)"
        case .plan: "plan"
        case .place: "place"
        case .amend: "apply"
        case .confirm: "confirm"
        }
    }
}

/// What the supervisor answers.
package enum ControlReply: Equatable, Sendable {
    case done(String)
    case refused(problem: String, remedy: String)
    case status(PlatformStatus)

    /// Largest encoded reply in bytes.
    package static let bytesMax = 1 << 20

    package func encode() -> [UInt8] {
        var writer = ByteWriter(capacity: 4096)
        writer.integer(UInt8(1))
        switch self {
        case .done(let text):
            writer.integer(UInt8(1))
            writer.text(text)
        case .refused(let problem, let remedy):
            writer.integer(UInt8(2))
            writer.text(problem)
            writer.text(remedy)
        case .status(let status):
            writer.integer(UInt8(3))
            status.encode(into: &writer)
        }
        return writer.bytes
    }

    package static func decode(_ bytes: [UInt8]) throws(Malformed) -> ControlReply {
        var reader = ByteReader(bytes)
        guard try reader.integer(UInt8.self) == 1 else {
            throw Malformed(at: 0, expected: "version 1")
        }
        let reply: ControlReply
        switch try reader.integer(UInt8.self) {
        case 1: reply = .done(try reader.text(limit: 65536))
        case 2:
            reply = .refused(
                problem: try reader.text(limit: 65536), remedy: try reader.text(limit: 65536))
        case 3: reply = .status(try PlatformStatus.decode(&reader))
        default: throw Malformed(at: 1, expected: "a known reply")
        }
        try reader.finish()
        return reply
    }
}
