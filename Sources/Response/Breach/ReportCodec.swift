internal import Addresses
package import Bytes

/// Reports as bytes, one message each: u8 version, u8 kind, fields, nothing after them.
package enum ReportCodec {
    /// Longest message, within one datagram of the report socket.
    package static let bytesMax = 8192
    static let version: UInt8 = 1
    static let textMax = 400
    static let touchesMax = 256
    static let targetsMax = 32
    static let descriptorsMax = 1024

    /// Texts and lists above their bounds are cut, so a report always fits.
    package static func encode(_ report: Report) -> [UInt8] {
        var writer = ByteWriter()
        writer.integer(version)
        switch report {
        case .identity(let identity):
            writer.integer(UInt8(1))
            write(identity, to: &writer)
        case .began(let id, let time):
            writer.integer(UInt8(2))
            writer.text(cut(id, OrdersCodec.idBytesMax))
            writer.integer(time)
        case .ended(let trial):
            writer.integer(UInt8(3))
            write(trial, to: &writer)
        case .sighting(let sighting):
            writer.integer(UInt8(4))
            writer.integer(sighting.time)
            writer.text(cut(sighting.interface, 16))
            writer.integer(sighting.source.value)
            write(sighting.touch, to: &writer)
        case .finished(let trials):
            writer.integer(UInt8(5))
            writer.integer(trials)
        case .listening(let port):
            writer.integer(UInt8(6))
            writer.integer(port)
        case .loot(let loot):
            writer.integer(UInt8(7))
            EnvoyCodec.write(loot, to: &writer)
        case .prompt(let word):
            writer.integer(UInt8(8))
            writer.text(cut(word, textMax))
        }
        return writer.bytes
    }

    package static func decode(_ bytes: [UInt8]) throws(Malformed) -> Report {
        guard bytes.count <= bytesMax else {
            throw Malformed(at: 0, expected: "a report within its bound")
        }
        var reader = ByteReader(bytes)
        guard try reader.integer(UInt8.self) == version else {
            throw Malformed(at: 0, expected: "version 1")
        }
        let report: Report
        switch try reader.integer(UInt8.self) {
        case 1: report = .identity(try readIdentity(&reader))
        case 2:
            let id = try reader.text(limit: OrdersCodec.idBytesMax)
            report = .began(id: id, time: try reader.integer())
        case 3: report = .ended(try readTrial(&reader))
        case 4:
            let time = try reader.integer(UInt64.self)
            let interface = try reader.text(limit: 16)
            let source = Address(try reader.integer())
            report = .sighting(
                Sighting(
                    time: time, interface: interface, source: source,
                    touch: try readTouch(&reader)))
        case 5: report = .finished(trials: try reader.integer())
        case 6: report = .listening(port: try reader.integer())
        case 7: report = .loot(try EnvoyCodec.readLoot(&reader))
        case 8: report = .prompt(try reader.text(limit: textMax))
        default: throw Malformed(at: 1, expected: "a kind of report")
        }
        try reader.finish()
        return report
    }

    /// The outcome alone, as a child hands it to its parent.
    package static func encode(_ outcome: Outcome) -> [UInt8] {
        var writer = ByteWriter()
        write(outcome, to: &writer)
        return writer.bytes
    }

    package static func decodeOutcome(_ bytes: [UInt8]) throws(Malformed) -> Outcome {
        var reader = ByteReader(bytes)
        let outcome = try readOutcome(&reader)
        try reader.finish()
        return outcome
    }

    private static func write(_ outcome: Outcome, to writer: inout ByteWriter) {
        switch outcome {
        case .stopped(let refusal):
            writer.integer(UInt8(1))
            writer.integer(refusal.call ?? UInt16.max)
            writer.integer(refusal.errno)
            writer.integer(refusal.signal)
            for index in 0..<6 {
                writer.integer(index < refusal.arguments.count ? refusal.arguments[index] : 0)
            }
            writer.text(cut(refusal.detail, textMax))
        case .sent(let text): write(2, text, to: &writer)
        case .through(let text): write(3, text, to: &writer)
        case .inapplicable(let text): write(4, text, to: &writer)
        case .couldNotRun(let text): write(5, text, to: &writer)
        }
    }

    private static func write(_ kind: UInt8, _ text: String, to writer: inout ByteWriter) {
        writer.integer(kind)
        writer.text(cut(text, textMax))
    }

    private static func readOutcome(_ reader: inout ByteReader) throws(Malformed) -> Outcome {
        let at = reader.position
        switch try reader.integer(UInt8.self) {
        case 1:
            let call = try reader.integer(UInt16.self)
            let errno = try reader.integer(Int32.self)
            let signal = try reader.integer(UInt8.self)
            var arguments: [UInt64] = []
            for _ in 0..<6 { arguments.append(try reader.integer()) }
            return .stopped(
                Refusal(
                    call: call == .max ? nil : call, errno: errno, signal: signal,
                    arguments: arguments, detail: try reader.text(limit: textMax)))
        case 2: return .sent(try reader.text(limit: textMax))
        case 3: return .through(try reader.text(limit: textMax))
        case 4: return .inapplicable(try reader.text(limit: textMax))
        case 5: return .couldNotRun(try reader.text(limit: textMax))
        default: throw Malformed(at: at, expected: "a kind of outcome")
        }
    }

    private static func write(_ trial: Trial, to writer: inout ByteWriter) {
        writer.text(cut(trial.id, OrdersCodec.idBytesMax))
        writer.integer(trial.begin)
        writer.integer(trial.end)
        write(trial.outcome, to: &writer)
        let touches = trial.touches.prefix(touchesMax)
        writer.integer(UInt32(touches.count))
        for touch in touches { write(touch, to: &writer) }
        let targets = trial.targets.prefix(targetsMax)
        writer.integer(UInt32(targets.count))
        for target in targets { writer.text(cut(target, EnvoyOrders.nameMax)) }
        writer.text(cut(trial.control, textMax))
    }

    private static func readTrial(_ reader: inout ByteReader) throws(Malformed) -> Trial {
        let id = try reader.text(limit: OrdersCodec.idBytesMax)
        let begin = try reader.integer(UInt64.self)
        let end = try reader.integer(UInt64.self)
        let outcome = try readOutcome(&reader)
        var touches: [Touch] = []
        for _ in 0..<(try reader.count(limit: touchesMax)) {
            touches.append(try readTouch(&reader))
        }
        var trial = Trial(id: id, begin: begin, end: end, outcome: outcome, touches: touches)
        for _ in 0..<(try reader.count(limit: targetsMax)) {
            trial.targets.append(try reader.text(limit: EnvoyOrders.nameMax))
        }
        trial.control = try reader.text(limit: textMax)
        return trial
    }

    private static func write(_ touch: Touch, to writer: inout ByteWriter) {
        writer.integer(touch.transport)
        writer.integer(touch.address.value)
        writer.integer(touch.port)
    }

    private static func readTouch(_ reader: inout ByteReader) throws(Malformed) -> Touch {
        let transport = try reader.integer(UInt8.self)
        let address = Address(try reader.integer())
        return Touch(transport: transport, address: address, port: try reader.integer())
    }

    private static func write(_ identity: Identity, to writer: inout ByteWriter) {
        write(identity.uid, to: &writer)
        write(identity.gid, to: &writer)
        write(identity.effective, to: &writer)
        write(identity.permitted, to: &writer)
        write(identity.noNewPrivileges.map { UInt8($0 ? 1 : 0) }, to: &writer)
        write(identity.seccomp, to: &writer)
        let numbers = identity.descriptors.prefix(descriptorsMax)
        writer.integer(UInt32(numbers.count))
        for number in numbers { writer.integer(number) }
    }

    private static func readIdentity(_ reader: inout ByteReader) throws(Malformed) -> Identity {
        let uid: UInt32? = try readOptional(&reader)
        let gid: UInt32? = try readOptional(&reader)
        let effective: UInt64? = try readOptional(&reader)
        let permitted: UInt64? = try readOptional(&reader)
        let privileges: UInt8? = try readOptional(&reader)
        let seccomp: UInt8? = try readOptional(&reader)
        var numbers: [UInt32] = []
        for _ in 0..<(try reader.count(limit: descriptorsMax)) {
            numbers.append(try reader.integer())
        }
        return Identity(
            uid: uid, gid: gid, effective: effective, permitted: permitted,
            noNewPrivileges: privileges.map { $0 != 0 }, seccomp: seccomp, descriptors: numbers)
    }

    private static func write<Value: FixedWidthInteger>(
        _ value: Value?, to writer: inout ByteWriter
    ) {
        writer.integer(UInt8(value == nil ? 0 : 1))
        writer.integer(value ?? 0)
    }

    private static func readOptional<Value: FixedWidthInteger>(
        _ reader: inout ByteReader
    ) throws(Malformed) -> Value? {
        let there = try reader.integer(UInt8.self)
        let value = try reader.integer(Value.self)
        return there == 0 ? nil : value
    }

    /// At most `limit` bytes of UTF-8, cut between characters, without NUL.
    private static func cut(_ text: String, _ limit: Int) -> String {
        var kept = ""
        var bytes = 0
        for scalar in text.unicodeScalars where scalar.value != 0 {
            bytes += UTF8.width(scalar)
            if bytes > limit { break }
            kept.unicodeScalars.append(scalar)
        }
        return kept
    }
}
