import Addresses
import Chance
import Findings
import Platform
import Reach
import Testing

/// Services in two zones with random flows and messages.
func randomPlatform(_ chance: inout Seeded) -> Platform {
    var platform = Platform(name: "random")
    let nowhere = Place(line: 1, column: 1)
    for (number, name) in ["left", "right"].enumerated() {
        if let network = Prefix(base: Address(0x0A00_0000 + UInt32(number) << 16), length: 24) {
            platform.zones.append(Zone(name: name, network: network, place: nowhere))
        }
    }
    for number in 0..<6 {
        var service = Service(
            name: "s\(number)", zone: number < 3 ? "left" : "right", place: nowhere)
        service.ports = (1...2).compactMap { port in
            Port(.tcp, UInt16(port)).map { ServicePort(name: "p\(port)", port: $0, place: nowhere) }
        }
        platform.services.append(service)
    }
    for line in 0..<chance.below(12) {
        let from = chance.below(8)
        let party: Party =
            from < 6 ? .service("s\(from)") : from == 6 ? .zone("left") : .internet
        var flow = Flow(
            from: party, to: "s\(chance.below(6))", port: "p\(1 + chance.below(2))",
            because: "test", place: Place(line: 10 + line, column: 1))
        if chance.below(3) == 0 { flow.messages = ["m\(chance.below(3))"] }
        platform.flows.append(flow)
    }
    return platform
}

func randomGuarantee(_ chance: inout Seeded, line: Int) -> Guarantee {
    func party() -> Party {
        let number = chance.below(8)
        return number < 6 ? .service("s\(number)") : number == 6 ? .zone("right") : .internet
    }
    let service = Party.service("s\(chance.below(6))")
    let name = ["p1", "p2", nil, nil][chance.below(4)]
    let kind: Guarantee.Kind =
        switch chance.below(6) {
        case 0: .never(from: party(), to: service, port: name)
        case 1: .only(from: [party(), party()], to: service, port: name)
        case 2: .must(from: party(), to: service, port: name)
        case 3:
            .contain(
                service: "s\(chance.below(6))", within: [party(), party()],
                steps: chance.below(4))
        case 4:
            .expect(
                from: party(), to: service, name: nil,
                port: Port(.tcp, UInt16(chance.number(1...2))),
                isOpen: chance.below(2) == 0)
        default: .never(from: party(), to: .zone("right"), port: nil)
        }
    var guarantee = Guarantee(kind, place: Place(line: line, column: 1))
    switch kind {
    case .never, .only, .must: guarantee.steps = [0, 0, 1, 2, 3][chance.below(5)]
    case .contain, .expect, .beyond: break
    }
    return guarantee
}

/// Whether somebody comes to another service of a goal while at most so many services fall on the
/// way: each way is tried, hop by hop.
private func comes(
    _ start: String, _ goal: (services: [String], port: String?), _ steps: Int,
    _ platform: Platform, _ seen: [String] = []
) -> Bool {
    let zone = platform.services.first { $0.name == start }?.zone
    return platform.flows.contains { flow in
        let isHere = flow.from.name == start || (flow.from == .zone(zone ?? "") && flow.to != start)
        guard isHere, flow.to != start, !seen.contains(flow.to) else { return false }
        if goal.services.contains(flow.to) { return goal.port == nil || goal.port == flow.port }
        return steps > 0
            && comes(flow.to, goal, steps - 1, platform, seen + [start])
    }
}

