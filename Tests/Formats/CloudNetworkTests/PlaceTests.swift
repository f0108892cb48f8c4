import CloudNetwork
import Findings
import Packets
import Ruleset
import Testing
import Topology

@Suite("Where machines are, and which ways lead there")
struct PlaceTests {
    /// A server in a subnet whose network ACL has the entries, and a client in another one.
    private func edged(_ entries: AccessList.Entry...) -> CloudNetwork {
        var network = pair(rule("-1", everything))
        network.subnets = [
            Subnet(name: "a", blocks: [block("10.0.0.0/24")]),
            Subnet(name: "b", blocks: [block("10.0.1.0/24")]),
        ]
        for index in [0, 1] { network.interfaces[index].subnet = index }
        var list = AccessList(name: "acl")
        list.entries = entries
        network.accessLists = [list]
        network.subnets[1].accessList = 0
        return network
    }

    private func sources(
        _ network: CloudNetwork, _ bound: Bound
    ) throws -> [ClosedRange<UInt32>] {
        let topology = network.topology()
        let from = try #require(topology.endpoint("private networks"))
        let to = try #require(topology.endpoint("server"))
        let passing = try topology.passing(from: from, to: to, .v4)
        return (bound == .may ? passing.may : passing.must).boxes.map { $0[.source] }.sorted {
            $0.lowerBound < $1.lowerBound
        }
    }

    @Test("a machine of the same subnet that nobody names does not pass the subnet's ACL")
    func neighbours() throws {
        var network = edged()
        #expect(try network.ports("client", "server").isEmpty)
        let inside: [ClosedRange<UInt32>] = [
            0x0A00_0100...0x0A00_0100, 0x0A00_0102...0x0A00_01FF,
        ]
        #expect(try sources(network, .must) == inside)
        #expect(try sources(network, .may) == inside)
        #expect(try network.ports("internet", "server").isEmpty)
        // The same block in another network: it may be there.
        network.subnets.append(Subnet(name: "twin", blocks: [block("10.0.1.0/24")]))
        #expect(try sources(network, .must).isEmpty)
        #expect(try sources(network, .may) == inside)
        network.subnets[2].blocks = [block("10.0.1.0/25")]
        #expect(try sources(network, .must) == [0x0A00_0180...0x0A00_01FF])
        #expect(try sources(network, .may) == inside)
    }

    @Test("a machine that is told to be elsewhere is not inside, though its address could be")
    func twins() throws {
        var network = edged()
        network.subnets[0].blocks = network.subnets[1].blocks
        network.interfaces[0].addresses = [block("10.0.1.9")]
        #expect(try network.ports("client", "server").isEmpty)
        network.interfaces[0].subnet = nil
        #expect(try network.ports("client", "server") == [0...65_535])
        #expect(try network.ports("client", "server", .must).isEmpty)
    }

    @Test("inside a subnet IPv6 is as free as IPv4")
    func neighbours6() throws {
        var network = edged()
        network.subnets[1].blocks = [block("2001:db8:1::/64")]
        network.blocks = [block("2001:db8::/32")]
        #expect(try network.ports("private networks", "server", .must, v6: true) == [0...65_535])
        #expect(try network.ports("client", "server", v6: true).isEmpty)
        #expect(try network.ports("internet", "server", v6: true).isEmpty)
    }

    @Test("a machine of which nobody knows the subnet may be in this one")
    func nowhere() throws {
        var network = edged()
        network.interfaces[0].subnet = nil
        #expect(try network.ports("client", "server").isEmpty, "its address is of another block")
        network.interfaces[0].addresses = []
        #expect(try network.ports("client", "server") == [0...65_535])
        #expect(try network.ports("client", "server", .must).isEmpty)
    }

