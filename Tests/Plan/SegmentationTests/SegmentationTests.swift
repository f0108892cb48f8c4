import Addresses
import Chance
import Confinement
import Packets
import Rulebook
import Ruleset
import Segmentation
import Testing
import Topology

/// A plan of compartments in two zones with random flows.
struct RandomPlan {
    var deployment = Deployment(platform: "many", file: "many.yaml", isolation: .full)

    init(_ chance: inout Seeded, compartments count: Int, flows: Int) throws {
        for (index, text) in ["10.77.1.0/24", "10.77.2.0/23"].enumerated() {
            let network = try #require(Prefix(text))
            deployment.zones.append(ZonePlan(name: "z\(index)", network: network))
        }
        for index in 0..<count {
            let zone = index % 2
            let base = deployment.zones[zone].network.base.value
            deployment.compartments.append(
                CompartmentPlan(
                    name: "s\(index)", zone: zone, address: Address(base + 2 + UInt32(index)),
                    program: "/bin/true"))
        }
        for _ in 0..<flows {
            let from = chance.below(count)
            let to = (from + 1 + chance.below(count - 1)) % count
            let transport: Transport = chance.below(2) == 0 ? .tcp : .udp
            let port = try #require(Port(transport, UInt16(chance.number(1...9))))
            deployment.flows.append(
                FlowPlan(from: .compartment(from), to: to, port: port, line: 1))
        }
    }

    /// Openings that the flows are, as text.
    var wanted: Set<String> {
        Set(
            deployment.flows.compactMap { flow in
                guard case .compartment(let from) = flow.from else { return nil }
                let number = UInt32(flow.port.transport.rawValue)
                let port = UInt32(flow.port.number)
                return "\(from) \(flow.to) \(number...number) \(port...port)"
            })
    }
}

private func words(_ openings: [Opening]) -> Set<String> {
    Set(
        openings.map { one in
            "\(one.from.map(String.init) ?? "nobody") \(one.to) \(one.protocols) \(one.ports)"
        })
}

@Suite("The filters of a platform, read back")
struct SegmentationTests {
    @Test("each layer alone lets pass what the flows say, and nothing else, for sure")
    func exact() throws {
        var chance = Seeded(state: 7)
        for round in 0..<20 {
            let plan = try RandomPlan(&chance, compartments: 2 + round, flows: 3 * round)
            let segmentation = try Segmentation(plan.deployment)
            for layer in Segmentation.Layer.allCases {
                for bound in Bound.allCases {
                    #expect(words(try segmentation.openings(layer, bound)) == plan.wanted)
                }
            }
        }
    }

    @Test("what passes one after the other is what the flows say, replies included")
    func whole() throws {
        var chance = Seeded(state: 8)
        let plan = try RandomPlan(&chance, compartments: 6, flows: 12)
        let segmentation = try Segmentation(plan.deployment)
        for layer in [nil, Segmentation.Layer.fabric, .hosts] {
            let topology = segmentation.topology(layer)
            for from in topology.endpoints.indices {
                for to in topology.endpoints.indices where from != to {
                    let passing = try topology.passing(from: from, to: to, .v4)
                    let isOpen = plan.deployment.flows.contains {
                        $0.from == .compartment(from) && $0.to == to
                    }
                    #expect(!passing.must.isEmpty == isOpen, "\(from) to \(to) by \(layer as Any)")
                    #expect(!passing.may.isEmpty == isOpen)
                }
            }
        }
    }

    @Test("a wall that is left out lets everything pass, and the other none the more")
    func withoutWall() throws {
        var chance = Seeded(state: 9)
        var plan = try RandomPlan(&chance, compartments: 3, flows: 2)
        plan.deployment.without = .host
        let segmentation = try Segmentation(plan.deployment)
        #expect(words(try segmentation.openings(.fabric)) == plan.wanted)
        let open = words(try segmentation.openings(.hosts))
        for from in ["0", "1", "2"] {
            for to in ["0", "1", "2"] where from != to {
                #expect(open.contains("\(from) \(to) 0...255 0...65535"))
            }
        }
    }

