import CloudNetwork
import Findings
import Testing
import Topology

private let a = "aws_security_group.a"

@Suite("What will be once a plan is applied")
struct EndStateTests {
    @Test("unknown blocks, ports and protocols are as wide as they may be, and named")
    func unknowns() throws {
        let table: [(after: String, unknown: String, may: [String], word: String)] = [
            (
                "\"ip_protocol\": \"tcp\", \"from_port\": 5, \"to_port\": 5", "\"cidr_ipv4\": true",
                ["tcp/5"], "r.cidr_ipv4"
            ),
            (
                "\"ip_protocol\": \"tcp\", \"to_port\": 5, \"cidr_ipv4\": \"0.0.0.0/0\"",
                "\"from_port\": true", ["tcp/0-65535"], "r.from_port"
            ),
            (
                "\"cidr_ipv4\": \"0.0.0.0/0\"", "\"ip_protocol\": true", ["all/0-65535"],
                "r.ip_protocol"
            ),
        ]
        for row in table {
            let rule = change(
                "aws_vpc_security_group_ingress_rule.r",
                "{\"security_group_id\": \"sg-1\", \(row.after)}",
                unknown: "{\(row.unknown)}")
            let made = change(a, "{\"id\": \"sg-1\", \"ingress\": [], \"egress\": []}")
            let (network, findings) = try read(plan([made, rule]))
            #expect(try network.passes("internet", a) == row.may)
            #expect(try network.passes("internet", a, must: true).isEmpty)
            #expect(
                findings.contains { $0.code == "unknown-value" && $0.problem.contains(row.word) })
        }
    }

    @Test("an unknown slot of a list leaves its neighbours known")
    func slots() throws {
        let rule = change(
            "aws_security_group_rule.r",
            """
            {"type": "ingress", "security_group_id": "sg-1", "protocol": "tcp", "from_port": 5,
            "to_port": 5, "cidr_blocks": ["10.0.0.0/8", null], "self": false}
            """, unknown: "{\"cidr_blocks\": [false, true]}")
        let made = change(a, "{\"id\": \"sg-1\", \"ingress\": [], \"egress\": []}")
        let network = try read(plan([made, rule])).network
        #expect(try network.passes("private networks", a, must: true) == ["tcp/5"])
        #expect(try network.passes("internet", a) == ["tcp/5"])
        #expect(try network.passes("internet", a, must: true).isEmpty)
    }

    @Test("blocks of which the plan knows nothing are read from the configuration")
    func written() throws {
        let ingress = """
            [{"protocol": {"constant_value": "tcp"}, "from_port": {"constant_value": 5},
            "to_port": {"constant_value": 5}, "security_groups": \(names("aws_security_group.b.id"))}]
            """
        let made = change(a, "{}", unknown: "{\"id\": true, \"ingress\": true, \"egress\": true}")
        let text = plan(
            [made, group("aws_security_group.b")],
            [
                TerraformPlanTests.written(a, "{\"ingress\": \(ingress)}"),
                groupWritten("aws_security_group.b"),
            ])
        let (network, findings) = try read(text)
        #expect(findings.isEmpty, "\(findings)")
        #expect(try network.passes("aws_security_group.b", a, must: true) == ["tcp/5"])
        #expect(try network.passes("internet", a).isEmpty)
    }

    @Test("resources without changes stay, deleted ones go, and a new group lets nothing leave")
    func actions() throws {
        let open =
            "{\"security_group_id\": \"sg-1\", \"ip_protocol\": \"tcp\", \"from_port\": PORT, \"to_port\": PORT, \"cidr_ipv4\": \"0.0.0.0/0\"}"
        func rule(_ port: Int, _ actions: String) -> String {
            let text = open.replacing("PORT", with: "\(port)")
            let isGone = actions == "\"delete\""
            return change(
                "aws_vpc_security_group_ingress_rule.r\(port)", isGone ? "null" : text,
                actions: actions, before: text)
        }
        let present = [5, 6].map {
            "{\"protocol\": \"tcp\", \"from_port\": \($0), \"to_port\": \($0), \"cidr_blocks\": [\"0.0.0.0/0\"]}"
        }.joined(separator: ", ")
        let made = change(
            a, "{\"id\": \"sg-1\", \"ingress\": [\(present)], \"egress\": []}", actions: "\"no-op\""
        )
        let text = plan(
            [
                made, rule(5, "\"no-op\""), rule(6, "\"delete\""),
                rule(17, "\"delete\", \"create\""),
            ],
            [TerraformPlanTests.written(a, "{\"name\": {\"constant_value\": \"x\"}}")])
        let network = try read(text).network
        #expect(try network.passes("internet", a) == ["tcp/17", "tcp/5"])
        let fresh = change(a, "{}", unknown: "{\"id\": true, \"egress\": true, \"ingress\": true}")
        let lone = try read(
            plan(
                [fresh], [TerraformPlanTests.written(a, "{\"name\": {\"constant_value\": \"x\"}}")])
        )
        #expect(try lone.network.passes(a, "internet").isEmpty)
    }

    @Test("a rule of a group that is not in the plan counts and is told")
    func foreign() throws {
        let rule = change(
            "aws_vpc_security_group_ingress_rule.r",
            "{\"security_group_id\": \"sg-far\", \"ip_protocol\": \"tcp\", \"from_port\": 22, \"to_port\": 22, \"cidr_ipv4\": \"0.0.0.0/0\"}"
        )
        let (network, findings) = try read(plan([rule]))
        #expect(findings.map(\.code) == ["open-to-world"])
        #expect(try network.passes("internet", "sg-far", must: true) == ["tcp/22"])
    }

    @Test("rules that the provider found count as inline where no resource tells them")
    func found() throws {
        let made = change(
            a,
            """
            {"id": "sg-1", "egress": [], "ingress": [{"protocol": "tcp", "from_port": 5, "to_port": 5,
            "cidr_blocks": ["10.0.0.0/24", "10.0.2.0/24"]}]}
            """, actions: "\"no-op\"")
        func rule(_ number: Int) -> String {
            change(
                "aws_vpc_security_group_ingress_rule.r\(number)",
                "{\"security_group_id\": \"sg-1\", \"ip_protocol\": \"tcp\", \"from_port\": 5, \"to_port\": 5, \"cidr_ipv4\": \"10.0.\(number).0/24\"}",
                actions: "\"no-op\"")
        }
        #expect(try read(plan([made, rule(0), rule(2)])).findings.isEmpty)
        #expect(try read(plan([made, rule(0)])).findings.map(\.code) == ["mixed-styles"])
    }

    @Test("prefix lists of the plan, and those that data sources read")
    func prefixLists() throws {
        let list = change(
            "aws_ec2_managed_prefix_list.l",
            "{\"id\": \"pl-1\", \"entry\": [{\"cidr\": \"192.0.2.0/24\"}]}")
        let rules = ["pl-1", "pl-2", "pl-3"].enumerated().map { index, id in
            change(
                "aws_vpc_security_group_ingress_rule.r\(index)",
                "{\"security_group_id\": \"sg-1\", \"ip_protocol\": \"tcp\", \"from_port\": \(index * 2), \"to_port\": \(index * 2), \"prefix_list_id\": \"\(id)\"}"
            )
        }
        let made = change(a, "{\"id\": \"sg-1\", \"ingress\": [], \"egress\": []}")
        let text = plan([made, list] + rules).replacing(
            "\"configuration\"",
            with: """
                "prior_state": {"values": {"root_module": {"resources": [{"mode": "data",
                "address": "data.aws_ec2_managed_prefix_list.d", "type": "aws_ec2_managed_prefix_list",
                "name": "d", "values": {"id": "pl-2", "entries": [{"cidr": "198.51.100.0/24"}]}}]}}},
                "configuration"
                """)
        let network = try read(text).network
        #expect(try network.passes("internet", a, must: true) == ["tcp/0", "tcp/2"])
        #expect(try network.passes("internet", a) == ["tcp/0", "tcp/2", "tcp/4"])
    }

    @Test("interfaces wear what instances, attachments and nested blocks give them")
    func wearers() throws {
        let changes = [
            change("aws_security_group.b", "{\"id\": \"sg-2\", \"ingress\": [], \"egress\": []}"),
            change(a, "{\"id\": \"sg-1\", \"ingress\": [], \"egress\": []}"),
            change(
                "aws_instance.web",
                "{\"vpc_security_group_ids\": [\"sg-1\"], \"private_ip\": \"10.0.0.5\", \"primary_network_interface_id\": \"eni-1\"}"
            ),
            change(
                "aws_network_interface_sg_attachment.x",
                "{\"security_group_id\": \"sg-2\", \"network_interface_id\": \"eni-1\"}"),
            change(
                "aws_lambda_function.f", "{\"vpc_config\": [{\"security_group_ids\": [\"sg-1\"]}]}"),
            change("aws_instance.bare", "{}", unknown: "{\"vpc_security_group_ids\": true}"),
            change("aws_lb.inner", "{\"load_balancer_type\": \"network\"}"),
        ]
        let (network, _) = try read(
            plan(
                changes,
                [
                    TerraformPlanTests.written(
                        "aws_instance.bare", "{\"ami\": {\"constant_value\": \"x\"}}")
                ]))
        let worn = Dictionary(
            uniqueKeysWithValues: network.interfaces.map { interface in
                (interface.name, interface.groups.map { network.groups[$0].id })
            })
        #expect(
            worn == [
                "aws_instance.web": [a, "aws_security_group.b"], "aws_lambda_function.f": [a],
                "aws_instance.bare": ["default security group"], "aws_lb.inner": [],
            ])
    }

    @Test("network ACLs come inline and by rules of their own, and bind their subnets")
    func accessLists() throws {
        let changes = [
            change("aws_vpc.v", "{\"id\": \"vpc-1\", \"cidr_block\": \"10.0.0.0/16\"}"),
            change("aws_subnet.s", "{\"id\": \"subnet-1\", \"cidr_block\": \"10.0.1.0/24\"}"),
            change("aws_subnet.t", "{\"id\": \"subnet-2\", \"cidr_block\": \"10.0.2.0/24\"}"),
            change(
                "aws_network_acl.n",
                """
                {"id": "acl-1", "subnet_ids": ["subnet-1"], "ingress": [{"rule_no": 100,
                "action": "allow", "protocol": "-1", "cidr_block": "0.0.0.0/0", "from_port": 0, "to_port": 0}],
                "egress": []}
                """),
            change(
                "aws_network_acl_rule.deny",
                "{\"network_acl_id\": \"acl-1\", \"rule_number\": 50, \"egress\": false, \"protocol\": \"tcp\", \"rule_action\": \"deny\", \"cidr_block\": \"10.0.2.0/24\", \"from_port\": 0, \"to_port\": 1000}"
            ),
            change(
                "aws_network_acl_rule.back",
                "{\"network_acl_id\": \"acl-1\", \"rule_number\": 50, \"egress\": true, \"protocol\": \"tcp\", \"rule_action\": \"allow\", \"cidr_block\": \"0.0.0.0/0\", \"from_port\": 1024, \"to_port\": 65535}"
            ),
            change(
                a,
                "{\"id\": \"sg-1\", \(leaves), \"ingress\": [{\"protocol\": \"tcp\", \"from_port\": 999, \"to_port\": 1001, \"cidr_blocks\": [\"10.0.0.0/16\"]}]}"
            ),
            change(
                "aws_instance.x",
                "{\"vpc_security_group_ids\": [\"sg-1\"], \"subnet_id\": \"subnet-1\"}"),
            change(
                "aws_instance.y",
                "{\"vpc_security_group_ids\": [\"sg-1\"], \"subnet_id\": \"subnet-2\"}"),
            change(
                "aws_instance.z",
                "{\"vpc_security_group_ids\": [\"sg-1\"], \"subnet_id\": \"subnet-1\"}"),
        ]
        let network = try read(plan(changes)).network
        #expect(try network.passes("aws_instance.y", "aws_instance.x", must: true) == ["tcp/1001"])
        #expect(
            try network.passes("aws_instance.z", "aws_instance.x", must: true) == ["tcp/999-1001"])
        #expect(try network.passes("aws_instance.x", "aws_instance.y").isEmpty)
    }

    @Test("a plan of over two thousand lines is read whole, and its one wide rule is found")
    func large() throws {
        var changes: [String] = []
        var resources: [String] = []
        for index in 0..<180 {
            let name = "aws_security_group.s\(index)"
            changes.append(group(name))
            resources.append(groupWritten(name))
            guard index > 0 else { continue }
            let rule = modern(
                "r\(index)", 8_000, of: name, from: "aws_security_group.s\(index - 1)",
                cidr: index == 77 ? "0.0.0.0/0" : nil)
            changes.append(rule.change)
            resources.append(rule.written)
        }
        let text = plan(changes, resources)
        #expect(text.split(separator: "\n").count > 2_000)
        let (network, findings) = try read(text)
        #expect(findings.map(\.code) == ["open-to-world"])
        let line = text.split(separator: "\n", omittingEmptySubsequences: false)[
            (findings.first?.place?.line ?? 1) - 1]
        #expect(line.contains("aws_vpc_security_group_ingress_rule.r77"))
        #expect(
            try network.passes("aws_security_group.s9", "aws_security_group.s10", must: true) == [
                "tcp/8000"
            ])
        #expect(try network.passes("aws_security_group.s8", "aws_security_group.s10").isEmpty)
        #expect(try network.passes("internet", "aws_security_group.s77") == ["tcp/8000"])
    }
}
