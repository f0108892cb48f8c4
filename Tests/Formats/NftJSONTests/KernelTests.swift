import Chance
import Cover
import Descriptors
import Diagram
import Findings
import Glibc
import NftJSON
import NftText
import PacketFilter
import Packets
import Ruleset
import Testing
import Walker

/// The model's three judges about one ruleset.
struct Model {
    let rules: Ruleset
    let bases: [Int]
    let atoms: AddressAtoms
    private var lists: [Families.RawValue: [BoundedRules]] = [:]
    private var diagrams = Diagrams()
    private var meanings: [Families.RawValue: [Meaning]] = [:]
    private var provers: [Families.RawValue: [Prover]] = [:]

    init(_ rules: Ruleset, atoms: AddressAtoms) throws {
        self.rules = rules
        self.atoms = atoms
        bases = rules.bases(at: .prerouting).filter { rules.chains[$0].table == "judge" }
        for (family, space) in [(Families.v4, AddressSpace.v4), (.v6, .v6(atoms))] {
            let unfolding = Unfolding(rules, space)
            let bounds = try bases.map { try unfolding.rules(of: $0) }
            lists[family.rawValue] = bounds
            meanings[family.rawValue] = try bounds.map { try diagrams.meaning(of: $0.may) }
            provers[family.rawValue] = bounds.map { Prover($0.may) }
        }
    }

    /// Every address that a rule names, and those of packets.
    static func atoms(_ rules: [Ruleset], _ packets: [SentPacket]) -> AddressAtoms {
        var found: [ClosedRange<UInt128>] = []
        for rule in rules.flatMap(\.chains).flatMap(\.rules) {
            for clause in rule.match.clauses + rule.match.except {
                found += clause.values[.source] ?? []
                found += clause.values[.destination] ?? []
            }
        }
        for rule in rules.flatMap(\.chains).flatMap(\.rules) {
            if case .rewrite(let rewrite) = rule.action, let address = rewrite.address {
                found.append(address)
            }
        }
        for packet in packets where packet.walked.family == .v6 {
            found.append(packet.walked[.source]...packet.walked[.source])
            found.append(packet.walked[.destination]...packet.walked[.destination])
        }
        return AddressAtoms(found)
    }

    /// Whether it passes all chains, by both bounds; all judges must agree.
    func verdict(_ walked: WalkedPacket) -> (may: Bool, must: Bool, agrees: Bool) {
        var walked = walked
        let key = walked.family.rawValue
        var all = (may: true, must: true, agrees: true)
        for (index, base) in bases.enumerated() {
            let isTranslating = rules.chains[base].base?.kind == .nat
            // The first packet of a connection alone gets another destination.
            if isTranslating, walked[.state] != UInt128(ConnectionState.new.rawValue) { continue }
            let packet = packet(walked)
            defer { if isTranslating { turn(&walked, base) } }
            guard let bounds = lists[key]?[index], let meaning = meanings[key]?[index],
                let prover = provers[key]?[index]
            else { return (false, false, false) }
            let (may, must) = (bounds.may.allows(packet), bounds.must.allows(packet))
            all = (all.may && may, all.must && must, all.agrees)
            if diagrams.allows(meaning, packet) != may { all.agrees = false }
            if case .holds = prover.prove(Box(packet), allow: may) {} else { all.agrees = false }
            for answer in [true, false] {
                let passes = Walker(rules).walk(walked, base: base) { _ in answer }.accepts
                if passes && !may || !passes && must { all.agrees = false }
            }
        }
        return all
    }

    private func packet(_ walked: WalkedPacket) -> Packet {
        var packet = Packet()
        for field in Field.allCases {
            let isAddress = field == .source || field == .destination
            packet[field] =
                isAddress && walked.family == .v6
                ? atoms.atom(walked[field]) : UInt32(walked[field])
        }
        return packet
    }

    /// Gives the packet the destination that a chain says.
    private func turn(_ walked: inout WalkedPacket, _ base: Int) {
        guard let rewrite = Walker(rules).walk(walked, base: base).rewrite else { return }
        if let address = rewrite.address { walked[.destination] = address.lowerBound }
        if let port = rewrite.port { walked[.destinationPort] = UInt128(port.lowerBound) }
    }

    /// Whether both mean the same, for every packet.
    mutating func isEqual(_ other: Model) throws -> Bool {
        for family in [Families.v4, .v6] {
            let own = lists[family.rawValue] ?? []
            let others = other.lists[family.rawValue] ?? []
            guard own.count == others.count else { return false }
            for (one, two) in zip(own, others) {
                let may = try diagrams.meaning(of: one.may) == diagrams.meaning(of: two.may)
                let must = try diagrams.meaning(of: one.must) == diagrams.meaning(of: two.must)
                guard may, must else { return false }
            }
        }
        return true
    }
}

@Suite("The kernel as a judge", .serialized, .enabled(if: geteuid() == 0, "needs root"))
struct KernelTests {
    /// `BULKHEAD_JUDGED` packets instead of ten thousand, from another beginning, and what came of
    /// them into a file: what `Benchmarks/judges` sets.
    private static let wanted = environment("BULKHEAD_JUDGED") ?? 10_000
    private static let seed = environment("BULKHEAD_JUDGED_SEED") ?? 7

