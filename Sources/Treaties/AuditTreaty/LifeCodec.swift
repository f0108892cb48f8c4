internal import Bytes

/// Events of a compartment's life, of the platform, and of the trail itself.
enum LifeCodec {
    private static let digestBytes = 32

    static func encode(_ event: Event, into body: inout ByteWriter) -> EventCodec.Kind {
        switch event {
        case .started(let compartment, let digest, let pid, let landlock):
            body.integer(compartment)
            body.block(Array(digest.prefix(digestBytes)))
            body.integer(pid)
            body.integer(landlock)
            return .started
        case .ready(let compartment, let milliseconds):
            body.integer(compartment)
            body.integer(milliseconds)
            return .ready
        case .ended(let compartment, let ending):
            body.integer(compartment)
            encode(ending, into: &body)
            return .ended
        case .restarting(let compartment, let attempt, let delay):
            body.integer(compartment)
            body.integer(attempt)
            body.integer(delay)
            return .restarting
        case .abandoned(let compartment, let attempts):
            body.integer(compartment)
            body.integer(attempts)
            return .abandoned
        case .stepFailed(let compartment, let step, let errno):
            body.integer(compartment)
            body.clipped(step, limit: EventCodec.nameMax)
            body.integer(errno)
            return .stepFailed
        case .mismatch(let compartment, let what):
            body.integer(compartment)
            body.clipped(what, limit: EventCodec.textMax)
            return .mismatch
        default: return encodePlatform(event, into: &body)
        }
    }

    static func encodePlatform(_ event: Event, into body: inout ByteWriter) -> EventCodec.Kind {
        switch event {
        case .flowClosed(let flow, let connections, let by):
            body.integer(flow)
            body.integer(connections)
            body.clipped(by, limit: EventCodec.nameMax)
            return .flowClosed
        case .drift(let place):
            body.clipped(place, limit: EventCodec.textMax)
            return .drift
        case .command(let uid, let verb, let granted):
            body.integer(uid)
            body.clipped(verb, limit: EventCodec.nameMax)
            body.integer(UInt8(granted ? 1 : 0))
            return .command
        case .platformUp(let compartments, let milliseconds):
            body.integer(compartments)
            body.integer(milliseconds)
            return .platformUp
        case .platformDown(let reason):
            body.clipped(reason, limit: EventCodec.textMax)
            return .platformDown
        case .swept(let what):
            body.clipped(what, limit: EventCodec.textMax)
            return .swept
        case .note(let kind, let text):
            body.clipped(kind, limit: EventCodec.nameMax)
            body.clipped(text, limit: EventCodec.noteMax)
            return .note
        default: return encodeTrail(event, into: &body)
        }
    }

    private static func encodeTrail(
        _ event: Event, into body: inout ByteWriter
    ) -> EventCodec.Kind {
        switch event {
        case .recovered(let bytes):
            body.integer(bytes)
            return .recovered
        case .shed(let count):
            body.integer(count)
            return .shed
        case .full(let bytes):
            body.integer(bytes)
            return .full
        case .resumed(let lost):
            body.integer(lost)
            return .resumed
        case .malformed(let bytes):
            body.integer(bytes)
            return .malformed
        default:
            // Every other case is encoded by its own codec before it comes here.
            body.integer(UInt32(0))
            return .malformed
        }
    }

    private static func encode(_ ending: Ending, into body: inout ByteWriter) {
        switch ending {
        case .exited(let status):
            body.integer(UInt8(1))
            body.integer(status)
        case .signalled(let signal):
            body.integer(UInt8(2))
            body.integer(signal)
        case .outOfMemory:
            body.integer(UInt8(3))
            body.integer(UInt8(0))
        }
    }

    private static func ending(_ reader: inout ByteReader) throws(Malformed) -> Ending {
        let start = reader.position
        let kind = try reader.integer(UInt8.self)
        let value = try reader.integer(UInt8.self)
        switch kind {
        case 1: return .exited(status: value)
        case 2: return .signalled(value)
        case 3 where value == 0: return .outOfMemory
        default: throw Malformed(at: start, expected: "a known ending")
        }
    }

    private static func flag(_ reader: inout ByteReader) throws(Malformed) -> Bool {
        let start = reader.position
        switch try reader.integer(UInt8.self) {
        case 0: return false
        case 1: return true
        default: throw Malformed(at: start, expected: "0 or 1")
        }
    }

    static func decode(
        _ kind: EventCodec.Kind, _ reader: inout ByteReader
    ) throws(Malformed) -> Event {
        switch kind {
        case .started:
            .started(
                compartment: try reader.integer(), digest: try reader.block(limit: digestBytes),
                pid: try reader.integer(), landlock: try reader.integer())
        case .ready: .ready(compartment: try reader.integer(), milliseconds: try reader.integer())
        case .ended: .ended(compartment: try reader.integer(), try ending(&reader))
        case .restarting:
            .restarting(
                compartment: try reader.integer(), attempt: try reader.integer(),
                delayMilliseconds: try reader.integer())
        case .abandoned:
            .abandoned(compartment: try reader.integer(), attempts: try reader.integer())
        case .stepFailed:
            .stepFailed(
                compartment: try reader.integer(),
                step: try reader.text(limit: EventCodec.nameMax), errno: try reader.integer())
        case .mismatch:
            .mismatch(
                compartment: try reader.integer(),
                what: try reader.text(limit: EventCodec.textMax))
        default: try decodePlatform(kind, &reader)
        }
    }

    private static func decodePlatform(
        _ kind: EventCodec.Kind, _ reader: inout ByteReader
    ) throws(Malformed) -> Event {
        switch kind {
        case .flowClosed:
            return .flowClosed(
                flow: try reader.integer(), connections: try reader.integer(),
                by: try reader.text(limit: EventCodec.nameMax))
        case .drift: return .drift(where: try reader.text(limit: EventCodec.textMax))
        case .command:
            return .command(
                uid: try reader.integer(), verb: try reader.text(limit: EventCodec.nameMax),
                granted: try flag(&reader))
        case .platformUp:
            return .platformUp(
                compartments: try reader.integer(), milliseconds: try reader.integer())
        case .platformDown:
            return .platformDown(reason: try reader.text(limit: EventCodec.textMax))
        case .swept: return .swept(what: try reader.text(limit: EventCodec.textMax))
        case .recovered: return .recovered(bytes: try reader.integer())
        case .shed: return .shed(count: try reader.integer())
        case .full: return .full(bytes: try reader.integer())
        case .resumed: return .resumed(lost: try reader.integer())
        case .note:
            return .note(
                kind: try reader.text(limit: EventCodec.nameMax),
                text: try reader.text(limit: EventCodec.noteMax))
        case .malformed: return .malformed(bytes: try reader.integer())
        default: throw Malformed(at: reader.position, expected: "a kind of this codec")
        }
    }
}
