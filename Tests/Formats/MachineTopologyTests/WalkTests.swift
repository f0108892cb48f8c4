import Chance
import MachineTopology
import NftText
import Packets
import Ruleset
import Testing
import Topology
import Walker

/// Random rulesets at all hooks, and what becomes of single packets when their rules are walked.
private struct Scene {
    static let addresses: [UInt128] = [0x0A00_0001, 0x0A00_0002, 0x0A00_0101, 0xC000_0201]
    static let ports: [UInt128] = [22, 80, 8080]
    /// Conditions that no field expresses, some of which rules then have.
    static let limits = (1...4).map { "limit rate \($0)/second" }
    var chance: Seeded
    var isOpen = false

    private mutating func any<T>(_ list: [T]) -> T { list[chance.below(list.count)] }

    private mutating func condition(_ hook: String) -> String {
        var words: [String] = []
        let side = any(["saddr", "daddr"])
        if chance.below(2) == 0 {
            words.append(
                "ip \(side) \(any(["10.0.0.1", "10.0.0.0/24", "192.0.2.1", "!= 10.0.0.2"]))")
        }
        if chance.below(2) == 0 { words.append("tcp dport \(any(["22", "80", "8080", "!= 80"]))") }
        if hook != "output", chance.below(2) == 0 { words.append("iifname \"\(any(["a", "b"]))\"") }
        if hook == "output" || hook == "forward" || hook == "postrouting", chance.below(3) == 0 {
            words.append("oifname \"\(any(["a", "b"]))\"")
        }
        if chance.below(5) == 0 { words.append("ct state established") }
        if isOpen, chance.below(2) == 0 { words.append(any(Self.limits)) }
        return words.joined(separator: " ")
    }

    private mutating func chain(_ hook: String, _ priority: String) -> String {
        var text =
            "chain \(hook)\(chance.below(1 << 30)) { type filter hook \(hook) priority \(priority); "
            + "policy \(any(["accept", "accept", "drop"]));\n"
        if chance.below(3) > 0 { text += "ct state established accept\n" }
        for _ in 0..<chance.below(4) {
            text += "\(condition(hook)) \(any(["accept", "accept", "drop", "jump aside"]))\n"
        }
        return text + "}\n"
    }

    mutating func text() -> String {
        var text = "table ip t {\nchain aside {\n"
        for _ in 0..<3 {
            let verdict = any(["accept", "drop", "return"])
            text += "ip saddr \(any(["10.0.0.1", "10.0.0.0/23"])) \(verdict)\n"
        }
        text += "}\n"
        if chance.below(2) == 0 { text += chain("prerouting", "raw") }
        text += "chain nat { type nat hook prerouting priority dstnat;\n"
        for _ in 0..<(isOpen ? 0 : chance.below(3)) {
            let action = any([
                "dnat to 10.0.0.2:8080", "dnat to 10.0.1.1", "redirect to :22", "accept",
            ])
            text += "meta l4proto tcp \(condition("prerouting")) \(action)\n"
        }
        text += "}\n"
        if chance.below(3) == 0 { text += chain("prerouting", "filter") }
        for hook in ["input", "forward", "output"] { text += chain(hook, "filter") }
        if chance.below(3) == 0 { text += chain("forward", "filter + 5") }
        if chance.below(3) == 0 { text += chain("postrouting", "filter") }
        return text + "}\n"
    }
}

/// Walks packets literally through the hooks that they meet.
private struct Way {
    let rules: Ruleset
    let walker: Walker
    /// What is true of conditions that no field expresses.
    var holds: (String) -> Bool = { _ in false }

    init(_ rules: Ruleset) {
        self.rules = rules
        walker = Walker(rules)
    }

    struct Inner {
        var packet: WalkedPacket
        var isOwn = false
    }

    /// The packet as a chain sees it: before priority -200 no connection has been looked up.
    func seen(_ packet: WalkedPacket, by base: Int) -> WalkedPacket {
        guard let own = rules.chains[base].base, own.priority < -200,
            own.hook == .prerouting || own.hook == .output
        else { return packet }
        var packet = packet
        packet[.state] = UInt128(ConnectionState.invalid.rawValue)
        return packet
    }