@Suite("Repairs and wrong changes")
struct RepairTests {
    @Test("a refuted guarantee holds when the file is changed as the repair says")
    func repaired() throws {
        var chance = Seeded(state: 21)
        var tried = 0
        for round in 0..<3_000 {
            let platform = randomPlatform(&chance)
            let guarantee = randomGuarantee(&chance, line: round)
            let graph = Graph(platform)
            guard case .refuted = graph.verdict(on: guarantee) else {
                #expect(graph.repair(of: guarantee) == nil)
                continue
            }
            // A source that has no service, and a way from outside to a zone, have no repair.
            guard let repair = graph.repair(of: guarantee) else { continue }
            #expect(!graph.sentence(repair).isEmpty)
            guard case .remove(let links) = repair else { continue }
            tried += 1
            let lines = Set(links.map(\.place.line))
            var mended = platform
            mended.flows.removeAll { lines.contains($0.place.line) }
            #expect(
                Graph(mended).verdict(on: guarantee).passes, "round \(round): \(guarantee.claim)")
            // None of them may stay: it is the smallest.
            for line in lines {
                var almost = platform
                almost.flows.removeAll {
                    lines.contains($0.place.line) && $0.place.line != line
                }
                #expect(!Graph(almost).verdict(on: guarantee).passes, "round \(round)")
            }
        }
        #expect(tried > 300)
    }

    /// s0 and s1 of zone left, s3 of zone right, each with ports p1 and p2; s1 uses s3, s0 uses s1.
    private static var chain: Platform {
        var chance = Seeded(state: 1)
        var platform = randomPlatform(&chance)
        platform.flows = [("s1", "s3", 10), ("s0", "s1", 11)].map { from, to, line in
            Flow(
                from: .service(from), to: to, port: "p1", because: "test",
                place: Place(line: line, column: 1))
        }
        return platform
    }

    @Test("of two changes that would do, the one is told that breaks no other guarantee")
    func gentle() throws {
        let never = Guarantee(
            .never(from: .service("s0"), to: .zone("right"), port: nil), steps: 1,
            place: Place(line: 20, column: 1))
        var platform = Self.chain
        platform.guarantees = [never]
        let graph = Graph(platform)
        #expect(graph.repair(of: never).map(graph.sentence)?.contains("line 10") == true)
        platform.guarantees.append(
            Guarantee(
                .must(from: .service("s1"), to: .service("s3"), port: nil),
                place: Place(line: 21, column: 1)))
        let careful = Graph(platform)
        #expect(careful.repair(of: never).map(careful.sentence)?.contains("line 11") == true)
    }

    @Test(
        "what a way needs is told as a line that can be written",
        arguments: [
            (Party.zone("right"), nil, nil, "add {from: s0, to: s3.p1, because: …}"),
            (.service("s4"), "p2", nil, "add {from: s0, to: s4.p2, because: …}"),
            (.service("s4"), nil, 2, "add {from: s0, to: s4.p2, because: …}"),
            (
                .service("s4"), nil, 9,
                "give s4 the port tcp/9, then add {from: s0, to: s4.NAME, because: …}"
            ),
        ] as [(Party, String?, UInt16?, String)])
    func missing(to: Party, name: String?, port: UInt16?, words: String) {
        let guarantee = Guarantee(
            .expect(
                from: .service("s0"), to: to, name: name,
                port: port.flatMap { Port(.tcp, $0) }, isOpen: true),
            place: Place(line: 20, column: 1))
        let graph = Graph(Self.chain)
        #expect(graph.repair(of: guarantee).map(graph.sentence) == words)
    }

    @Test("a zone is reached by one of its services that listens")
    func listening() {
        var platform = Self.chain
        platform.flows = []
        let guarantee = Guarantee(
            .must(from: .service("s0"), to: .zone("right"), port: nil),
            place: Place(line: 20, column: 1))
        platform.services[3].ports = []
        let graph = Graph(platform)
        #expect(
            graph.repair(of: guarantee).map(graph.sentence)
                == "add {from: s0, to: s4.p1, because: …}")
    }

    @Test("who takes away the last flow to a published port hears of `publish`")
    func published() throws {
        var platform = Self.chain
        let address = try #require(Address("192.0.2.1"))
        let nowhere = Place(line: 30, column: 1)
        platform.publications = [
            Publication(service: "s0", port: "p1", address: address, number: 443, place: nowhere)
        ]
        // Who is inside needs no `publish`.
        for (from, line) in [(Party.internet, 12), (.service("s2"), 14)] {
            platform.flows.append(
                Flow(
                    from: from, to: "s0", port: "p1", because: "test",
                    place: Place(line: line, column: 1)))
        }
        let never = Guarantee(
            .never(from: .internet, to: .service("s0"), port: nil), place: nowhere)
        let graph = Graph(platform)
        let words = graph.repair(of: never).map(graph.sentence) ?? ""
        #expect(words.contains("line 12") && words.contains("`publish`"))
        platform.flows.append(
            Flow(
                from: .office, to: "s0", port: "p1", because: "test",
                place: Place(line: 13, column: 1)))
        let other = Graph(platform)
        #expect(other.repair(of: never).map(other.sentence)?.contains("`publish`") == false)
    }

    @Test("with steps a guarantee is about every way on which so many services fall")
    func steps() {
        var chance = Seeded(state: 22)
        var verdicts: [String: Int] = [:]
        for round in 0..<2_000 {
            let platform = randomPlatform(&chance)
            let graph = Graph(platform)
            let isZone = chance.below(2) == 0
            let service = "s\(chance.below(6))"
            let goal = (
                services: isZone ? ["s3", "s4", "s5"] : [service],
                port: isZone ? nil : ["p1", nil][chance.below(2)]
            )
            let steps = chance.below(4)
            let to: Party = isZone ? .zone("right") : .service(service)
            // Who begins in the zone may be after another service of it.
            let others = platform.services.map(\.name).filter { isZone || $0 != service }
            let starts = Set(
                (others + ["internet"]).filter {
                    comes($0, goal, steps, platform)
                })
            let one = others[chance.below(5)]
            let kinds: [(Guarantee.Kind, Bool)] = [
                (.never(from: .internet, to: to, port: goal.port), !starts.contains("internet")),
                (.never(from: .service(one), to: to, port: goal.port), !starts.contains(one)),
                (
                    .never(from: .zone("right"), to: to, port: goal.port),
                    starts.isDisjoint(with: ["s3", "s4", "s5"])
                ),
                (.must(from: .service(one), to: to, port: goal.port), starts.contains(one)),
                (
                    .only(from: [.service(one), .internet], to: to, port: goal.port),
                    starts.isSubset(of: [one, "internet"])
                ),
            ]
            for (kind, holds) in kinds {
                let guarantee = Guarantee(kind, steps: steps, place: Place(line: 1, column: 1))
                let verdict = graph.verdict(on: guarantee)
                #expect(verdict.passes == holds, "round \(round): \(guarantee.claim) \(starts)")
                verdicts[verdict.name, default: 0] += 1
                if case .refuted(_, let path) = verdict, !path.isEmpty {
                    #expect(path.count <= steps + 1)
                    let last = path.last.map { platform.services[$0.to].name } ?? ""
                    #expect(
                        goal.services.contains(last)
                            && path[0].from != .service(path[path.count - 1].to))
                    for (link, next) in zip(path, path.dropFirst()) {
                        #expect(next.from == .service(link.to))
                    }
                }
            }
        }
        #expect((verdicts["holds"] ?? 0) > 1_000 && (verdicts["refuted"] ?? 0) > 1_000)
    }

    @Test("a message is reached by what permits it: a flow that names it, or one that names none")
    func messages() throws {
        var platform = ReachTests.platform
        platform.flows[2].messages = ["place"]
        let never = { (from: String, message: String) in
            Graph(platform).verdict(
                on: Guarantee(
                    .never(from: .service(from), to: .service("orders"), port: message),
                    place: Place(line: 1, column: 1))
            ).name
        }
        // `side` takes every message of the zone, so `place` goes there too.
        #expect(never("api", "place") == "refuted" && never("gateway", "place") == "holds")
        #expect(never("api", "cancel") == "unanswered")
        platform.flows[5].messages = ["cancel"]
        #expect(never("api", "cancel") == "refuted")
        platform.flows.remove(at: 2)
        #expect(never("api", "place") == "unanswered")
    }

    @Test("expected connections are judged by their port's number")
    func expected() {
        let line = { (to: String, port: UInt16, isOpen: Bool) in
            ReachTests.graph.verdict(
                on: Guarantee(
                    .expect(
                        from: .service("api"), to: .service(to), name: nil,
                        port: Port(.tcp, port), isOpen: isOpen), place: Place(line: 1, column: 1))
            ).name
        }
        #expect(line("orders", 1, true) == "holds" && line("orders", 2, true) == "holds")
        #expect(line("orders", 3, true) == "refuted" && line("orders", 3, false) == "holds")
        #expect(line("orders", 1, false) == "refuted")
    }

    @Test("every change of a flow is noticed by guarantees that say all, and by none without")
    func mutants() {
        var platform = ReachTests.platform
        #expect(Graph(platform).mutants().allSatisfy { $0.caughtBy == nil })
        #expect(!Graph(platform).mutants().isEmpty)
        for (number, flow) in platform.flows.enumerated() {
            let place = Place(line: 100 + number, column: 1)
            let isOpen = flow.from != .office
            if isOpen {
                platform.guarantees.append(
                    Guarantee(
                        .must(from: flow.from, to: .service(flow.to), port: flow.port),
                        place: place))
            }
            platform.guarantees.append(
                Guarantee(
                    .only(from: [flow.from], to: .service(flow.to), port: flow.port), place: place))
            // Nobody reaches the other port of a service that has one flow.
            if flow.to != "orders" {
                let other = flow.port == "main" ? "side" : "main"
                platform.guarantees.append(
                    Guarantee(.only(from: [], to: .service(flow.to), port: other), place: place))
            }
        }
        let unnoticed = Graph(platform).mutants().filter { $0.caughtBy == nil }
        #expect(
            unnoticed.map { "\(platform.flows[$0.flow].from.name) \($0.change.name)" }
                == ["office removed"], "nothing is published for the office, so it must not hold")
    }
}
