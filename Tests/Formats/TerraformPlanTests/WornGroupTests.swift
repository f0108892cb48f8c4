import CloudNetwork
import Findings
import Packets
import Ruleset
import Testing
import Topology

private let machine = "aws_instance.i"
private let rule22 =
    "[{\"protocol\": \"tcp\", \"from_port\": 22, \"to_port\": 22, \"cidr_blocks\": [\"0.0.0.0/0\"]}]"
private let rule443 =
    "[{\"protocol\": \"tcp\", \"from_port\": 443, \"to_port\": 443, \"cidr_blocks\": [\"0.0.0.0/0\"]}]"

/// A machine whose list of groups is not known at all: an old group, a new one, and what else it
/// names.
private func plan(
    naming references: [String], _ changes: [String] = [], _ resources: [String] = [],
    calls: String = "{}", more: String = "", old: Bool = true
) -> String {
    let fixed = change(
        "aws_security_group.old", "{\"id\": \"sg-old\", \"egress\": [], \"ingress\": \(rule22)}",
        actions: "\"no-op\"")
    let list = references.map { "\"\($0)\"" }.joined(separator: ", ")
    let text = plan(
        (old ? [fixed] : []) + [
            group("aws_security_group.new", ingress: rule443),
            change(
                machine, "{\"private_ip\": \"10.0.0.5\"}",
                unknown: "{\"id\": true, \"vpc_security_group_ids\": true}"),
        ] + changes,
        [
            written("aws_security_group.old", "{}"), written("aws_security_group.new", "{}"),
            written(machine, "{\"vpc_security_group_ids\": {\"references\": [\(list)]}}"),
        ] + resources, calls: calls)
    return text.replacing("\"configuration\"", with: more + "\"configuration\"")
}

private let new = ["aws_security_group.new.id", "aws_security_group.new"]

@Suite("Groups that a machine wears by a list that is not known yet")
struct WornGroupTests {
    @Test("a group that is there already is worn beside the one that is made")
    func standing() throws {
        let text = plan(
            naming: ["aws_security_group.old.id", "aws_security_group.old"] + new)
        let (network, findings) = try read(text)
        #expect(try network.passes("internet", machine, must: true) == ["tcp/22", "tcp/443"])
        #expect(!findings.contains { $0.code == "unused-group" }, "\(findings)")
    }

    @Test("variables, data, outputs of modules and attributes that are known name their groups")
    func known() throws {
        let vpc = change(
            "aws_vpc.v", "{\"id\": \"vpc-1\", \"default_security_group_id\": \"sg-old\"}",
            actions: "\"no-op\"")
        let data = """
            "prior_state": {"values": {"root_module": {"resources": [{"mode": "data",
            "address": "data.aws_security_group.d", "type": "aws_security_group",
            "name": "d", "values": {"id": "sg-old"}}]}}},
            """
        let module = """
            {"m": {"expressions": {"given": {"constant_value": ["sg-old"]}},
            "module": {"outputs": {"id": {"expression": {"references": ["var.given"]}}}}}}
            """
        for text in [
            plan(naming: ["aws_vpc.v.default_security_group_id", "aws_vpc.v"] + new, [vpc]),
            plan(
                naming: ["var.extra"] + new,
                more: "\"variables\": {\"extra\": {\"value\": [\"sg-old\"]}},"),
            plan(
                naming: ["data.aws_security_group.d.id", "data.aws_security_group.d"] + new,
                more: data),
            plan(
                naming: ["module.m.id", "module.m"] + new,
                [change("module.m.aws_eip.x", "{}")], calls: module),
        ] {
            let (network, _) = try read(text)
            #expect(try network.passes("internet", machine, must: true) == ["tcp/22", "tcp/443"])
        }
    }

    @Test("a reference that leads nowhere leaves everything possible, and the attribute is named")
    func lost() throws {
        let vpc = change("aws_vpc.v", "{}", unknown: "{\"default_security_group_id\": true}")
        let cluster = change("aws_eks_cluster.c", "{}", unknown: "{\"vpc_config\": true}")
        let config = "aws_eks_cluster.c.vpc_config"
        for text in [
            plan(naming: ["aws_vpc.v.default_security_group_id", "aws_vpc.v"] + new, [vpc]),
            plan(
                naming: ["\(config)[0].cluster_security_group_id", "\(config)[0]", config] + new,
                [cluster]),
            plan(naming: ["var.extra"] + new), plan(naming: ["local.extra"] + new),
            plan(naming: ["aws_gone.x.group"] + new),
            plan(naming: ["module.nowhere.id", "module.nowhere"] + new),
        ] {
            let (network, findings) = try read(text)
            #expect(try network.passes("internet", machine) == ["all/0-65535"])
            #expect(try network.passes("internet", machine, must: true).isEmpty)
            #expect(
                findings.contains {
                    $0.code == "unknown-value"
                        && $0.problem.contains("\(machine).vpc_security_group_ids")
                })
            #expect(!findings.contains { $0.code == "unused-group" }, "\(findings)")
        }
    }

    @Test("an attachment of some group does not narrow a list that may be anything")
    func attached() throws {
        let attachment = change(
            "aws_network_interface_sg_attachment.x",
            "{\"network_interface_id\": \"eni-9\"}",
            unknown: "{\"security_group_id\": true, \"network_interface_id\": true}")
        let (network, _) = try read(
            plan(
                naming: ["local.extra"], [attachment],
                [
                    written(
                        "aws_network_interface_sg_attachment.x",
                        """
                        {"security_group_id": \(names("aws_security_group.new.id")),
                        "network_interface_id": {"references": ["local.which"]}}
                        """)
                ]))
        #expect(try network.passes("internet", machine) == ["all/0-65535"])
    }
}

