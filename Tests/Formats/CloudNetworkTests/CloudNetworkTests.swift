import Addresses
import CloudNetwork
import Findings
import Packets
import Ruleset
import Testing
import Topology

func block(_ text: String) -> Span {
    switch Block.read(text)?.block {
    case .v4(let range): .v4(range)
    case .v6(let range): .v6(range)
    case nil: .everyV4
    }
}

func rule(
    _ name: String, _ first: Int64?, _ last: Int64?, egress: Bool = false,
    allow: Bool = true, _ peers: Peer...
) -> AccessRule {
    AccessRule(
        RuleLabel("rule"), isEgress: egress, isAllow: allow,
        traffic: Traffic(protocolName: name, from: first, to: last) ?? .everything, peers: peers)
}

func rule(_ name: String, _ peer: Peer) -> AccessRule { rule(name, nil, nil, peer) }

let world = Peer(.span(.everyV4))
let everything = Peer(.everybody)

/// Two groups, each worn by one machine, and all may leave both.
func pair(_ ingress: AccessRule...) -> CloudNetwork {
    var network = CloudNetwork()
    for (index, name) in ["client", "server"].enumerated() {
        var group = SecurityGroup(id: "sg-\(name)", name: name)
        group.rules = [rule("-1", nil, nil, egress: true, everything)] + (index == 1 ? ingress : [])
        network.groups.append(group)
        var interface = Interface(name: name)
        interface.addresses = [block("10.0.\(index).1"), block("2001:db8:\(index)::1")]
        interface.groups = [index]
        network.interfaces.append(interface)
    }
    return network
}

extension CloudNetwork {
    func ports(
        _ source: String, _ target: String, _ bound: Bound = .may, v6: Bool = false
    ) throws -> [ClosedRange<UInt32>] {
        let topology = topology()
        let from = try #require(topology.endpoint(source))
        let to = try #require(topology.endpoint(target))
        let passing = try topology.passing(from: from, to: to, v6 ? .v6 : .v4)
        return (bound == .may ? passing.may : passing.must).boxes.map { $0[.destinationPort] }
            .merged()
    }
}

extension [ClosedRange<UInt32>] {
    func merged() -> Self {
        reduce(into: []) { sum, range in if sum.last != range { sum.append(range) } }
    }
}

@Suite("Networks of a cloud")
struct CloudNetworkTests {
    @Test("the internet has every address that clouds route, class E as well")
    func classE() throws {
        let topology = pair().topology()
        let internet = try #require(topology.endpoint("internet"))
        let ranges = topology.endpoints[internet].v4
        #expect(ranges.contains { $0.contains(0xF000_0001) })
        #expect(!ranges.contains { $0.contains(0x7F00_0001) })
        let narrow = pair(rule("tcp", 443, 443, Peer(.span(block("240.0.0.0/4")))))
        #expect(try narrow.ports("internet", "server") == [443...443])
    }

    @Test("groups allow only, all of an interface's together, and replies pass by themselves")
    func union() throws {
        var network = pair(rule("tcp", 443, 443, Peer(.group(0))))
        #expect(try network.ports("client", "server") == [443...443])
        #expect(try network.ports("server", "client").isEmpty)
        #expect(try network.ports("internet", "server").isEmpty)
        var second = SecurityGroup(id: "sg-2", name: "second")
        second.rules = [rule("tcp", 22, 22, Peer(.span(block("10.0.0.0/16"))))]
        network.groups.append(second)
        network.interfaces[1].groups.append(2)
        #expect(try network.ports("client", "server") == [22...22, 443...443])
        #expect(try network.ports("private networks", "server") == [22...22])
        network.groups[0].rules = []
        #expect(try network.ports("client", "server").isEmpty, "nothing may leave")
    }

