import CloudNetwork
import Findings
import Testing
import Topology

/// Where scanners are known to answer wrongly, with their issue's number.
@Suite("Known mistakes of scanners, answered right")
struct PeerMistakesTests {
    private let block = """
        {"from_port": 22, "to_port": 22, "protocol": "tcp", "cidr_blocks": ["0.0.0.0/0"],
        "ipv6_cidr_blocks": [], "prefix_list_ids": [], "security_groups": [], "self": SELF,
        "description": ""}
        """
    @Test("checkov#6073: self beside 0.0.0.0/0 hides nothing")
    func selfBesideWorld() throws {
        for own in ["true", "false"] {
            let text = plan(
                [group("aws_security_group.a", ingress: "[\(block.replacing("SELF", with: own))]")],
                [groupWritten("aws_security_group.a", ingress: "")])
            let (network, findings) = try read(text)
            #expect(findings.map(\.code) == ["open-to-world"])
            #expect(findings.first?.place?.line == 6)
            #expect(try network.passes("internet", "aws_security_group.a") == ["tcp/22"])
        }
    }

    @Test("checkov#6624: a rule that names a group opens nothing to the world")
    func reference() throws {
        let rule = modern("a", 22, of: "aws_security_group.a", from: "aws_security_group.b")
        let addresses = ["aws_security_group.a", "aws_security_group.b"]
        let (network, findings) = try read(
            plan(
                addresses.map { group($0) } + [rule.change],
                addresses.map { groupWritten($0) } + [rule.written]))
        #expect(findings.isEmpty)
        #expect(try network.passes("internet", addresses[0]).isEmpty)
        #expect(try network.passes(addresses[1], addresses[0], must: true) == ["tcp/22"])
    }

    @Test("checkov#1203, #1888: a group that a module attaches is used")
    func throughModule() throws {
        let call = """
            {"server": {"source": "./server", "expressions": {"groups": \(names("aws_security_group.a.id"))},
             "module": {"resources": [\(written("aws_instance.this", "{\"vpc_security_group_ids\": \(names("var.groups"))}"))],
             "variables": {"groups": {}}}}}
            """
        let (network, findings) = try read(
            plan(
                [
                    group("aws_security_group.a"),
                    change(
                        "module.server.aws_instance.this", "{\"ami\": \"x\"}",
                        unknown: "{\"vpc_security_group_ids\": true, \"id\": true}"),
                ], [groupWritten("aws_security_group.a")], calls: call))
        #expect(findings.isEmpty, "\(findings)")
        #expect(network.topology().endpoint("module.server.aws_instance.this") != nil)
        #expect(network.topology().endpoint("aws_security_group.a") == nil)
        #expect(network.interfaces.map(\.groups) == [[0]])
    }

    @Test("checkov#264: rules as the value of an attribute are rules like blocks")
    func attributeAsList() throws {
        let ingress = "[\(block.replacing("SELF", with: "false"))]"
        let asBlock = plan(
            [group("aws_security_group.a", ingress: ingress)],
            [groupWritten("aws_security_group.a", ingress: "")])
        let asList = plan(
            [group("aws_security_group.a", ingress: ingress)],
            [groupWritten("aws_security_group.a", ingress: "{\"references\": [\"var.rules\"]}")])
        let one = try read(asBlock)
        let other = try read(asList)
        #expect(one.findings.map(\.code) == other.findings.map(\.code))
        #expect(other.findings.map(\.code) == ["open-to-world"])
        #expect(try other.network.passes("internet", "aws_security_group.a") == ["tcp/22"])
    }

    @Test("trivy#6764: rules of all three styles count together, and mixing them is told")
    func styles() throws {
        let a = "aws_security_group.a"
        let open = modern("open", 2300, of: a, from: "", cidr: "0.0.0.0/0")
        let old = change(
            "aws_security_group_rule.old",
            "{\"type\": \"ingress\", \"protocol\": \"tcp\", \"from_port\": 2400, \"to_port\": 2400, \"cidr_blocks\": [\"0.0.0.0/0\"], \"self\": false}",
            unknown: "{\"security_group_id\": true, \"source_security_group_id\": true}")
        let oldWritten = written(
            "aws_security_group_rule.old",
            "{\"security_group_id\": \(names(a + ".id")), \"cidr_blocks\": {\"constant_value\": [\"0.0.0.0/0\"]}}"
        )
        let (network, findings) = try read(
            plan(
                [
                    group(a, ingress: "[\(block.replacing("SELF", with: "false"))]"), open.change,
                    old,
                ],
                [groupWritten(a, ingress: ""), open.written, oldWritten]))
        #expect(
            try network.passes("internet", a, must: true) == ["tcp/22", "tcp/2300", "tcp/2400"])
        #expect(
            findings.map(\.code) == [
                "mixed-styles", "open-to-world", "open-to-world", "open-to-world",
            ])
    }
}
