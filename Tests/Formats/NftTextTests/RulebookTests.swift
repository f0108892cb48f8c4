import Addresses
import Chance
import Confinement
import Findings
import NftText
import Packets
import Rulebook
import Ruleset
import Testing
import Walker

@Suite("Our own tables, read back")
struct RulebookTests {
    private static func plan(_ chance: inout Seeded) -> Deployment {
        var plan = Deployment(platform: "many", file: "many.yaml", isolation: .full)
        let count = 3 + chance.below(6)
        for index in 0..<count {
            plan.compartments.append(
                CompartmentPlan(
                    name: "s\(index)", zone: 0,
                    address: Address(0x0A4D_0100 + UInt32(index) * 257), program: "/bin/true"))
        }
        for _ in 0..<(2 + chance.below(12)) {
            let transport: Transport = chance.below(2) == 0 ? .tcp : .udp
            let from = chance.below(count)
            let to = (from + 1 + chance.below(count - 1)) % count
            if let port = Port(transport, UInt16(chance.number(1...65_535))) {
                plan.flows.append(
                    FlowPlan(from: .compartment(from), to: to, port: port, line: 1))
            }
        }
        return plan
    }

    private func read(_ table: RuleTable, _ names: [String]) throws -> Ruleset {
        let (ruleset, findings) = NftText.read(Array(table.text.utf8), interfaces: names)
        return try #require(ruleset, "\(findings)")
    }

    /// Whether a first packet passes every base chain of a hook, by both of the model's readers
    /// and for sure as well as perhaps.
    private func passes(
        _ rules: Ruleset, _ hooks: [Hook], _ packet: WalkedPacket
    ) throws -> (may: Bool, must: Bool) {
        var both = (may: true, must: true)
        for base in hooks.flatMap({ rules.bases(at: $0) }) {
            let bounds = try Unfolding(rules, .v4).rules(of: base)
            var flat = Packet()
            for field in Field.allCases { flat[field] = UInt32(packet[field]) }
            let (may, must) = (bounds.may.allows(flat), bounds.must.allows(flat))
            let walker = Walker(rules)
            #expect(!walker.walk(packet, base: base) { _ in true }.accepts || may)
            #expect(!must || walker.walk(packet, base: base) { _ in false }.accepts)
            both = (both.may && may, both.must && must)
        }
        return both
    }

    @Test("what a flow allows passes each wall for sure; whatever else is tried passes none")
    func flows() throws {
        var chance = Seeded(state: 4)
        for _ in 0..<8 {
            let plan = Self.plan(&chance)
            let names = plan.compartments.indices.map(Rulebook.interfaceName)
            let fabric = try read(Rulebook.fabric(plan), names)
            let hosts = try plan.compartments.indices.map {
                try read(Rulebook.host(plan, compartment: $0), [])
            }
            var tries: [(from: Int, to: Int, transport: UInt8, port: UInt16)] = []
            for flow in plan.flows {
                guard case .compartment(let from) = flow.from else { continue }
                tries.append((from, flow.to, flow.port.transport.rawValue, flow.port.number))
                tries.append((flow.to, from, flow.port.transport.rawValue, flow.port.number))
                tries.append((from, flow.to, 23 - flow.port.transport.rawValue, flow.port.number))
                tries.append((from, flow.to, 6, flow.port.number &+ 1))
                tries.append((from, flow.to, 1, flow.port.number))
            }
            for item in tries where item.from != item.to {
                let isAllowed = plan.flows.contains {
                    $0.from == .compartment(item.from) && $0.to == item.to
                        && $0.port.number == item.port
                        && $0.port.transport.rawValue == item.transport
                }
                var packet = WalkedPacket(.v4, [])
                packet[.source] = UInt128(plan.compartments[item.from].address.value)
                packet[.destination] = UInt128(plan.compartments[item.to].address.value)
                packet[.protocolNumber] = UInt128(item.transport)
                packet[.sourcePort] = 40_000
                packet[.destinationPort] = UInt128(item.port)
                packet[.departure] = 9_999
                let out = try passes(hosts[item.from], [.output], packet)
                packet[.departure] = 0
                packet[.arrival] = 9_999
                let into = try passes(hosts[item.to], [.input], packet)
                packet[.arrival] = UInt128(item.from + 1)
                let across = try passes(fabric, [.prerouting, .forward], packet)
                for (may, must) in [out, into, across] {
                    #expect(may == isAllowed && must == isAllowed, "\(item)")
                }
                packet[.arrival] = UInt128(item.to + 1)
                let spoofed = try passes(fabric, [.prerouting, .forward], packet)
                #expect(!spoofed.may)
            }
        }
    }
}
