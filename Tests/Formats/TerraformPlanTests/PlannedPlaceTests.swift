import CloudNetwork
import Findings
import Packets
import Ruleset
import Testing
import Topology

@Suite("Networks of a plan")
struct PlannedNetworkTests {
    @Test("the way inside one network is sure, the way to another is not")
    func ways() throws {
        let group = change(
            "aws_security_group.g",
            "{\"id\": \"sg-1\", \(leaves), \"ingress\": \(rule22)}", actions: "\"no-op\"")
        func network(_ name: String, _ number: Int) -> [String] {
            [
                change(
                    "aws_subnet.\(name)",
                    "{\"id\": \"subnet-\(number)\", \"cidr_block\": \"10.0.\(number).0/24\"}",
                    unknown: "{\"vpc_id\": true}"),
                change(
                    "aws_instance.\(name)",
                    """
                    {"private_ip": "10.0.\(number).5", "subnet_id": "subnet-\(number)",
                    "vpc_security_group_ids": ["sg-1"]}
                    """),
            ]
        }
        let networks = ["x", "y"].map {
            change("aws_vpc.\($0)", "{}", unknown: "{\"id\": true}")
        }
        for (other, isSure) in [("x", true), ("y", false)] {
            let network = try read(
                plan(
                    [group] + networks + network("a", 1) + network("b", 2),
                    [
                        written("aws_subnet.a", "{\"vpc_id\": \(names("aws_vpc.x.id"))}"),
                        written("aws_subnet.b", "{\"vpc_id\": \(names("aws_vpc.\(other).id"))}"),
                    ])
            ).network
            #expect(try network.passes("aws_instance.a", "aws_instance.b") == ["tcp/22"])
            #expect(
                try network.passes("aws_instance.a", "aws_instance.b", must: true)
                    == (isSure ? ["tcp/22"] : []), "\(other)")
        }
    }
}

@Suite("Network ACLs of which nobody knows where they are")
struct PlaceOfListTests {
    private let subnet = change(
        "aws_subnet.s", "{\"id\": \"subnet-1\", \"cidr_block\": \"10.0.0.0/24\"}",
        actions: "\"no-op\"")
    private let group = change(
        "aws_security_group.g", "{\"id\": \"sg-1\", \"egress\": [], \"ingress\": \(rule22)}",
        actions: "\"no-op\"")
    private func worn(_ more: String, unknown: String = "{}") -> String {
        change(
            machine,
            "{\"private_ip\": \"10.0.0.5\", \"vpc_security_group_ids\": [\"sg-1\"]\(more)}",
            unknown: unknown)
    }
    private let local = "{\"references\": [\"local.x\"]}"

    @Test("a list of unknown place may filter any subnet, or none")
    func lists() throws {
        let closed = change(
            "aws_network_acl.a", "{\"ingress\": [], \"egress\": []}",
            unknown: "{\"id\": true, \"subnet_ids\": true}")
        let association = change(
            "aws_network_acl_association.x", "{\"network_acl_id\": \"acl-1\"}",
            unknown: "{\"subnet_id\": true}")
        let named = change(
            "aws_network_acl.a", "{\"id\": \"acl-1\", \"ingress\": [], \"egress\": []}")
        for (lists, address, name) in [
            ([closed], "aws_network_acl.a", "subnet_ids"),
            ([named, association], "aws_network_acl_association.x", "subnet_id"),
        ] {
            let (network, findings) = try read(
                plan(
                    [subnet, group, worn(", \"subnet_id\": \"subnet-1\"")] + lists,
                    [written(address, "{\"\(name)\": \(local)}")]))
            #expect(try network.passes("internet", machine) == ["tcp/22"])
            #expect(try network.passes("internet", machine, must: true).isEmpty)
            #expect(findings.contains { $0.problem.contains("\(address).\(name)") }, "\(findings)")
        }
    }

    @Test("a machine of which nobody knows the subnet may be filtered by any list, or by none")
    func machines() throws {
        let list = change(
            "aws_network_acl.a",
            "{\"id\": \"acl-1\", \"subnet_ids\": [\"subnet-1\"], \"ingress\": [], \"egress\": []}")
        let (network, findings) = try read(
            plan(
                [subnet, group, list, worn("", unknown: "{\"subnet_id\": true}")],
                [written(machine, "{\"subnet_id\": \(local)}")]))
        #expect(try network.passes("internet", machine) == ["tcp/22"])
        #expect(try network.passes("internet", machine, must: true).isEmpty)
        #expect(findings.contains { $0.problem.contains("\(machine).subnet_id") }, "\(findings)")
    }

