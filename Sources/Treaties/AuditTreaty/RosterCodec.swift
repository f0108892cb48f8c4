internal import Addresses
internal import Bytes

/// Rosters: the names of flows' ends are written once in a table, so 10,000 flows stay small.
enum RosterCodec {
    private static let namesMax = 8192
    private static let compartmentsMax = 4096
    private static let flowsMax = 65_536
    /// On a line's number: an observed flow.
    ///
    /// No file has so many lines, and trails without such flows read as they always did.
    private static let observed: UInt32 = 1 << 31

    static func encode(_ roster: Roster, into body: inout ByteWriter) {
        body.clipped(roster.platform, limit: EventCodec.nameMax)
        body.clipped(roster.file, limit: EventCodec.textMax)
        body.clipped(roster.isolation, limit: 16)
        body.integer(roster.firstCompartment)
        body.integer(roster.firstFlow)
        body.integer(UInt32(roster.compartments.count))
        for entry in roster.compartments {
            body.clipped(entry.name, limit: EventCodec.nameMax)
            body.clipped(entry.zone, limit: EventCodec.nameMax)
            body.integer(entry.address.value)
        }
        var numbers: [String: UInt16] = [:]
        var names: [String] = []
        for flow in roster.flows {
            for name in [flow.from, flow.to] where numbers[name] == nil {
                numbers[name] = UInt16(truncatingIfNeeded: names.count)
                names.append(name)
            }
        }
        body.integer(UInt32(names.count))
        for name in names { body.clipped(name, limit: EventCodec.nameMax) }
        body.integer(UInt32(roster.flows.count))
        for flow in roster.flows {
            body.integer(numbers[flow.from] ?? 0)
            body.integer(numbers[flow.to] ?? 0)
            body.integer(flow.port.transport.rawValue)
            body.integer(flow.port.number)
            body.integer(flow.isObserved ? flow.line | observed : flow.line)
        }
    }

    static func decode(_ reader: inout ByteReader) throws(Malformed) -> Roster {
        var roster = Roster(
            platform: try reader.text(limit: EventCodec.nameMax),
            file: try reader.text(limit: EventCodec.textMax),
            isolation: try reader.text(limit: 16), compartments: [], flows: [])
        roster.firstCompartment = try reader.integer()
        roster.firstFlow = try reader.integer()
        for _ in 0..<(try reader.count(limit: compartmentsMax)) {
            roster.compartments.append(
                RosterEntry(
                    name: try reader.text(limit: EventCodec.nameMax),
                    zone: try reader.text(limit: EventCodec.nameMax),
                    address: Address(try reader.integer())))
        }
        var names: [String] = []
        for _ in 0..<(try reader.count(limit: namesMax)) {
            names.append(try reader.text(limit: EventCodec.nameMax))
        }
        for _ in 0..<(try reader.count(limit: flowsMax)) {
            roster.flows.append(try flow(&reader, names))
        }
        return roster
    }

    private static func flow(
        _ reader: inout ByteReader, _ names: [String]
    ) throws(Malformed) -> RosterFlow {
        let start = reader.position
        let from = Int(try reader.integer(UInt16.self))
        let to = Int(try reader.integer(UInt16.self))
        let transport = Transport(rawValue: try reader.integer())
        let number = try reader.integer(UInt16.self)
        guard from < names.count, to < names.count, let transport,
            let port = Port(transport, number)
        else { throw Malformed(at: start, expected: "a flow between named ends") }
        let line = try reader.integer(UInt32.self)
        return RosterFlow(
            from: names[from], to: names[to], port: port, line: line & ~observed,
            isObserved: line & observed != 0)
    }
}

extension Roster {
    /// Compartments and flows of one part: with names at their longest it stays under 64 KiB.
    private static let compartmentsOfPart = 400
    private static let flowsOfPart = 400

    /// This roster as one or more parts that each fit into one event.
    ///
    /// Compartments come first; `join` puts the parts together again.
    public func parts() -> [Roster] {
        var parts: [Roster] = []
        func part(compartments: ArraySlice<RosterEntry>, flows: ArraySlice<RosterFlow>) {
            var part = Roster(
                platform: platform, file: file, isolation: isolation,
                compartments: Array(compartments), flows: Array(flows))
            part.firstCompartment = UInt32(compartments.startIndex)
            part.firstFlow = UInt32(flows.startIndex)
            parts.append(part)
        }
        var compartment = 0
        repeat {
            let end = min(compartment + Self.compartmentsOfPart, compartments.count)
            part(compartments: compartments[compartment..<end], flows: flows[0..<0])
            compartment = end
        } while compartment < compartments.count
        var flow = 0
        while flow < flows.count {
            let end = min(flow + Self.flowsOfPart, flows.count)
            part(
                compartments: compartments[compartments.count..<compartments.count],
                flows: flows[flow..<end])
            flow = end
        }
        return parts
    }

    /// What is known after another part: a part that starts at zero begins a new roster, one that
    /// continues exactly where this one ends is added, any other is ignored.
    public mutating func join(_ part: Roster) {
        if part.firstCompartment == 0 && part.firstFlow == 0 {
            self = part
        } else if part.platform == platform, part.file == file,
            Int(part.firstCompartment) == compartments.count, Int(part.firstFlow) == flows.count
        {
            compartments += part.compartments
            flows += part.flows
        }
    }
}
