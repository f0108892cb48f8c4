import Chance
import Connectivity
import Findings
import KubernetesManifests
import Packets
import Ruleset
import Testing
import Topology

@Suite("Manifests as files")
struct FileTests {
    @Test(
        "what a cluster would refuse is an error at its place, and nothing is answered",
        arguments: [
            ("ingres: []", "unknown-key 0.yaml:5:8"),
            ("podSelector: []", "wrong-type 0.yaml:5:21"),
            ("podSelector: {matchLabels: {a: 1}}", "not-text 0.yaml:5:39"),
            ("podSelector: {matchLabels: {a: true}}", "not-text 0.yaml:5:39"),
            (
                "podSelector: {matchExpressions: [{key: a, operator: In}]}",
                "bad-value 0.yaml:5:41"
            ),
            (
                "podSelector: {matchExpressions: [{key: a, operator: Is, values: [b]}]}",
                "bad-value 0.yaml:5:41"
            ),
            ("policyTypes: [Both]", "bad-value 0.yaml:5:22"),
            ("ingress: [{from: [{}]}]", "missing-key 0.yaml:5:26"),
            ("ingress: [{from: [{ipBlock: {cidr: 10.0.0.0}}]}]", "bad-value 0.yaml:5:43"),
            (
                "ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8, except: [11.0.0.0/9]}}]}]",
                "bad-value 0.yaml:5:64"
            ),
            (
                "ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8}, podSelector: {}}]}]",
                "bad-value 0.yaml:5:36"
            ),
            (
                "ingress: [{from: [{ipBlock: {cidr: '::ffff:10.0.0.0/104'}}]}]",
                "bad-value 0.yaml:5:43"
            ),
            ("ingress: [{ports: [{port: 0}]}]", "bad-value 0.yaml:5:34"),
            ("ingress: [{ports: [{port: '80'}]}]", "bad-value 0.yaml:5:34"),
            ("ingress: [{ports: [{port: 9, endPort: 8}]}]", "bad-value 0.yaml:5:46"),
            ("ingress: [{ports: [{port: web, endPort: 8}]}]", "bad-value 0.yaml:5:34"),
            ("ingress: [{ports: [{endPort: 8}]}]", "bad-value 0.yaml:5:37"),
            ("ingress: [{ports: [{protocol: icmp}]}]", "bad-value 0.yaml:5:38"),
        ])
    func refused(spec: String, mark: String) {
        let topology = read(networkPolicy(spec))
        #expect(topology.marks.contains(mark), "\(topology.marks)")
        #expect(topology.endpoints.isEmpty)
    }

    @Test(
        "the same of administrators' policies",
        arguments: [
            (adminPolicy("priority: 1001, subject: {namespaces: {}}"), "bad-value 0.yaml:5:18"),
            (adminPolicy("priority: 1"), "missing-key 0.yaml:5:7"),
            (adminPolicy("priority: 1, subject: {}"), "missing-key 0.yaml:5:30"),
            (
                adminPolicy("priority: 1, subject: {namespaces: {}}, ingress: [{action: Accept}]"),
                "bad-value 0.yaml:5:67"
            ),
            (
                baselinePolicy("subject: {namespaces: {}}, ingress: [{action: Pass}]"),
                "bad-value 0.yaml:5:54"
            ),
            (
                clusterPolicy(
                    "tier: Admin, priority: 1, subject: {namespaces: {}}, ingress: [{action: Deny, from: [{namespaces: {}}], protocols: []}]"
                ), "bad-value 0.yaml:5:123"
            ),
            (
                clusterPolicy("tier: Middle, priority: 1, subject: {namespaces: {}}"),
                "bad-value 0.yaml:5:14"
            ),
            (
                clusterPolicy(
                    "tier: Admin, priority: 1, subject: {namespaces: {}}, egress: [{action: Deny, to: [{networks: [10.0.0.1/8]}]}]"
                ), "bad-value 0.yaml:5:102"
            ),
            (
                clusterPolicy(
                    "tier: Admin, priority: 1, subject: {namespaces: {}}, egress: [{action: Deny, to: [{domainNames: [a.b]}]}]"
                ), "bad-value 0.yaml:5:90"
            ),
        ])
    func refusedByAdmins(text: String, mark: String) {
        let topology = read(text)
        #expect(topology.marks.contains(mark), "\(topology.marks)")
        #expect(topology.endpoints.isEmpty)
    }

