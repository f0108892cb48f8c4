import Addresses
import Chance
import Findings
import Platform
import Reach
import Testing

/// Wrong changes by the long way: each one is a file of its own, asked for everything again.
private func literal(_ platform: Platform) -> [String] {
    let held = platform.guarantees.filter { Graph(platform).verdict(on: $0).passes }
    var mutants: [String] = []
    for (index, flow) in platform.flows.enumerated() {
        var wide = flow
        var changes: [(Mutant.Change, [Flow])] = [(.removed, [])]
        if case .service(let name) = flow.from, let service = platform.service(name) {
            wide.from = .zone(service.zone)
            changes.append((.wholeZone, [wide]))
        }
        wide.from = .internet
        changes.append((.anybody, [flow, wide]))
        let others = (platform.service(flow.to)?.ports ?? []).filter { $0.name != flow.port }
        changes.append(
            (
                .allPorts,
                [flow]
                    + others.map { port in
                        var other = flow
                        other.port = port.name
                        other.messages = []
                        return other
                    }
            ))
        wide = flow
        wide.messages = []
        changes.append((.allMessages, [wide]))
        for (change, flows) in changes {
            var changed = platform
            changed.flows.replaceSubrange(index...index, with: flows)
            guard ways(changed, flow.to, platform) != ways(platform, flow.to, platform) else {
                continue
            }
            let graph = Graph(changed)
            let broken = held.first { !graph.verdict(on: $0).passes }
            mutants.append(words(index, change, broken?.place))
        }
    }
    return mutants
}

private func words(_ flow: Int, _ change: Mutant.Change, _ place: Place?) -> String {
    "\(flow) \(change.name) \(place?.line ?? -1)"
}

/// Who comes to a service by which port with which message, as words.
private func ways(_ platform: Platform, _ target: String, _ original: Platform) -> Set<String> {
    let known = Set(original.flows.filter { $0.to == target }.flatMap(\.messages))
    let graph = Graph(platform)
    var ways: Set<String> = []
    for flow in platform.flows where flow.to == target {
        let messages = flow.messages.isEmpty ? known : Set(flow.messages)
        for source in graph.members(flow.from).map(graph.name) where source != target {
            for message in messages.isEmpty ? [""] : messages {
                ways.insert("\(source) \(flow.port) \(message)")
            }
        }
    }
    return ways
}

@Suite("Wrong changes")
struct MutantTests {
    @Test("what guarantees notice of a change is what they say of the changed file")
    func alike() {
        var chance = Seeded(state: 41)
        var caught = 0
        var missed = 0
        for round in 0..<400 {
            var platform = randomPlatform(&chance)
            for line in 0..<6 { platform.guarantees.append(randomGuarantee(&chance, line: line)) }
            for line in 6..<10 {
                // Message types are known while a flow names them.
                let goal = Party.service("s\(chance.below(6))")
                let name = "m\(chance.below(3))"
                let kind: Guarantee.Kind =
                    line % 2 == 0
                    ? .never(from: .zone("right"), to: goal, port: name)
                    : .must(from: .service("s\(chance.below(6))"), to: goal, port: name)
                platform.guarantees.append(
                    Guarantee(kind, place: Place(line: line, column: 1)))
            }
            if round % 3 == 0 {
                platform.channels.append(
                    Channel(
                        from: .service("s0"), to: "s4", name: "m1", because: "test",
                        place: Place(line: 1, column: 1)))
                platform.publications.append(
                    Publication(
                        service: "s1", port: "p1", address: Address(0x7F00_0001), number: 80,
                        place: Place(line: 1, column: 1)))
            }
            let (mutants, untried) = Graph(platform).mutation()
            let told = mutants.map { words($0.flow, $0.change, $0.caughtBy) }
            #expect(told == literal(platform), "round \(round)")
            #expect(untried == 0)
            caught += mutants.count { $0.caughtBy != nil }
            missed += mutants.count { $0.caughtBy == nil }
        }
        #expect(caught > 300 && missed > 300)
    }

    @Test("of very many flows the first stand for the others, and how many is said")
    func bounded() {
        var platform = ReachTests.platform
        let flow = platform.flows[0]
        for number in 0..<Graph.mutantsMax {
            var service = platform.services[0]
            service.name = "more\(number)"
            platform.services.append(service)
            var more = flow
            more.from = .office
            more.to = service.name
            more.port = service.ports[0].name
            platform.flows.append(more)
        }
        let (mutants, untried) = Graph(platform).mutation()
        #expect(mutants.count == Graph.mutantsMax)
        #expect(untried > 0 && untried < platform.flows.count)
        #expect(mutants.last.map { $0.flow < platform.flows.count - untried + 1 } == true)
    }
}
