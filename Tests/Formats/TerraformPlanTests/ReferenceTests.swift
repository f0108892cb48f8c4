import CloudNetwork
import Findings
import Testing
import Topology

private let a = "aws_security_group.a"
private let b = "aws_security_group.b"

/// A rule of `a` that names a source by an expression of which nothing is known.
private func plan(source: String, changes: [String] = [], calls: String = "{}") -> String {
    let address = "aws_vpc_security_group_ingress_rule.r"
    return plan(
        [
            group(a), group(b),
            change(
                address, "{\"ip_protocol\": \"tcp\", \"from_port\": 7, \"to_port\": 7}",
                unknown: "{\"security_group_id\": true, \"referenced_security_group_id\": true}"),
        ] + changes,
        [
            groupWritten(a), groupWritten(b),
            written(
                address,
                "{\"security_group_id\": \(names(a + ".id")), \"referenced_security_group_id\": \(source)}"
            ),
        ], calls: calls)
}

@Suite("References of a plan")
struct ReferenceTests {
    @Test("an output of a module leads into it, through modules inside it")
    func outputs() throws {
        let inner = """
            {"outputs": {"id": {"expression": \(names("aws_security_group.deep.id"))}},
             "resources": [\(written("aws_security_group.deep", "{}"))]}
            """
        let calls = """
            {"m": {"module": {"outputs": {"group": {"expression": \(names("module.n.id"))}},
              "module_calls": {"n": {"module": \(inner)}}}}}
            """
        let deep = "module.m.module.n.aws_security_group.deep"
        let made = change(deep, "{\(leaves), \"ingress\": []}", unknown: "{\"id\": true}")
        let (network, findings) = try read(
            plan(source: names("module.m.group"), changes: [made], calls: calls))
        #expect(findings.isEmpty, "\(findings)")
        #expect(try network.passes(deep, a, must: true) == ["tcp/7"])
        #expect(try network.passes(b, a).isEmpty)
    }

    @Test("what may be one of several is possible for each and sure for none")
    func several() throws {
        let (network, findings) = try read(
            plan(
                source:
                    "{\"references\": [\"\(a).id\", \"\(a)\", \"\(b).id\", \"\(b)\", \"var.which\"]}"
            ))
        #expect(try network.passes(b, a) == ["tcp/7"])
        #expect(try network.passes(b, a, must: true).isEmpty)
        #expect(try network.passes("internet", a).isEmpty)
        #expect(findings.map(\.code) == ["unknown-value"])
        #expect(findings.first?.problem.contains("r.referenced_security_group_id") == true)
    }

    @Test("what is not known yet is the reference that is not known yet")
    func fresh() throws {
        let old = "aws_security_group.old"
        let made = change(
            old, "{\"id\": \"sg-old\", \(leaves), \"ingress\": []}", actions: "\"no-op\"")
        let (network, _) = try read(
            plan(source: names(old + ".id", b + ".id"), changes: [made]))
        #expect(try network.passes(b, a, must: true) == ["tcp/7"])
        #expect(try network.passes(old, a).isEmpty)
    }

    @Test("a local value may be any group, told or not, and the attribute is named")
    func local() throws {
        for source in [
            "{\"references\": [\"local.groups\"]}", "{\"references\": [\"each.value\"]}",
        ] {
            let (network, findings) = try read(plan(source: source))
            #expect(try network.passes(b, a) == ["tcp/7"])
            #expect(try network.passes("internet", a).isEmpty)
            #expect(try network.passes("a group that the plan does not tell", a) == ["tcp/7"])
            #expect(try network.passes(b, a, must: true).isEmpty)
            #expect(findings.map(\.code) == ["unknown-value"])
        }
    }

    @Test("a data source's group has an end of its own")
    func data() throws {
        let (network, _) = try read(plan(source: names("data.aws_security_group.office.id")))
        #expect(try network.passes("data.aws_security_group.office", a) == ["tcp/7"])
        #expect(try network.passes("internet", a).isEmpty)
    }