    @Test("an empty egress section without policyTypes isolates ingress alone, and this is told")
    func emptyEgress() throws {
        for egress in ["[]", "null"] {
            let topology = read(
                threeByThree, networkPolicy("podSelector: {}, egress: \(egress)"))
            #expect(topology.marks == (egress == "[]" ? ["idle-rules 1.yaml:5:33"] : []))
            let told = topology.findings.filter { $0.code == "idle-rules" }
            #expect(told.allSatisfy { $0.problem.contains("egress stays open") })
            let wanted = Set(cells.filter { $0.toSpace != "x" })
            #expect(try topology.table(.may, .v4) == wanted)
            #expect(try topology.table(.must, .v4) == wanted)
        }
    }

    @Test("rules of a direction that policyTypes does not name do nothing, and this is told")
    func idleRules() {
        for rules in ["ingress: [], egress: []", "ingress: [], egress: [{}]"] {
            let topology = read(
                threeByThree, networkPolicy("podSelector: {}, policyTypes: [Ingress], \(rules)"))
            let told = topology.findings.filter { $0.code == "idle-rules" }
            #expect(told.count == 1)
            #expect(told.allSatisfy { $0.problem.contains("policyTypes does not name egress") })
        }
    }

    @Test("an operator in another case is told")
    func operators() {
        let findings = read(
            networkPolicy("podSelector: {matchExpressions: [{key: a, operator: in, values: [b]}]}")
        ).findings
        #expect(findings.map(\.remedy).contains("did you mean In?"))
    }

    @Test("what is no manifest is said; objects that decide nothing are passed over")
    func others() {
        #expect(read("a: 1").marks == ["not-manifest 0.yaml:1:1"])
        #expect(read("apiVersion: v1\nkind: Service\nmetadata: {name: a}").marks.isEmpty)
        #expect(read("kind: [").marks == ["not-yaml 0.yaml:2:1"])
        let twice = "apiVersion: v1\nkind: Namespace\nmetadata: {name: a}\n"
        #expect(read(twice, twice).marks == ["duplicate-object 1.yaml:1:1"])
        #expect(read("").endpoints.map(\.name) == ["internet"])
    }

    @Test("address blocks cut the outside, with their exceptions; pods in them are uncertain")
    func outside() throws {
        let topology = read(
            threeByThree,
            networkPolicy(
                "podSelector: {}, policyTypes: [Egress], egress: [{to: [{ipBlock: {cidr: 192.0.2.0/24, except: [192.0.2.128/25]}}], ports: [{port: 443}]}, {to: [{ipBlock: {cidr: '2001:db8::/32'}}]}]"
            ))
        let outside = topology.endpoints.filter { $0.kind == .outside }.map(\.name)
        #expect(outside == ["internet", "192.0.2.0/25", "192.0.2.128/25", "2001:db8::/32"])
        var connectivity = Connectivity(topology)
        func text(_ from: String, _ to: String) throws -> String {
            let from = try #require(topology.endpoint(from))
            let to = try #require(topology.endpoint(to))
            return Traffic.text(try connectivity.traffic(from: from, to: to))
        }
        #expect(try text("x/a[Pod]", "192.0.2.0/25") == "tcp 443")
        #expect(try text("x/a[Pod]", "192.0.2.128/25") == "")
        #expect(try text("x/a[Pod]", "internet") == "")
        #expect(try text("x/a[Pod]", "2001:db8::/32") == "everything")
        #expect(try text("192.0.2.0/25", "x/a[Pod]") == "everything")
        #expect(try text("192.0.2.0/25", "internet") == "")
        let pods = try text("x/a[Pod]", "y/a[Pod]")
        #expect(pods.contains("tcp 443 over ipv4 (may: implementations differ"))
    }

