import Packets
import Ruleset
import Testing
import Topology

private let fromY = "from: [{namespaces: {matchLabels: {team: ty}}}]"
private let isolateX = networkPolicy("podSelector: {}", name: "isolate")
private let openX = networkPolicy("podSelector: {}, ingress: [{}]", name: "open")
private let subjectX = "subject: {namespaces: {matchLabels: {team: tx}}}"

private let tierCases: [PolicyCase] = [
    PolicyCase(
        "an administrator's denial beats a policy that allows",
        openX + adminPolicy("priority: 5, \(subjectX), ingress: [{action: Deny, \(fromY)}]")
    ) { $0.toSpace != "x" || $0.fromSpace != "y" },
    PolicyCase(
        "an administrator's permission beats isolation",
        isolateX
            + adminPolicy(
                "priority: 5, \(subjectX), ingress: [{action: Allow, \(fromY), ports: [{portNumber: {protocol: TCP, port: 80}}]}]"
            )
    ) {
        $0.toSpace != "x" || ($0.fromSpace == "y" && $0.transport == "tcp" && $0.port == 80)
    },
    PolicyCase(
        "Pass leaves the tier to the network policies",
        isolateX
            + adminPolicy(
                "priority: 5, \(subjectX), ingress: [{action: Pass, \(fromY)}, {action: Allow, from: [{namespaces: {}}]}]"
            )
    ) { $0.toSpace != "x" || $0.fromSpace != "y" },
    PolicyCase(
        "without network policies Pass comes to the baseline",
        baselinePolicy("\(subjectX), ingress: [{action: Deny, from: [{namespaces: {}}]}]")
            + adminPolicy(
                "priority: 5, \(subjectX), ingress: [{action: Pass, \(fromY)}, {action: Allow, from: [{namespaces: {matchLabels: {team: tz}}}]}]"
            )
    ) { $0.toSpace != "x" || $0.fromSpace == "z" },
    PolicyCase(
        "the baseline is not asked where any network policy selects the pod",
        networkPolicy(
            "podSelector: {matchLabels: {pod: a}}, ingress: [{from: [{namespaceSelector: {}}]}]")
            + baselinePolicy("\(subjectX), ingress: [{action: Deny, from: [{namespaces: {}}]}]")
    ) { $0.toSpace != "x" || $0.toPod == "a" },
    PolicyCase(
        "the lower priority comes first, whatever the order of the files",
        adminPolicy("priority: 9, \(subjectX), ingress: [{action: Allow, \(fromY)}]", name: "a")
            + adminPolicy(
                "priority: 3, \(subjectX), ingress: [{action: Deny, \(fromY)}]", name: "b")
    ) { $0.toSpace != "x" || $0.fromSpace != "y" },
    PolicyCase(
        "inside a policy the order of rules decides",
        adminPolicy(
            "priority: 1, \(subjectX), ingress: [{action: Allow, \(fromY), ports: [{portRange: {protocol: UDP, start: 80, end: 81}}]}, {action: Deny, \(fromY)}]"
        )
    ) { $0.toSpace != "x" || $0.fromSpace != "y" || $0.transport == "udp" },
    PolicyCase(
        "pods as subject and as peers, a named port at each destination",
        adminPolicy(
            "priority: 1, subject: {pods: {namespaceSelector: {}, podSelector: {matchLabels: {pod: c}}}}, egress: [{action: Deny, to: [{pods: {namespaceSelector: {matchLabels: {team: ty}}, podSelector: {}}}], ports: [{namedPort: web}]}]"
        )
    ) {
        !($0.fromPod == "c" && $0.toSpace == "y" && $0.transport == "tcp"
            && ($0.toPod == "a" && $0.port == 80 || $0.toPod == "b" && $0.port == 81))
    },
    PolicyCase(
        "ClusterNetworkPolicy: Accept at egress does not skip the destination's ingress",
        isolateX
            + clusterPolicy(
                "tier: Admin, priority: 1, subject: {namespaces: {}}, egress: [{action: Accept, to: [{namespaces: {}}]}]"
            )
    ) { $0.toSpace != "x" },
    PolicyCase(
        "ClusterNetworkPolicy: baseline tier by priorities, behind the network policies",
        networkPolicy("podSelector: {matchLabels: {pod: b}}", name: "b")
            + clusterPolicy(
                "tier: Baseline, priority: 2, \(subjectX), ingress: [{action: Deny, from: [{namespaces: {}}]}]",
                name: "last")
            + clusterPolicy(
                "tier: Baseline, priority: 1, \(subjectX), ingress: [{action: Accept, \(fromY), protocols: [{tcp: {destinationPort: {number: 80}}}, {udp: {}}, {sctp: {destinationPort: {range: {start: 81, end: 90}}}}, {destinationNamedPort: dns}]}]",
                name: "first")
    ) {
        guard $0.toSpace == "x" else { return true }
        guard $0.toPod != "b", $0.fromSpace == "y" else { return false }
        return $0.transport == "udp" || ($0.transport == "tcp" && $0.port == 80)
            || ($0.transport == "sctp" && $0.port == 81)
    },
    PolicyCase(
        "networks of everything hold pods too, in their family's both halves",
        clusterPolicy(
            "tier: Admin, priority: 1, \(subjectX), egress: [{action: Deny, to: [{networks: [0.0.0.0/0, '::/0']}]}]"
        )
    ) { $0.fromSpace != "x" },
]