    @Test("instances of count and for_each are told apart by their keys")
    func instances() throws {
        for keys in [["0", "1"], ["\"x.y\"", "\"z]\""]] {
            let groups = keys.flatMap { key in
                ["client", "server"].map { name in
                    change(
                        "aws_security_group.\(name)[\(key)]",
                        "{\"name\": \"x\", \(leaves), \"ingress\": []}", unknown: "{\"id\": true}")
                }
            }
            let rules = keys.map { key in
                change(
                    "aws_vpc_security_group_ingress_rule.r[\(key)]",
                    "{\"ip_protocol\": \"tcp\", \"from_port\": 7, \"to_port\": 7}",
                    unknown: "{\"security_group_id\": true, \"referenced_security_group_id\": true}"
                )
            }
            let word = keys[0] == "0" ? "count.index" : "each.key"
            let expressions = """
                {"security_group_id": {"references": ["aws_security_group.server", "\(word)"]},
                 "referenced_security_group_id": {"references": ["aws_security_group.client", "\(word)"]}}
                """
            let (network, findings) = try read(
                plan(
                    groups + rules, [written("aws_vpc_security_group_ingress_rule.r", expressions)])
            )
            #expect(!findings.contains { $0.severity == .error }, "\(findings)")
            for (one, other) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
                let passes = try network.passes(
                    "aws_security_group.client[\(keys[one])]",
                    "aws_security_group.server[\(keys[other])]", must: true)
                #expect(passes == (one == other ? ["tcp/7"] : []), "\(keys[one]) \(keys[other])")
            }
        }
    }

    @Test("one key of two sets of keys asks twice: a call's key says nothing of the resource's own")
    func keysOfCalls() throws {
        let client = "aws_security_group.client"
        let clients = ["a", "b"].map {
            change(
                "\(client)[\"\($0)\"]", "{\(leaves), \"ingress\": []}", unknown: "{\"id\": true}")
        }
        let others = ["a", "b", "c"].map {
            change("module.m[\"\($0)\"].aws_security_group.o", "{\(leaves), \"ingress\": []}")
        }
        let address = "aws_vpc_security_group_ingress_rule.r"
        let rules = [("a", 7), ("b", 8)].map { key, port in
            change(
                "\(address)[\"\(key)\"]",
                "{\"ip_protocol\": \"tcp\", \"from_port\": \(port), \"to_port\": \(port)}",
                unknown: "{\"security_group_id\": true, \"referenced_security_group_id\": true}")
        }
        let calls = """
            {"m": {"for_each_expression": {}, "expressions": {"g": \(names(client, "each.key"))},
             "module": {"outputs": {"id": {"expression": \(names("var.g"))}}}}}
            """
        let expressions = """
            {"security_group_id": \(names(a + ".id")),
             "referenced_security_group_id": \(names(client, "each.key", "module.m[\"a\"].id"))}
            """
        let (network, _) = try read(
            plan(
                [group(a)] + clients + others + rules,
                [groupWritten(a), written(address, expressions, forEach: "{}")], calls: calls))
        for key in ["a", "b"] {
            #expect(try network.passes("\(client)[\"\(key)\"]", a) == ["tcp/7-8"], "\(key)")
        }
    }

    @Test("identifiers that are known lead to their group, others to one of another place")
    func known() throws {
        let made = { (name: String, id: String) in
            change(
                "aws_security_group.\(name)", "{\"id\": \"\(id)\", \(leaves), \"ingress\": []}",
                actions: "\"no-op\"")
        }
        let rule = change(
            "aws_security_group_rule.r",
            """
            {"type": "ingress", "protocol": "tcp", "from_port": 7, "to_port": 7,
            "security_group_id": "sg-1", "source_security_group_id": "111122223333/sg-9"}
            """, actions: "\"no-op\"")
        let network = try read(plan([made("x", "sg-1"), made("y", "sg-2"), rule])).network
        #expect(try network.passes("sg-9", "aws_security_group.x") == ["tcp/7"])
        #expect(try network.passes("aws_security_group.y", "aws_security_group.x").isEmpty)
    }

    @Test("a rule of which nobody knows the group may be in any, and that is an error")
    func lost() throws {
        let rule = change(
            "aws_vpc_security_group_ingress_rule.r",
            "{\"ip_protocol\": \"tcp\", \"from_port\": 7, \"to_port\": 7, \"cidr_ipv4\": \"0.0.0.0/0\"}",
            unknown: "{\"security_group_id\": true}")
        let (network, findings) = try read(
            plan(
                [group(a), group(b), rule],
                [
                    groupWritten(a), groupWritten(b),
                    written(
                        "aws_vpc_security_group_ingress_rule.r",
                        "{\"security_group_id\": {\"references\": [\"local.id\"]}}"),
                ]))
        #expect(try network.passes("internet", a) == ["tcp/7"])
        #expect(try network.passes("internet", b) == ["tcp/7"])
        #expect(try network.passes("internet", a, must: true).isEmpty)
        #expect(findings.contains { $0.code == "lost-rule" })
    }
}