@Suite("What stays and what an update may bring")
struct StandingTests {
    private let fixed = change(
        "aws_security_group.g", "{\"id\": \"sg-1\", \"egress\": [], \"ingress\": \(rule22)}",
        actions: "\"no-op\"")
    private let worn = change(
        machine,
        "{\"id\": \"i-1\", \"private_ip\": \"10.0.0.5\", \"vpc_security_group_ids\": [\"sg-1\"]}",
        actions: "\"no-op\"")

    @Test("what is forgotten stays as it is, whatever is made beside it")
    func forgotten() throws {
        let before = """
            {"security_group_id": "sg-1", "ip_protocol": "tcp", "from_port": 22, "to_port": 22,
            "cidr_ipv4": "0.0.0.0/0"}
            """
        for (after, actions) in [
            ("null", "\"forget\""),
            (before.replacing("22", with: "443"), "\"create\", \"forget\""),
        ] {
            for group in [fixed, fixed.replacing(rule22, with: "[]")] {
                let rule = change(
                    "aws_vpc_security_group_ingress_rule.r", after, actions: actions,
                    before: before)
                let network = try read(plan([group, worn, rule])).network
                let passes = try network.passes("internet", machine, must: true)
                #expect(passes == (after == "null" ? ["tcp/22"] : ["tcp/22", "tcp/443"]))
            }
        }
        let gone = change(
            machine, "null", actions: "\"forget\"",
            before: "{\"private_ip\": \"10.0.0.5\", \"vpc_security_group_ids\": [\"sg-1\"]}")
        #expect(
            try read(plan([fixed, gone])).network.passes("internet", machine) == ["tcp/22"])
    }

    @Test("what an update does not know and nobody wrote may be anything; what is made has none")
    func updates() throws {
        let group = { (actions: String) in
            change(
                "aws_security_group.g", "{\"id\": \"sg-1\", \"egress\": []}",
                unknown: "{\"ingress\": true}", actions: actions)
        }
        let configuration = [written("aws_security_group.g", "{}")]
        let (changed, findings) = try read(plan([group("\"update\""), worn], configuration))
        #expect(try changed.passes("internet", machine) == ["all/0-65535"])
        #expect(try changed.passes("internet", machine, must: true).isEmpty)
        #expect(findings.contains { $0.problem.contains("aws_security_group.g.ingress") })
        for actions in ["\"create\"", "\"delete\", \"create\""] {
            let made = try read(plan([group(actions), worn], configuration)).network
            #expect(try made.passes("internet", machine).isEmpty)
        }
    }

    @Test("entries of a prefix list that an update does not know may be anything")
    func prefixLists() throws {
        let list = change(
            "aws_ec2_managed_prefix_list.p", "{\"id\": \"pl-1\"}", unknown: "{\"entry\": true}",
            actions: "\"update\"")
        let rule = change(
            "aws_vpc_security_group_ingress_rule.r",
            """
            {"security_group_id": "sg-1", "ip_protocol": "tcp", "from_port": 23, "to_port": 23,
            "prefix_list_id": "pl-1"}
            """)
        let network = try read(
            plan(
                [fixed, worn, list, rule],
                [written("aws_ec2_managed_prefix_list.p", "{}")])
        ).network
        #expect(try network.passes("internet", machine) == ["tcp/22-23"])
        #expect(try network.passes("internet", machine, must: true) == ["tcp/22"])
    }

    @Test("an entry of which nobody knows the prefix list may be one of any")
    func entries() throws {
        let entry = "aws_ec2_managed_prefix_list_entry.e"
        let list = change(
            "aws_ec2_managed_prefix_list.p",
            "{\"id\": \"pl-1\", \"entry\": [{\"cidr\": \"10.9.0.0/16\"}]}", actions: "\"no-op\"")
        let rule = change(
            "aws_vpc_security_group_ingress_rule.r",
            """
            {"security_group_id": "sg-1", "ip_protocol": "tcp", "from_port": 23, "to_port": 23,
            "prefix_list_id": "pl-1"}
            """)
        for (more, passes) in [
            ([], ["tcp/22"]),
            (
                [
                    change(
                        entry, "{\"cidr\": \"203.0.113.0/24\"}",
                        unknown: "{\"prefix_list_id\": true}")
                ], ["tcp/22-23"]
            ),
        ] {
            let network = try read(
                plan(
                    [fixed, worn, list, rule] + more,
                    [written(entry, "{\"prefix_list_id\": {\"references\": [\"local.l\"]}}")])
            ).network
            #expect(try network.passes("internet", machine) == passes)
            #expect(try network.passes("internet", machine, must: true) == ["tcp/22"])
        }
    }
}

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
    fileprivate let subnet = change(
        "aws_subnet.s", "{\"id\": \"subnet-1\", \"cidr_block\": \"10.0.0.0/24\"}",
        actions: "\"no-op\"")
    fileprivate let group = change(
        "aws_security_group.g", "{\"id\": \"sg-1\", \"egress\": [], \"ingress\": \(rule22)}",
        actions: "\"no-op\"")
    fileprivate func worn(_ more: String, unknown: String = "{}") -> String {
        change(
            machine,
            "{\"private_ip\": \"10.0.0.5\", \"vpc_security_group_ids\": [\"sg-1\"]\(more)}",
            unknown: unknown)
    }
    fileprivate let local = "{\"references\": [\"local.x\"]}"

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
}

extension PlaceOfListTests {
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