    func passes(_ packet: WalkedPacket, _ hook: Hook, _ arrival: UInt128, _ departure: UInt128)
        -> Bool
    {
        var packet = packet
        packet[.arrival] = arrival
        packet[.departure] = departure
        return rules.bases(at: hook).allSatisfy { base in
            rules.chains[base].base?.kind == .nat
                || walker.walk(seen(packet, by: base), base: base, holds: holds).accepts
        }
    }

    /// A new connection's packet behind prerouting; nil when it is dropped there.
    func arrive(_ packet: WalkedPacket, _ arrival: UInt128) -> Inner? {
        var inner = Inner(packet: packet)
        inner.packet[.arrival] = arrival
        for base in rules.bases(at: .prerouting) {
            let walk = walker.walk(seen(inner.packet, by: base), base: base, holds: holds)
            guard walk.accepts else { return nil }
            guard let rewrite = walk.rewrite else { continue }
            if let address = rewrite.address { inner.packet[.destination] = address.lowerBound }
            if let port = rewrite.port { inner.packet[.destinationPort] = UInt128(port.lowerBound) }
            inner.isOwn = rewrite.isOwnAddress
        }
        return inner
    }

    func reply(_ packet: WalkedPacket) -> WalkedPacket {
        var reply = packet
        reply[.source] = packet[.destination]
        reply[.destination] = packet[.source]
        reply[.sourcePort] = packet[.destinationPort]
        reply[.destinationPort] = packet[.sourcePort]
        reply[.state] = UInt128(ConnectionState.established.rawValue)
        return reply
    }

    /// Whether a packet behind prerouting goes where it should, and its reply comes back.
    func goes(_ inner: WalkedPacket, from arrival: UInt128, to departure: UInt128) -> Bool {
        let back = reply(inner)
        if departure == 0 {
            return passes(inner, .input, arrival, 0) && passes(back, .output, 0, arrival)
                && passes(back, .postrouting, 0, arrival)
        }
        return passes(inner, .forward, arrival, departure)
            && passes(inner, .postrouting, arrival, departure)
            && passes(back, .prerouting, departure, 0)
            && passes(back, .forward, departure, arrival)
            && passes(back, .postrouting, departure, arrival)
    }
}

/// Answers that were given before.
private struct Judged {
    let topology: Topology
    private var answers: [[Int]: Passing] = [:]

    init(_ topology: Topology) { self.topology = topology }

    mutating func passing(_ source: Int, _ target: Int) throws -> Passing {
        if let known = answers[[source, target]] { return known }
        let passing = try topology.passing(from: source, to: target, .v4)
        answers[[source, target]] = passing
        return passing
    }
}

@Suite("Topologies of machines, packet by packet")
struct WalkTests {
    private static func packet(_ source: UInt128, _ target: UInt128, _ port: UInt128)
        -> WalkedPacket
    {
        WalkedPacket(.v4, [source, target, 6, 40_000, port])
    }