    private static func report(_ text: String) throws {
        guard let path = unsafe getenv("BULKHEAD_JUDGED_REPORT") else { return }
        try Files.replace(unsafe String(cString: path), with: Array(text.utf8))
    }

    private static func environment(_ name: String) -> Int? {
        unsafe getenv(name).flatMap { Int(unsafe String(cString: $0)) }
    }

    /// What came of all packets so far.
    private struct Tally {
        var judged = 0
        var decided = 0
        var arrived = 0
        var disagreements = 0

        var text: String {
            "\(judged) packets, \(arrived) came through, \(decided) decided exactly, "
                + "\(disagreements) disagreements"
        }
    }

    @Test("what the kernel lets pass is what all judges say, and every notation says the same")
    func packets() throws {
        var room = try Courtroom()
        var rules = RandomRules(chance: Seeded(state: UInt64(Self.seed)))
        let round = min(max(Self.wanted / 6, 50), 500)
        var rounds = 0
        var tally = Tally()
        while tally.judged < Self.wanted, tally.disagreements < 5 {
            // What was tracked long ago must not meet new packets.
            rounds += 1
            if rounds % 8 == 0 { room = try Courtroom() }
            let text = rules.text()
            let packets = Self.packets(round, after: tally.judged, &rules)
            try judge(text, packets, in: room, &tally)
        }
        #expect(tally.decided * 2 > tally.judged, "most are decided exactly: \(tally)")
        try Self.report(tally.text + " over \(rounds) rulesets")
        let some = tally.judged / 10...tally.judged * 9 / 10
        #expect(some.contains(tally.arrived), "some came through, some did not: \(tally)")
        #expect(tally.disagreements == 0)
    }

    @Test("to the kernel every packet is invalid where connections are not looked up yet")
    func early() throws {
        var rules = RandomRules(chance: Seeded(state: 11))
        let packets = Self.packets(80, after: 0, &rules).filter { packet in
            packet.number < (packet.walked.family == .v6 ? 200 : 30_000)
        }
        let all = (
            v4: packets.count { $0.walked.family == .v4 },
            v6: packets.count { $0.walked.family == .v6 }
        )
        #expect(all.v4 > 20 && all.v6 > 2)
        for (priority, isEarly) in [("-300", true), ("-201", true), ("-199", false)] {
            for (states, holdsAll) in [("invalid", true), ("new,established,related", false)] {
                let room = try Courtroom()
                try room.open(packets)
                let passed = try room.judge(
                    """
                    table inet judge {
                    chain a { type filter hook prerouting priority \(priority); policy drop;
                    ct state \(states) accept; }
                    }

                    """, packets)
                let wanted = holdsAll ? all : (v4: 0, v6: 0)
                let isSame = passed.v4.count == wanted.v4 && passed.v6.count == wanted.v6
                #expect(isSame == isEarly, "\(priority) \(states): \(passed)")
            }
        }
    }

    private static func packets(
        _ count: Int, after before: Int, _ rules: inout RandomRules
    ) -> [SentPacket] {
        var packets: [SentPacket] = []
        var taken: Set<Int> = []
        for index in 0..<count {
            let isLong = index % 8 == 7 && index / 8 < 240
            let isUntracked = rules.chance.below(6) == 0
            let number =
                isLong
                ? (isUntracked ? 200 + index / 8 % 50 : 1 + index / 8 % 190)
                : (isUntracked ? 30_000 : 1) + index
            if isLong, !taken.insert(number).inserted { continue }
            packets.append(
                Frames.random(
                    number, after: before, isLong: isLong, &rules, macs: Courtroom.macs))
        }
        return packets
    }

    private func judge(
        _ text: String, _ packets: [SentPacket], in room: Courtroom, _ tally: inout Tally
    ) throws {
        try room.open(packets)
        let passed = try room.judge(text, packets)
        let listing = try room.session.ruleset()
        let json = try room.session.rulesetJSON()
        let links = ["bh0", "bh1"]
        let written = try #require(NftText.read(Array(text.utf8), interfaces: links).ruleset)
        let listed = try #require(NftText.read(Array(listing.utf8), interfaces: links).ruleset)
        let noted = try #require(NftJSON.read(Array(json.utf8), interfaces: links).ruleset)
        let atoms = Model.atoms([written, listed, noted], packets)
        let model = try Model(written, atoms: atoms)
        var other = try Model(listed, atoms: atoms)
        let third = try Model(noted, atoms: atoms)
        let isSame = try other.isEqual(model) && other.isEqual(third)
        #expect(isSame, "notations differ: \(text) \(listing)")
        if !isSame { tally.disagreements += 1 }
        for packet in packets {
            let number = UInt128(packet.number)
            let came =
                packet.walked.family == .v6
                ? passed.v6.contains(number) : passed.v4.contains(number)
            let (may, must, agrees) = model.verdict(packet.walked)
            tally.judged += 1
            if came { tally.arrived += 1 }
            if may == must { tally.decided += 1 }
            guard !agrees || came && !may || !came && must else { continue }
            tally.disagreements += 1
            let verdicts = "kernel \(came), may \(may), must \(must), agree: \(agrees)"
            Issue.record("\(verdicts): \(packet.walked.values) \(text)")
        }
    }
}
