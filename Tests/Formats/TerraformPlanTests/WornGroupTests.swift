import CloudNetwork
import Findings
import Packets
import Ruleset
import Testing
import Topology

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
