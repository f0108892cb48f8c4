internal import Addresses
internal import Confinement
internal import Findings
internal import Permits
internal import Platform

/// What units permit, against the plan.
///
/// systemd filters by address and by the port that a program takes, so that is proved equal; the
/// port that it dials is not filtered at all, so what this leaves open is counted.
struct UnitProof {
    struct Verdict {
        var proof: [String]
        /// Connections that the units let pass and no flow is.
        var beyond: Int
        var example: String?
    }

    private struct Call: Hashable {
        let from: Int
        let to: Int
        let port: Port
    }

    private let plan: UnitPlan
    private let outline: Outline
    private var calls: Set<Call> = []
    private var peers: [Set<Int>]
    private var entering: [Int: [(source: Permits.Source, port: Port)]] = [:]

    init(_ plan: UnitPlan, _ outline: Outline) {
        self.plan = plan
        self.outline = outline
        peers = Array(repeating: [], count: outline.seats.count)
        for flow in outline.wanted {
            guard let transport = Transport(rawValue: UInt8(truncatingIfNeeded: flow.transport)),
                let port = Port(transport, UInt16(truncatingIfNeeded: flow.port))
            else { continue }
            if case .seat(let from) = flow.from {
                calls.insert(Call(from: from, to: flow.to, port: port))
                peers[from].insert(flow.to)
                peers[flow.to].insert(from)
            } else {
                entering[flow.to, default: []].append((flow.from, port))
            }
        }
    }

    func check(_ files: [Rendering.File]) throws(Failure) -> Verdict {
        let published = plan.published
        let wanted = outline.seats.indices.map(plan.unit) + published.map(plan.socket)
        guard files.map(\.name).sorted() == wanted.sorted() else {
            throw Rendering.unproved("there is a unit too many or too few")
        }
        let texts = Dictionary(files.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        var taken: [Set<Port>] = []
        for index in outline.seats.indices {
            guard let file = texts[plan.unit(index)] else { continue }
            var unit = try ReadUnit(file, ReadUnit.units)
            let own = Set(plan.ownPorts(index))
            let ports = try unit.ports()
            guard ports == own else {
                throw Rendering.unproved("\(file.name) takes other ports than its service has")
            }
            taken.append(ports)
            let addresses = peers[index].map { outline.seats[$0].address.value }
            try compare(unit.allowed("Service"), addresses.map { $0...$0 }, file.name)
            try compare(unit, UnitDemand(plan, index, !peers[index].isEmpty).values, file.name)
        }
        for socket in published {
            guard let file = texts[plan.socket(socket)] else { continue }
            try check(socket, file)
        }
        return verdict(taken, sockets: published.count)
    }

    private func check(_ socket: UnitPlan.Published, _ file: Rendering.File) throws(Failure) {
        var unit = try ReadUnit(file, ReadUnit.units)
        let sources = entering[socket.compartment, default: []].filter { $0.port == socket.port }
        let ranges = sources.flatMap { plan.permits.addresses(of: $0.source) }
        try compare(unit.allowed("Socket"), ranges, file.name)
        try compare(unit, UnitDemand.values(of: socket, plan), file.name)
    }

    private func compare(
        _ found: [ClosedRange<UInt32>], _ wanted: [ClosedRange<UInt32>], _ name: String
    ) throws(Failure) {
        guard found == ReadUnit.joined(wanted) else {
            throw Rendering.unproved("\(name) allows other addresses than its flows need")
        }
    }

    private func compare(
        _ unit: ReadUnit, _ wanted: [String: [String]], _ name: String
    ) throws(Failure) {
        for key in Set(wanted.keys).union(unit.values.keys).sorted()
        where unit.values[key] != wanted[key] {
            let found = unit.values[key].map { "`\($0.joined(separator: " "))`" } ?? "nothing"
            throw Rendering.unproved("\(name) has \(Excerpt.of(found, limit: 200)) as \(key)")
        }
    }

    /// What passes besides the flows.
    ///
    /// Every flow can pass by what was compared before: both ends allow each other, and the port is
    /// the other's own.
    private func verdict(_ taken: [Set<Port>], sockets: Int) -> Verdict {
        var beyond = 0
        var example: String?
        for from in peers.indices {
            for to in peers[from].sorted() {
                for port in taken[to].sorted(by: { $0.number < $1.number })
                where !calls.contains(Call(from: from, to: to, port: port)) {
                    beyond += 1
                    example =
                        example ?? "\(outline.seats[from].name) > \(outline.seats[to].name) \(port)"
                }
            }
        }
        let units = outline.seats.count
        return Verdict(
            proof: [
                "\(counted(units, "service unit")): program, arguments, environment, walls and "
                    + "limits are the plan's, and nothing else is assigned",
                "addresses: each unit may speak with exactly those that its flows need, and "
                    + "\(counted(sockets, "published socket")) with exactly theirs",
                "ports: each unit takes exactly its own; which port it dials is left to the packet "
                    + "filter: \(counted(beyond, "connection")) besides "
                    + counted(calls.count, "flow"),
            ], beyond: beyond, example: example)
    }

    private func counted(_ count: Int, _ word: String) -> String {
        "\(count) \(word)\(count == 1 ? "" : "s")"
    }
}