    @Test("the outside is every address that a packet may be from, class E as well")
    func wholeOutside() throws {
        let topology = read(
            threeByThree,
            networkPolicy(
                "podSelector: {}, policyTypes: [Egress], egress: [{to: [{ipBlock: {cidr: 240.0.0.0/4}}], ports: [{port: 443}]}]"
            ))
        let outside = topology.endpoints.filter { $0.kind == .outside }
        #expect(outside.map(\.name) == ["internet", "240.0.0.0/4"])
        #expect(
            outside.map(\.v4) == [
                [0...0x7EFF_FFFF, 0x8000_0000...0xEFFF_FFFF], [0xF000_0000 ... .max],
            ])
        var connectivity = Connectivity(topology)
        let from = try #require(topology.endpoint("x/a[Pod]"))
        let to = try #require(topology.endpoint("240.0.0.0/4"))
        #expect(Traffic.text(try connectivity.traffic(from: from, to: to)) == "tcp 443")
    }

    @Test(
        "the internet is what no block holds, however small",
        arguments: [
            ("{cidr: 0.0.0.0/1}", ["internet", "0.0.0.0-126.255.255.255"]),
            ("{cidr: 128.0.0.0/1}", ["internet", "128.0.0.0/1"]),
            ("{cidr: 0.0.0.0/0, except: [0.0.0.0/1]}", ["internet", "0.0.0.0-126.255.255.255"]),
            (
                "{cidr: 0.0.0.0/1}}, {ipBlock: {cidr: 128.0.0.0/1}",
                ["internet", "0.0.0.0-126.255.255.255", "128.0.0.0/1"]
            ),
            (
                "{cidr: 0.0.0.0/1}}, {ipBlock: {cidr: 128.0.0.0/1}}, {ipBlock: {cidr: '::/1'}}, {ipBlock: {cidr: '8000::/1'}",
                [
                    "0.0.0.0-126.255.255.255", "128.0.0.0/1",
                    "::-::fffe:ffff:ffff,::1:0:0:0-7fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
                    "8000::/1",
                ]
            ),
        ])
    func internet(block: String, names: [String]) {
        let topology = read(
            threeByThree, networkPolicy("podSelector: {}, ingress: [{from: [{ipBlock: \(block)}]}]")
        )
        #expect(topology.endpoints.filter { $0.kind == .outside }.map(\.name) == names)
    }

    @Test("where pods are known to be, a block holds them or not")
    func podNetworks() throws {
        let node = "apiVersion: v1\nkind: Node\nmetadata: {name: n}\nspec: {podCIDR: 10.5.0.0/16}\n"
        for (block, isSame) in [("10.6.0.0/16", true), ("10.0.0.0/8", false)] {
            let topology = read(
                threeByThree, node,
                clusterPolicy(
                    "tier: Admin, priority: 1, subject: {namespaces: {}}, egress: [{action: Deny, to: [{networks: [\(block)]}]}]"
                ))
            let must = try topology.table(.must, .v4)
            #expect(try must == topology.table(.may, .v4))
            #expect(must == (isSame ? Set(cells) : []))
        }
    }

    @Test("no mutation of manifests makes the reader trap")
    func mutations() {
        let text = Array(
            (threeByThree
                + networkPolicy(
                    "podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8}}], ports: [{port: web}]}]"
                )
                + clusterPolicy(
                    "tier: Admin, priority: 1, subject: {namespaces: {}}, egress: [{action: Deny, to: [{networks: [10.0.0.0/8]}]}]"
                )).utf8)
        var chance = Seeded(state: 5)
        for _ in 0..<300 {
            var bytes = text
            for _ in 0..<1 + chance.below(4) {
                let place = chance.below(bytes.count)
                switch chance.below(3) {
                case 0: bytes[place] = UInt8(chance.below(128))
                case 1: bytes.remove(at: place)
                default: bytes.insert(bytes[chance.below(bytes.count)], at: place)
                }
            }
            let topology = KubernetesManifests.read([.init(name: "a", bytes: bytes)])
            let hasErrors = topology.findings.contains { $0.severity == .error }
            #expect(topology.endpoints.isEmpty == hasErrors)
        }
    }
}
