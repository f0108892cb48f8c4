// town: the network of a platform and its rules, without programs, for measurements.
//
// `town hold FLOWS` builds a town of each kind, names the descriptors of its places, and keeps
// them until its input ends. `town rules FLOWS ROUNDS` times loading and changing the rules.
// `town recorders PREFIX PID…` puts processes into control groups as recorders have them, and
// `town sweep PREFIX` removes those groups.

internal import Cgroups
internal import Confinement
internal import Descriptors
internal import Glibc
internal import Netlink
internal import PacketFilter
internal import Rulebook

func say(_ line: String) {
    let bytes = Array("\(line)\n".utf8)
    _ = unsafe bytes.withUnsafeBytes { unsafe write(1, $0.baseAddress, $0.count) }
}

func milliseconds(_ body: () throws -> Void) throws -> Double {
    let spent = try ContinuousClock().measure(body)
    return Double(spent.components.attoseconds) / 1e15 + Double(spent.components.seconds) * 1e3
}

func fail(_ reason: String) -> Never {
    let bytes = Array("town: \(reason)\n".utf8)
    _ = unsafe bytes.withUnsafeBytes { unsafe write(2, $0.baseAddress, $0.count) }
    exit(3)
}

/// Descriptors are found below `/proc/PID/fd` by their numbers.
func hold(flows: Int) throws {
    let ruled = try Town(.ruled, flows: flows)
    let empty = try Town(.empty, flows: flows)
    let tracked = try Town(.tracked, flows: flows)
    let log = try LogSocket.open(in: ruled.spaces[2].descriptor, groups: [1, 2, 3, 4])
    name("ruled", ruled)
    name("empty", empty)
    name("tracked", tracked)
    say("log other \(log.number)")
    say("ready")
    var byte: UInt8 = 0
    while unsafe read(0, &byte, 1) > 0 {}
}

func name(_ walls: String, _ town: Town) {
    say("\(walls) fabric \(town.fabric.number)")
    for (place, space) in zip(["web", "data", "other"], town.spaces) {
        say("\(walls) \(place) \(space.number)")
    }
}

/// One line for each step of each round: its name and milliseconds.
func rules(flows: Int, rounds: Int) throws {
    for _ in 0..<rounds {
        let town = try Town(nil, flows: flows)
        var texts: [String] = []
        let written = try milliseconds { texts = town.tables.map(\.0.text) }
        say("write the text of all tables\t\(written)")
        let titles = ["the fabric", "a source", "the target", "another source"]
        for (text, ((_, place), title)) in zip(texts, zip(town.tables, titles)) {
            say("load \(title)\t\(try milliseconds { try town.load(text, place) })")
        }
        for ((table, place), title) in zip(town.tables, titles) {
            var differs = true
            say(
                "read back and compare \(title)\t"
                    + "\(try milliseconds { differs = try town.differs(table, place) })")
            if differs { fail("the rules of \(title) are not those of the plan") }
        }
        try change(town)
    }
}

/// Ends and opens the middle flow as the supervisor ends one, in all three places.
func change(_ town: Town) throws {
    let plan = town.deployment
    let flow = plan.flows.count / 4 * 2
    // The supervisor keeps the fabric's for ever, the others until the connections are cut.
    var fabric = try RuleSession(in: town.fabric.descriptor)
    func apply(
        _ change: FlowChange?, _ source: inout RuleSession?, _ target: inout RuleSession?
    ) throws {
        guard let change else { fail("flow \(flow) changes nothing") }
        source = try RuleSession(in: town.spaces[change.source].descriptor)
        target = try RuleSession(in: town.spaces[change.target].descriptor)
        try fabric.load(change.fabric)
        try source?.load(change.sourceHost)
        try target?.load(change.targetHost)
    }
    var source: RuleSession?
    var target: RuleSession?
    let removed = try milliseconds {
        try apply(FlowChange.close(flow, of: plan, closed: []), &source, &target)
    }
    let cut = FlowCut(
        source: Town.addresses[0], target: Town.addresses[1], port: plan.flows[flow].port)
    let ended = try milliseconds {
        _ = try cut.perform(
            fabric: town.fabric.descriptor, sourceEnd: town.spaces[0].descriptor,
            targetEnd: town.spaces[1].descriptor)
    }
    // Waits until the kernel has freed what was deleted.
    source = nil
    target = nil
    let added = try milliseconds {
        try apply(FlowChange.open(flow, of: plan, closed: [flow]), &source, &target)
    }
    say("remove one flow, three tables\t\(removed)")
    say("end its connections\t\(ended)")
    say("add one flow, three tables\t\(added)")
    for (table, place) in town.tables where try town.differs(table, place) {
        fail("a change left other rules than the plan's")
    }
}

/// Gives processes the share of a processor that the supervisor gives recorders.
func recorders(_ group: String, _ processes: [Int32]) throws {
    let limits = CgroupLimits(
        memoryBytes: 128 << 20, processes: 64, cpuMilli: 0,
        cpuWeight: CgroupLimits.recorderWeight)
    // A group each, as compartments have.
    for (index, process) in processes.enumerated() {
        try Cgroup.create("\(group)\(index)", limits: limits).add(process)
    }
}

do {
    let words = CommandLine.arguments
    switch (words.dropFirst().first, words.dropFirst(2).compactMap { Int($0) }) {
    case ("hold", let numbers) where numbers.count == 1: try hold(flows: numbers[0])
    case ("rules", let numbers) where numbers.count == 2:
        try rules(flows: numbers[0], rounds: numbers[1])
    case ("recorders", let numbers) where !numbers.isEmpty && words.count > 3:
        try recorders(words[2], words.dropFirst(3).compactMap { Int32($0) })
    case ("sweep", _) where words.count == 3: _ = try Cgroup.sweep(prefix: words[2])
    default:
        fail(
            "usage: town hold FLOWS | town rules FLOWS ROUNDS | town recorders PREFIX PID… | "
                + "town sweep PREFIX")
    }
} catch {
    fail("\(error)")
}