    @Test(
        "a machine that may be in several subnets is in one of them, and wears what is attached to it"
    )
    func attached() throws {
        let other = change(
            "aws_subnet.t", "{\"id\": \"subnet-2\", \"cidr_block\": \"10.0.1.0/24\"}",
            actions: "\"no-op\"")
        let list = change(
            "aws_network_acl.a",
            "{\"id\": \"acl-1\", \"subnet_ids\": [\"subnet-1\"], \"ingress\": [], \"egress\": []}")
        let second = change(
            "aws_security_group.h", "{\"id\": \"sg-2\", \"egress\": [], \"ingress\": \(rule443)}",
            actions: "\"no-op\"")
        let attachment = change(
            "aws_network_interface_sg_attachment.x",
            "{\"security_group_id\": \"sg-2\", \"network_interface_id\": \"eni-1\"}")
        let card = worn(
            ", \"primary_network_interface_id\": \"eni-1\"", unknown: "{\"subnet_id\": true}")
        let both = names("aws_subnet.s.id", "aws_subnet.t.id")
        for (lists, subnets, blocks) in [
            ([list], local, 0), ([list], both, 2), ([], both, 2), ([], local, 0),
        ] {
            let network = try read(
                plan(
                    [subnet, other, group, second, card, attachment] + lists,
                    [written(machine, "{\"subnet_id\": \(subnets)}")])
            ).network
            #expect(try network.passes("internet", machine) == ["tcp/22", "tcp/443"])
            #expect(network.interfaces.map(\.within.count) == [blocks])
        }
    }
}

@Suite("Plans that are not as Terraform writes them")
struct OddPlanTests {
    @Test("what is no identifier hides none of those behind it")
    func identifiers() throws {
        let group = change(
            "aws_security_group.g", "{\"id\": \"sg-1\", \"egress\": [], \"ingress\": \(rule22)}")
        let odd = change(
            machine, "{\"private_ip\": \"10.0.0.5\", \"vpc_security_group_ids\": [{}, \"sg-1\"]}")
        let (network, _) = try read(plan([group, odd]))
        #expect(try network.passes("internet", machine, must: true) == ["tcp/22"])
    }

    private let worn = change(
        machine, "{\"private_ip\": \"10.0.0.5\", \"vpc_security_group_ids\": [\"sg-1\"]}")

    @Test(
        "what is no list of blocks is told with its place and is no silence",
        arguments: [
            "\"tcp\"", "{}", "[\"tcp\"]", "[null]",
            "[{\"protocol\": \"-1\", \"cidr_blocks\": [\"\"]}]",
            "[{\"protocol\": \"-1\", \"cidr_blocks\": {}}]",
            "[{\"protocol\": \"-1\", \"security_groups\": [{}]}]",
            "[{\"protocol\": \"tcp\", \"from_port\": 22.5, \"to_port\": 23, \"cidr_blocks\": [\"0.0.0.0/0\"]}]",
        ])
    func blocks(ingress: String) throws {
        let made = change(
            "aws_security_group.g", "{\"id\": \"sg-1\", \"egress\": [], \"ingress\": \(ingress)}")
        let (network, findings) = try read(plan([made, worn]))
        let topology = network.topology()
        let passes = try topology.endpoints.indices.contains { source in
            try !topology.passing(
                from: source, to: try #require(topology.endpoint(machine)), .v4
            ).may.isEmpty
        }
        #expect(passes)
        #expect(try network.passes("internet", machine, must: true).isEmpty)
        #expect(findings.contains { $0.severity == .error }, "\(findings)")
    }

    @Test("a port is shown as it was written")
    func numbers() throws {
        let made = change(
            "aws_security_group.g",
            """
            {"id": "sg-1", "egress": [], "ingress": [{"protocol": "tcp", "from_port": 22.5,
            "to_port": 1e400, "cidr_blocks": ["0.0.0.0/0"]}]}
            """)
        let findings = try read(plan([made, worn])).findings
        #expect(findings.contains { $0.problem.contains("tcp 22.5 to 1e400 is no") }, "\(findings)")
    }

    @Test("of an entry of a network ACL the attribute is named that is not known")
    func entries() throws {
        for name in ["rule_number", "rule_action", "egress", "cidr_block"] {
            let entry = change(
                "aws_network_acl_rule.r",
                """
                {"network_acl_id": "acl-1", "rule_number": 1, "rule_action": "deny",
                "egress": false, "protocol": "-1", "cidr_block": "0.0.0.0/0"}
                """, unknown: "{\"\(name)\": true}")
            let list = change(
                "aws_network_acl.a", "{\"id\": \"acl-1\", \"ingress\": [], \"egress\": []}")
            let findings = try read(plan([list, entry])).findings
            #expect(findings.contains { $0.problem.hasPrefix("aws_network_acl_rule.r.\(name) ") })
        }
    }

    @Test("a group that is worn and that the plan does not have is told")
    func strangers() throws {
        let (_, findings) = try read(plan([worn]))
        #expect(findings.map(\.code) == ["group-not-given"])
        #expect(findings.first?.problem.contains("sg-1") == true)
    }
}

extension OddPlanTests {
    @Test("route tables of a plan are not read, and that is said")
    func routes() throws {
        let table = change("aws_route_table.t", "{\"id\": \"rtb-1\", \"route\": []}")
        let (_, findings) = try read(plan([group("aws_security_group.a", ingress: "[]"), table]))
        #expect(findings.map(\.code) == ["routes-not-read"])
        #expect(findings.map(\.severity) == [.note])
    }
}