    /// A line added to a filter by somebody, and the opening that it makes.
    struct Tampering: Sendable, CustomTestStringConvertible {
        let testDescription: String
        var fabric = ""
        var host0 = ""
        var host1 = ""
        let layer: Segmentation.Layer
        let opening: String?
    }

    private static let table = "add rule inet bulkhead"
    private static let first = "insert rule inet bulkhead"

    @Test(
        "an opening that somebody adds by hand is found with who can use it",
        arguments: [
            Tampering(
                testDescription: "an element in the fabric's map",
                fabric: "add element inet bulkhead flows "
                    + "{ \"bh0\" . 10.77.1.2 . 10.77.2.3 . 6 . 5432 : 77 }",
                layer: .fabric, opening: "0 1 6...6 5432...5432"),
            Tampering(
                testDescription: "a rule that accepts a whole range",
                fabric: "\(first) crossing ip daddr 10.77.2.3 tcp dport 1000-2000 accept",
                layer: .fabric, opening: "2 1 6...6 1000...2000"),
            Tampering(
                testDescription: "a fabric without its check of origins",
                fabric: "\(first) arriving accept\n\(first) crossing ip saddr 10.77.1.4 "
                    + "ip daddr 10.77.2.3 udp dport 53 accept",
                layer: .fabric, opening: "0 1 17...17 53...53"),
            Tampering(
                testDescription: "one end alone opens nothing",
                host1: "\(first) entering tcp dport 22 accept", layer: .hosts,
                opening: "nobody 1 6...6 22...22"),
            Tampering(
                testDescription: "both ends open", host0: "\(first) leaving tcp dport 22 accept",
                host1: "\(first) entering tcp dport 22 accept", layer: .hosts,
                opening: "0 1 6...6 22...22"),
            Tampering(
                testDescription: "only the sender's end opens",
                host0: "\(first) leaving tcp dport 22 accept", layer: .hosts, opening: nil),
        ])
    func tampered(_ one: Tampering) throws {
        var chance = Seeded(state: 10)
        let plan = try RandomPlan(&chance, compartments: 3, flows: 0)
        let hosts = Rulebook.hosts(plan.deployment).map(\.creation)
        let segmentation = try Segmentation(
            plan.deployment,
            fabric: Rulebook.fabric(plan.deployment).creation + one.fabric + "\n",
            hosts: [hosts[0] + one.host0 + "\n", hosts[1] + one.host1 + "\n", hosts[2]])
        let found = words(try segmentation.openings(one.layer))
        if let opening = one.opening {
            #expect(found.contains(opening), "\(found)")
        } else {
            #expect(found.isEmpty, "\(found)")
        }
        let other: Segmentation.Layer = one.layer == .fabric ? .hosts : .fabric
        #expect(try segmentation.openings(other).isEmpty)
    }

    @Test("text that is no ruleset is refused with the filter's name")
    func unreadable() throws {
        var chance = Seeded(state: 11)
        let plan = try RandomPlan(&chance, compartments: 2, flows: 1)
        let hosts = Rulebook.hosts(plan.deployment).map(\.creation)
        #expect(throws: Segmentation.Unreadable.self) {
            try Segmentation(plan.deployment, fabric: "table inet x {", hosts: hosts)
        }
        #expect(throws: Segmentation.Unreadable.self) {
            try Segmentation(plan.deployment, fabric: "", hosts: [hosts[0], "nonsense"])
        }
        #expect(throws: Segmentation.Unreadable.self) {
            try Segmentation(plan.deployment, fabric: "", hosts: [hosts[0]])
        }
    }

    @Test("no packet of IPv6 passes any filter")
    func sixth() throws {
        var chance = Seeded(state: 12)
        let plan = try RandomPlan(&chance, compartments: 3, flows: 4)
        let new = ConnectionState.new.rawValue
        for gate in try Segmentation(plan.deployment).topology().gates {
            let passed = try gate.v6.may.allowed(in: Box.everything.with(.state, new...new))
            #expect(passed.isEmpty, "\(gate.name)")
        }
    }
}