    @Test("protocol -1 opens every port whatever ports stand beside it; others stay apart")
    func protocols() throws {
        let table: [(AccessRule, protocol: UInt32, port: UInt32, passes: Bool)] = [
            (rule("-1", 22, 22, everything), 6, 5_000, true),
            (rule("-1", 22, 22, everything), 47, 0, true),
            (rule("tcp", -1, -1, everything), 6, 1, true),
            (rule("tcp", 0, 0, everything), 6, 1, false),
            (rule("17", 53, 53, everything), 17, 53, true),
            (rule("17", 53, 53, everything), 6, 53, false),
            (rule("50", 22, 22, everything), 50, 7, true),
        ]
        for row in table {
            let topology = pair(row.0).topology()
            let passing = try topology.passing(from: 0, to: 1, .v4).may
            var packet = Packet()
            packet[.source] = 0x0A00_0001
            packet[.destination] = 0x0A00_0101
            packet[.protocolNumber] = row.protocol
            packet[.destinationPort] = row.port
            #expect(passing.contains(packet) == row.passes, "\(row)")
        }
    }

    @Test("of ICMP the ports are type and code, in its own family each")
    func messages() throws {
        let network = pair(rule("icmp", 8, -1, everything), rule("icmpv6", 128, 0, everything))
        let topology = network.topology()
        let four = try topology.passing(from: 0, to: 1, .v4).may
        #expect(four.boxes.map { $0[.protocolNumber] } == [1...1])
        #expect(four.boxes.map { $0[.sourcePort] } == [8...8])
        let six = try topology.passing(from: 0, to: 1, .v6).may
        #expect(six.boxes.map { $0[.protocolNumber] } == [58...58])
        #expect(six.boxes.map { $0[.destinationPort] } == [0...0])
    }

    @Test("a group names the private addresses of those who wear it, itself included")
    func references() throws {
        var network = pair(rule("tcp", 9_000, 9_000, Peer(.group(1))))
        #expect(try network.ports("client", "server").isEmpty)
        var third = network.interfaces[1]
        third.name = "peer"
        third.addresses = [block("10.0.1.2")]
        network.interfaces.append(third)
        #expect(try network.ports("peer", "server") == [9_000...9_000])
        network.groups[1].rules.append(rule("tcp", 9_001, 9_001, world))
        #expect(try network.ports("internet", "server") == [9_001...9_001])
    }

    @Test("groups that nobody wears stand for the machines that will")
    func idle() throws {
        var network = pair(
            rule("tcp", 80, 80, Peer(.group(0))),
            rule("tcp", 22, 22, Peer(.span(block("10.0.0.0/8")))))
        network.interfaces = []
        #expect(try network.ports("sg-client", "sg-server", .must) == [80...80])
        #expect(try network.ports("sg-client", "sg-server") == [22...22, 80...80])
        #expect(try network.ports("internet", "sg-server").isEmpty)
        #expect(try network.ports("private networks", "sg-server", .must) == [22...22])
    }

    @Test("machines without known addresses lie in their subnet's block, for sure or possibly")
    func places() throws {
        let table: [(String, may: Bool, must: Bool)] = [
            ("10.0.0.0/16", true, true), ("10.0.0.0/24", true, true), ("0.0.0.0/0", true, true),
            ("10.0.0.0/25", true, false), ("10.1.0.0/16", false, false),
            ("128.0.0.0/1", false, false),
        ]
        for row in table {
            var network = pair(rule("tcp", 22, 22, Peer(.span(block(row.0)))))
            network.interfaces[0].addresses = []
            network.subnets = [Subnet(name: "subnet", blocks: [block("10.0.0.0/24")])]
            network.interfaces[0].subnet = 0
            #expect(try !network.ports("client", "server").isEmpty == row.may, "\(row)")
            #expect(try !network.ports("client", "server", .must).isEmpty == row.must, "\(row)")
            #expect(try network.ports("client", "server", v6: true).isEmpty)
        }
    }