    @Test("private addresses behind a gateway are never sure, nor is the way between networks")
    func gateways() throws {
        for target in [RouteTable.Target.gateway, .outward] {
            var network = edged()
            network.subnets[1].accessList = nil
            var table = RouteTable(name: "routes")
            table.routes = [
                .init(.span(block("10.0.0.0/24")), .inside), .init(.span(.everyV4), target),
            ]
            network.routeTables = [table]
            network.subnets[0].routeTable = 0
            network.interfaces[0].hasPublicAddress = true
            #expect(try network.ports("client", "server") == [0...65_535])
            #expect(try network.ports("client", "server", .must).isEmpty)
            #expect(try network.ports("client", "private networks") == [0...65_535])
            #expect(try network.ports("client", "internet", .must) == [0...65_535])
            network.routeTables[0].routes.append(.init(.span(block("10.0.1.0/24")), .inside))
            #expect(try network.ports("client", "server", .must) == [0...65_535])
        }
        var network = edged()
        network.subnets[1].accessList = nil
        #expect(try network.ports("client", "server", .must) == [0...65_535])
        for index in [0, 1] { network.subnets[index].network = "vpc-\(index)" }
        #expect(try network.ports("client", "server") == [0...65_535])
        #expect(try network.ports("client", "server", .must).isEmpty)
        #expect(try network.ports("client", "internet", .must) == [0...65_535])
        #expect(try network.ports("client", "internet", .must, v6: true) == [0...65_535])
        network.subnets[1].network = "vpc-0"
        #expect(try network.ports("client", "server", .must) == [0...65_535])
    }

    @Test("from one public address to another of the same network rules see public addresses")
    func faces() throws {
        var network = pair(
            rule("tcp", 443, 443, Peer(.span(block("198.51.100.1")))),
            rule("tcp", 22, 22, Peer(.group(0))))
        for index in [0, 1] {
            network.interfaces[index].publicAddresses = [block("198.51.100.\(index + 1)")]
            network.interfaces[index].hasPublicAddress = true
        }
        let (client, server) = ("client (public)", "server (public)")
        #expect(try network.ports(client, server, .must) == [443...443])
        #expect(try network.ports("client", "server") == [22...22])
        for (from, to) in [
            (server, client), (client, "server"), ("client", server), (client, "internet"),
            ("internet", server), ("internet", "server"), ("private networks", server),
        ] {
            #expect(try network.ports(from, to).isEmpty, "\(from) \(to)")
        }
        // Over the edge, be it of the same subnet, and by the routes.
        network.subnets = [Subnet(name: "a", blocks: [block("10.0.0.0/16")])]
        for index in [0, 1] { network.interfaces[index].subnet = 0 }
        network.accessLists = [AccessList(name: "acl")]
        network.subnets[0].accessList = 0
        #expect(try network.ports(client, server).isEmpty)
        #expect(try network.ports("client", "server") == [22...22])
        network.subnets[0].accessList = nil
        var table = RouteTable(name: "routes")
        table.routes = [.init(.span(block("10.0.0.0/16")), .inside)]
        network.routeTables = [table]
        network.subnets[0].routeTable = 0
        #expect(try network.ports(client, server).isEmpty)
        network.routeTables[0].routes.append(.init(.span(.everyV4), .gateway))
        #expect(try network.ports(client, server, .must) == [443...443])
        network.interfaces[1].publicAddresses = []
        #expect(network.topology().endpoint(client) == nil)
    }

    @Test("an echo request needs the echo reply's way back, and no other message's")
    func echoes() throws {
        let all = rule("-1", everything)
        for (type, isAnswered) in [(Int64(0), true), (3, false), (8, false)] {
            let network = edged(
                .init(1, all), .init(1, rule("icmp", type, -1, egress: true, everything)))
            let topology = network.topology()
            let must = try topology.passing(from: 0, to: 1, .v4).must
            var packet = Packet()
            packet[.source] = 0x0A00_0001
            packet[.destination] = 0x0A00_0101
            packet[.protocolNumber] = 1
            packet[.sourcePort] = 8
            packet[.state] = ConnectionState.new.rawValue
            #expect(must.contains(packet) == isAnswered, "type \(type)")
            // What asks nothing has no one answer: whatever comes back will do.
            for other: UInt32 in [0, 3] {
                packet[.sourcePort] = other
                #expect(must.contains(packet), "type \(other)")
            }
        }
    }
}