    @Test("what passes is what a literal walk through the hooks lets pass")
    func walked() throws {
        var scene = Scene(chance: Seeded(state: 61))
        var open = 0
        var asked = 0
        for _ in 0..<40 {
            let text = scene.text()
            let rules = try #require(
                NftText.read(Array(text.utf8), interfaces: ["a", "b"]).ruleset, "\(text)")
            var judged = Judged(Machine(rules).topology())
            #expect(judged.topology.findings.isEmpty)
            let way = Way(rules)
            for arrival in 1...3 as ClosedRange<UInt128> {
                for source in Scene.addresses {
                    // Every packet that comes in, as it is behind prerouting.
                    let inner = Scene.addresses.flatMap { target in
                        Scene.ports.compactMap {
                            way.arrive(Self.packet(source, target, $0), arrival)
                        }
                    }
                    for departure in 0...3 as ClosedRange<UInt128> {
                        for target in Scene.addresses {
                            for port in Scene.ports {
                                let wanted =
                                    inner.contains { one in
                                        one.packet[.destinationPort] == port
                                            && (one.packet[.destination] == target && !one.isOwn
                                                || one.isOwn && departure == 0)
                                    }
                                    && way.goes(
                                        Self.packet(source, target, port), from: arrival,
                                        to: departure)
                                asked += 1
                                if wanted { open += 1 }
                                try Self.compare(
                                    &judged, Self.packet(source, target, port), arrival, departure,
                                    wanted, text)
                            }
                        }
                    }
                }
            }
        }
        #expect((asked / 20...asked * 19 / 20).contains(open))
    }

    @Test("what may pass hangs on the conditions that are named, and is all that is not sure")
    func hanging() throws {
        var scene = Scene(chance: Seeded(state: 62), isOpen: true)
        var asked = 0
        var open = 0
        for _ in 0..<40 {
            let text = scene.text()
            let rules = try #require(
                NftText.read(Array(text.utf8), interfaces: ["a", "b"]).ruleset, "\(text)")
            let topology = Machine(rules).topology()
            for source in topology.endpoints.indices {
                for target in topology.endpoints.indices {
                    let passing = try topology.passing(from: source, to: target, .v4)
                    let parts = passing.hanging.values.flatMap(\.boxes)
                    let rest = try passing.may.subtracting(passing.must)
                    #expect(try rest.isSubset(of: PacketSet(disjoint: parts)), "\(text)")
                    #expect(passing.hanging.keys.allSatisfy { !$0.isEmpty })
                    let (arrival, departure) = (
                        UInt128(topology.endpoints[source].link),
                        UInt128(topology.endpoints[target].link)
                    )
                    guard arrival > 0 else { continue }
                    for box in parts where box[.protocolNumber].contains(6) {
                        var packet = Packet()
                        for field in Field.allCases { packet[field] = box[field].lowerBound }
                        packet[.protocolNumber] = 6
                        let named = passing.hanging.filter { $0.value.contains(packet) }.keys
                            .reduce(into: Set<String>()) { $0.formUnion($1) }
                        guard !named.contains(Passing.oneWay) else { continue }
                        asked += 1
                        if Self.hangs(packet, named, rules, arrival, departure, text) {
                            open += 1
                        }
                    }
                }
            }
        }
        #expect(asked > 500 && open * 2 > asked, "\(open) of \(asked) really hang")
    }

    /// Whether a packet's way hangs on anything; a condition that is not named decides nothing about
    /// it, whatever is true of the others.
    private static func hangs(
        _ packet: Packet, _ named: Set<String>, _ rules: Ruleset, _ arrival: UInt128,
        _ departure: UInt128, _ text: String
    ) -> Bool {
        var way = Way(rules)
        var walked = WalkedPacket(.v4, [])
        for field in Field.allCases { walked[field] = UInt128(packet[field]) }
        func passes(_ valuation: Int) -> Bool {
            way.holds = { word in
                Scene.limits.firstIndex(of: word).map { valuation >> $0 & 1 == 1 } ?? false
            }
            return way.arrive(walked, arrival) != nil
                && way.goes(walked, from: arrival, to: departure)
        }
        let verdicts = (0..<(1 << Scene.limits.count)).map(passes)
        for (number, word) in Scene.limits.enumerated() where !named.contains(word) {
            for valuation in verdicts.indices {
                #expect(
                    verdicts[valuation] == verdicts[valuation ^ 1 << number],
                    "\(word) \(named) \(walked.values) \(text)")
            }
        }
        return Set(verdicts).count == 2
    }

    private static func compare(
        _ judged: inout Judged, _ walked: WalkedPacket, _ arrival: UInt128, _ departure: UInt128,
        _ wanted: Bool, _ text: String
    ) throws {
        let topology = judged.topology
        var packet = Packet()
        for field in Field.allCases { packet[field] = UInt32(walked[field]) }
        packet[.arrival] = 0
        packet[.departure] = 0
        func ends(_ link: UInt128, _ address: UInt32) -> [Int] {
            topology.endpoints.indices.filter { index in
                UInt128(topology.endpoints[index].link) == link
                    && topology.endpoints[index].v4.contains { $0.contains(address) }
            }
        }
        for source in ends(arrival, packet[.source]) {
            for target in ends(departure, packet[.destination]) where source != target {
                let passing = try judged.passing(source, target)
                let names = "\(topology.endpoints[source].name) \(topology.endpoints[target].name)"
                #expect(passing.may.contains(packet) == wanted, "\(names) \(walked.values) \(text)")
                #expect(
                    passing.must.contains(packet) == wanted, "\(names) \(walked.values) \(text)")
            }
        }
    }
}