    @Test("network ACLs decide by number, both ways, replies too, and only at the subnet's edge")
    func accessLists() throws {
        var network = pair(rule("tcp", 443, 443, world), rule("tcp", 22, 22, world))
        network.subnets = [Subnet(name: "a"), Subnet(name: "b")]
        network.interfaces[0].subnet = 0
        network.interfaces[1].subnet = 1
        var list = AccessList(name: "acl")
        list.entries = [
            .init(200, rule("tcp", 0, 65_535, everything)),
            .init(100, rule("tcp", 22, 22, allow: false, everything)),
        ]
        network.accessLists = [list]
        network.subnets[1].accessList = 0
        #expect(try network.ports("client", "server").isEmpty, "no reply leaves")
        network.accessLists[0].entries.append(
            .init(100, rule("tcp", 1_024, 65_535, egress: true, everything)))
        #expect(try network.ports("client", "server") == [443...443])
        let passing = try network.topology().passing(from: 0, to: 1, .v4).may
        #expect(passing.boxes.map { $0[.sourcePort] } == [1_024...65_535])
        network.interfaces[0].subnet = 1
        #expect(try network.ports("client", "server") == [22...22, 443...443])
    }

    @Test("an unknown entry of an ACL denies at most what it may and allows at least what it must")
    func unknownEntries() throws {
        var network = pair(rule("tcp", 443, 443, world))
        network.subnets = [Subnet(name: "a"), Subnet(name: "b")]
        network.interfaces[0].subnet = 0
        network.interfaces[1].subnet = 1
        var deny = rule("tcp", 443, 443, allow: false, .unknown("acl.cidr_block"))
        deny.label = RuleLabel("deny")
        var list = AccessList(name: "acl")
        list.entries = [
            .init(1, deny), .init(2, rule("-1", everything)),
            .init(1, rule("-1", nil, nil, egress: true, everything)),
        ]
        network.accessLists = [list]
        network.subnets[1].accessList = 0
        #expect(try network.ports("client", "server") == [443...443])
        #expect(try network.ports("client", "server", .must).isEmpty)
        let passing = try network.topology().passing(from: 0, to: 1, .v4)
        #expect(passing.unmodelled == ["acl.cidr_block"])
    }

    @Test("routes keep the internet from machines without a public address or a way back")
    func routes() throws {
        var network = pair(rule("tcp", 443, 443, world))
        network.subnets = [Subnet(name: "a", blocks: [block("10.0.1.0/24")])]
        network.subnets[0].routeTable = 0
        network.interfaces[1].subnet = 0
        var table = RouteTable(name: "routes")
        table.routes = [.init(.span(block("10.0.0.0/16")), .inside)]
        func reached(_ target: RouteTable.Target?, hasPublic: Bool?) throws -> Bool {
            var routed = network
            routed.routeTables = [table]
            if let target { routed.routeTables[0].routes.append(.init(.span(.everyV4), target)) }
            routed.interfaces[1].hasPublicAddress = hasPublic
            #expect(try routed.ports("client", "server") == [443...443])
            return try !routed.ports("internet", "server").isEmpty
        }
        #expect(try reached(.gateway, hasPublic: true))
        #expect(try reached(.gateway, hasPublic: nil))
        #expect(try !reached(.gateway, hasPublic: false))
        #expect(try !reached(.outward, hasPublic: true))
        #expect(try !reached(.blackhole, hasPublic: true))
        #expect(try !reached(nil, hasPublic: true))
    }

    @Test("what is not known may be anything, must be nothing, and is named")
    func unknown() throws {
        var network = pair(rule("tcp", 443, 443, .unknown("rule.cidr_ipv4")))
        #expect(try network.ports("internet", "server") == [443...443])
        #expect(try network.ports("internet", "server", .must).isEmpty)
        #expect(network.review().map(\.code) == ["unknown-value"])
        network = pair()
        network.interfaces[1].unknownGroups = ["machine.groups"]
        #expect(try network.ports("internet", "server") == [0...65_535])
        #expect(try network.ports("internet", "server", .must).isEmpty)
    }

    @Test("the same private address in two networks is two machines")
    func twins() throws {
        var network = pair(rule("tcp", 1, 1, Peer(.group(0))))
        network.groups.append(SecurityGroup(id: "sg-third", name: "third"))
        network.groups[2].rules = [rule("-1", nil, nil, egress: true, everything)]
        var twin = network.interfaces[0]
        twin.name = "twin"
        twin.groups = [2]
        network.interfaces.append(twin)
        #expect(try network.ports("client", "server") == [1...1])
        #expect(try network.ports("twin", "server").isEmpty)
    }
}