@Suite("Administrators' policies")
struct AdminPolicyTests {
    @Test("truth tables of the tiers", arguments: tierCases)
    func tables(row: PolicyCase) throws { try row.check() }

    @Test("of policies with the same priority either may decide, and the answer names them")
    func samePriority() throws {
        let topology = read(
            threeByThree,
            adminPolicy("priority: 7, \(subjectX), ingress: [{action: Allow, \(fromY)}]", name: "a")
                + adminPolicy(
                    "priority: 7, \(subjectX), ingress: [{action: Deny, from: [{namespaces: {}}], ports: [{portNumber: {port: 80}}]}]",
                    name: "b"))
        let denied = Set(
            cells.filter { $0.toSpace == "x" && $0.transport == "tcp" && $0.port == 80 })
        #expect(try topology.table(.must, .v4) == Set(cells).subtracting(denied))
        #expect(
            try topology.table(.may, .v4)
                == Set(cells).subtracting(denied.filter { $0.fromSpace != "y" }))
        let passing = try topology.passing(
            from: try #require(topology.endpoint("y/a[Pod]")),
            to: try #require(topology.endpoint("x/a[Pod]")), .v4)
        #expect(
            passing.unmodelled == [
                "the order of AdminNetworkPolicy a, AdminNetworkPolicy b is not defined: all have "
                    + "priority 7"
            ])
    }

    @Test("of two generations of policies either may decide, whatever their priorities are")
    func generations() throws {
        let accept = clusterPolicy(
            "tier: Admin, priority: 1, \(subjectX), ingress: [{action: Accept, \(fromY)}]",
            name: "c")
        let deny = adminPolicy(
            "priority: 5, \(subjectX), ingress: [{action: Deny, from: [{namespaces: {}}]}]")
        let topology = read(threeByThree, accept + deny)
        let open = Set(cells.filter { $0.toSpace != "x" })
        #expect(topology.marks == ["two-generations 1.yaml:2:1"])
        #expect(try topology.table(.must, .v4) == open)
        #expect(
            try topology.table(.may, .v4) == open.union(cells.filter { $0.fromSpace == "y" }))
        let baseline = read(
            threeByThree,
            baselinePolicy("\(subjectX), ingress: [{action: Deny, from: [{namespaces: {}}]}]")
                + clusterPolicy(
                    "tier: Baseline, priority: 1, \(subjectX), ingress: [{action: Accept, \(fromY)}]"
                ))
        #expect(try baseline.table(.must, .v4) == open)
        #expect(try baseline.table(.may, .v4) == open.union(cells.filter { $0.fromSpace == "y" }))
        // Where both say the same, the answer is certain.
        let agreed = read(
            threeByThree,
            deny
                + clusterPolicy(
                    "tier: Admin, priority: 7, \(subjectX), ingress: [{action: Deny, \(fromY)}]",
                    name: "c"))
        #expect(try agreed.table(.may, .v4) == open)
    }

    @Test("same priority with Pass: the best and the worst of three verdicts")
    func samePriorityPass() throws {
        let topology = read(
            threeByThree, isolateX,
            adminPolicy("priority: 7, \(subjectX), ingress: [{action: Allow, \(fromY)}]", name: "a")
                + adminPolicy(
                    "priority: 7, \(subjectX), ingress: [{action: Pass, from: [{namespaces: {}}]}]",
                    name: "b")
                + adminPolicy(
                    "priority: 8, \(subjectX), ingress: [{action: Allow, from: [{namespaces: {}}]}]",
                    name: "c"))
        #expect(try topology.table(.must, .v4) == Set(cells.filter { $0.toSpace != "x" }))
        #expect(
            try topology.table(.may, .v4)
                == Set(cells.filter { $0.toSpace != "x" || $0.fromSpace == "y" }))
    }

    @Test("a peer of none of the known fields fails closed")
    func unknownPeer() throws {
        let all = "[{serviceAccounts: {}}]"
        for (action, passes) in [("Accept", true), ("Deny", false), ("Pass", false)] {
            let topology = read(
                threeByThree,
                clusterPolicy(
                    "tier: Admin, priority: 1, \(subjectX), ingress: [{action: \(action), from: \(all)}]"
                ))
            #expect(topology.marks.map { $0.prefix(12) } == ["unknown-peer"])
            let wanted = Set(cells.filter { passes || $0.toSpace != "x" })
            #expect(try topology.table(.must, .v4) == wanted, "\(action)")
            #expect(try topology.table(.may, .v4) == wanted, "\(action)")
        }
        let closed = read(
            threeByThree, isolateX,
            clusterPolicy(
                "tier: Admin, priority: 1, \(subjectX), ingress: [{action: Accept, from: \(all)}]"))
        #expect(try closed.table(.may, .v4) == Set(cells.filter { $0.toSpace != "x" }))
    }

    @Test(
        "such a peer spoils the whole rule: its other peers, and its ports",
        arguments: [("v1alpha1", "Allow"), ("v1alpha2", "Accept")])
    func unknownPeerAmongOthers(version: String, allow: String) throws {
        let isCluster = version == "v1alpha2"
        func policy(_ rules: String) -> String {
            isCluster
                ? clusterPolicy("tier: Admin, priority: 1, \(subjectX), ingress: [\(rules)]")
                : adminPolicy("priority: 1, \(subjectX), ingress: [\(rules)]")
        }
        let port =
            isCluster
            ? "protocols: [{tcp: {destinationPort: {number: 80}}}]"
            : "ports: [{portNumber: {protocol: TCP, port: 80}}]"
        let accepting = read(
            threeByThree,
            policy(
                "{action: \(allow), from: [{namespaces: {}}, {}]}, {action: Deny, from: [{namespaces: {}}]}"
            ))
        #expect(try accepting.table(.may, .v4) == Set(cells.filter { $0.toSpace != "x" }))
        for action in ["Deny", "Pass"] {
            let denying = read(
                threeByThree,
                policy(
                    "{action: \(action), from: [{namespaces: {matchLabels: {a: b}}}, {future: {}}], \(port)}"
                ))
            #expect(try denying.table(.may, .v4) == Set(cells.filter { $0.toSpace != "x" }))
        }
    }

    @Test("no selector sees a pod of the host network; whether its node is the pod's is unknown")
    func hostNetwork() throws {
        let pods = threeByThree.replacing(
            "metadata: {name: a, namespace: y, labels: {pod: a}}\nspec: {",
            with: "metadata: {name: a, namespace: y, labels: {pod: a}}\nspec: {hostNetwork: true, ")
        let topology = read(
            pods,
            networkPolicy(
                "podSelector: {}, ingress: [{from: [{namespaceSelector: {matchLabels: {team: ty}}}]}]"
            )
                + clusterPolicy(
                    "tier: Admin, priority: 1, subject: {namespaces: {matchLabels: {team: ty}}}, egress: [{action: Deny, to: [{namespaces: {matchLabels: {team: tz}}}]}]"
                ))
        func wanted(_ isHostSeen: Bool) -> Set<Cell> {
            Set(
                cells.filter { cell in
                    if cell.from == "y/a" { return isHostSeen || cell.toSpace != "x" }
                    if cell.fromSpace == "y", cell.toSpace == "z" { return false }
                    return cell.toSpace != "x" || cell.fromSpace == "y"
                })
        }
        #expect(try topology.table(.must, .v4) == wanted(false))
        #expect(try topology.table(.may, .v4) == wanted(true))
    }

    @Test("policies of kinds that are not read leave everything open that they concern")
    func foreign() throws {
        let topology = read(
            threeByThree,
            """
            apiVersion: cilium.io/v2
            kind: CiliumNetworkPolicy
            metadata: {name: p, namespace: x}
            spec: {endpointSelector: {}}
            """)
        #expect(topology.marks == ["foreign-policy 1.yaml:1:1"])
        #expect(try topology.table(.may, .v4) == Set(cells))
        #expect(
            try topology.table(.must, .v4)
                == Set(cells.filter { $0.fromSpace != "x" && $0.toSpace != "x" }))
    }
}
