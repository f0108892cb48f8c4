internal import Addresses
internal import Findings
internal import YAMLTree

extension Fields {
    /// What the kinds of administrators' policies call things, and how much each may hold.
    private struct Dialect {
        let allow: String
        let ports: String
        let countMax: Int
        let isCluster: Bool

        static let admin = Dialect(
            allow: "Allow", ports: "ports", countMax: 100, isCluster: false)
        static let cluster = Dialect(
            allow: "Accept", ports: "protocols", countMax: 25, isCluster: true)
    }

    /// AdminNetworkPolicy, BaselineAdminNetworkPolicy, ClusterNetworkPolicy.
    mutating func adminPolicy(_ node: Node, _ kind: String, _ identity: Identity) -> Policy? {
        let dialect = kind == "ClusterNetworkPolicy" ? Dialect.cluster : .admin
        let isBaselineKind = kind == "BaselineAdminNetworkPolicy"
        var known = ["subject", "ingress", "egress"]
        if !isBaselineKind { known.append("priority") }
        if dialect.isCluster { known.append("tier") }
        guard let spec = map(node["spec"], "spec", known: known) else {
            report.error("missing-key", identity.spot, "the \(kind) has no spec", "write one")
            return nil
        }
        var tier = isBaselineKind ? Policy.Tier.baseline : .admin
        if dialect.isCluster {
            switch spec["tier"]?.scalar {
            case "Admin": tier = .admin
            case "Baseline": tier = .baseline
            default:
                report.error(
                    "bad-value", spot(spec["tier"] ?? spec), "the tier is not one of two",
                    "write Admin or Baseline")
            }
        }
        if isBaselineKind, identity.name != "default" {
            report.error(
                "bad-value", identity.spot, "a BaselineAdminNetworkPolicy is named default",
                "name it default")
        }
        guard let subject = subject(spec) else { return nil }
        var policy = Policy(
            tier: tier, kind: kind, namespace: "", name: identity.name, subject: subject,
            spot: identity.spot)
        if !isBaselineKind { policy.priority = priority(spec) }
        for direction in Direction.allCases {
            let items = list(spec[direction.name], direction.name)
            guard !items.isEmpty else { continue }
            require(items.count <= dialect.countMax, spec, "\(direction.name) rules", dialect)
            let rules = items.enumerated().compactMap { number, item in
                adminRule(item, direction, number + 1, policy, dialect)
            }
            if direction == .ingress { policy.ingress = rules } else { policy.egress = rules }
        }
        return policy
    }

    private mutating func require(
        _ holds: Bool, _ node: Node, _ what: String, _ dialect: Dialect
    ) {
        guard !holds else { return }
        report.error(
            "too-many", spot(node), "there are more than \(dialect.countMax) \(what)",
            "split the policy")
    }

    private mutating func priority(_ spec: Node) -> Int {
        guard let priority = spec["priority"]?.whole, (0...1_000).contains(priority) else {
            report.error(
                "bad-value", spot(spec["priority"] ?? spec), "the priority is no number here",
                "write 0 to 1000; lower ones come first")
            return 0
        }
        return priority
    }

    private mutating func subject(_ spec: Node) -> Scope? {
        guard let node = map(spec["subject"], "subject", known: ["namespaces", "pods"]),
            let scope = scope(node)
        else {
            report.error(
                "missing-key", spot(spec["subject"] ?? spec), "nobody is the policy's subject",
                "write subject with either namespaces or pods")
            return nil
        }
        return scope
    }

    /// `namespaces` or `pods`; nil where neither or both stand.
    private mutating func scope(_ node: Node) -> Scope? {
        switch (node["namespaces"], node["pods"]) {
        case (let spaces?, nil):
            return Scope(
                namespaces: .selected(selector(spaces, "namespaces")), pods: Selector())
        case (nil, let pods?):
            guard map(pods, "pods", known: ["namespaceSelector", "podSelector"]) != nil else {
                return nil
            }
            let spaces = pods["namespaceSelector"].map { selector($0, "namespaceSelector") }
            let chosen = pods["podSelector"].map { selector($0, "podSelector") }
            return Scope(
                namespaces: .selected(spaces ?? Selector()), pods: chosen ?? Selector())
        default: return nil
        }
    }

    private mutating func adminRule(
        _ item: Node, _ direction: Direction, _ number: Int, _ policy: Policy, _ dialect: Dialect
    ) -> Rule? {
        let key = direction == .ingress ? "from" : "to"
        guard map(item, "a rule", known: ["name", "action", key, dialect.ports]) != nil else {
            return nil
        }
        let action: Rule.Action
        switch item["action"]?.scalar {
        case dialect.allow: action = .allow
        case "Deny": action = .deny
        case "Pass" where dialect.isCluster || policy.tier == .admin: action = .pass
        default:
            report.error(
                "bad-value", spot(item["action"] ?? item), "the action is not one of these here",
                policy.tier == .baseline && !dialect.isCluster
                    ? "write Allow or Deny" : "write \(dialect.allow), Deny or Pass")
            return nil
        }
        let nodes = list(item[key], key)
        require(nodes.count <= dialect.countMax, item, "peers", dialect)
        if nodes.isEmpty {
            report.error(
                "missing-key", spot(item), "the rule has no peers",
                "write \(key); `- namespaces: {}` is every pod")
        }
        let peers = nodes.flatMap { adminPeer($0, direction, action, dialect) }
        let terms = list(item[dialect.ports], dialect.ports)
        require(terms.count <= dialect.countMax, item, dialect.ports, dialect)
        if let node = item[dialect.ports], terms.isEmpty {
            report.error(
                "bad-value", spot(node), "\(dialect.ports) is empty",
                "remove it for all traffic, or write at least one")
        }
        let ports = terms.compactMap { dialect.isCluster ? protocolTerm($0) : adminPort($0) }
        let name = item["name"]?.scalar.map { " (\(Excerpt.of($0, limit: 100)))" } ?? ""
        return Rule(
            action: action, peers: peers, ports: terms.isEmpty ? nil : ports,
            name: "\(policy.title), \(direction.name) rule \(number)\(name)", spot: spot(item))
    }

    private mutating func adminPeer(
        _ item: Node, _ direction: Direction, _ action: Rule.Action, _ dialect: Dialect
    ) -> [Peer] {
        guard let item = map(item, "a peer") else { return [] }
        let outward = direction == .egress ? ["nodes", "networks", "domainNames"] : []
        let known = ["namespaces", "pods"] + outward
        let given = known.filter { item[$0] != nil }
        guard let key = given.first else {
            report.warning(
                "unknown-peer", spot(item), "the peer has none of the fields that are known",
                "the rule fails closed: "
                    + (action == .allow ? "it allows nothing" : "it denies all"))
            return [.unknown]
        }
        _ = map(item, "a peer", known: known)
        guard given.count == 1 else {
            report.error("bad-value", spot(item), "the peer has two fields", "write two peers")
            return []
        }
        switch key {
        case "networks":
            let nodes = list(item[key], key)
            require(nodes.count <= 25, item, "networks", dialect)
            return nodes.compactMap { node in
                block(node, mustBeMasked: true).map { .block($0, except: [], isLoose: false) }
            }
        case "nodes":
            if let node = item[key] { _ = selector(node, key) }
            return [.elsewhere("nodes have addresses that manifests do not say")]
        case "domainNames":
            if action != .allow {
                report.error(
                    "bad-value", spot(item), "domainNames stand in a rule that does not accept",
                    "write networks")
            }
            return [.elsewhere("domain names have addresses that manifests do not say")]
        default: return scope(item).map { [.pods($0)] } ?? []
        }
    }

    private mutating func adminPort(_ item: Node) -> PortTerm? {
        let known = ["portNumber", "portRange", "namedPort"]
        guard let item = map(item, "an item of ports", known: known), only(item, known) else {
            return nil
        }
        if let node = map(item["portNumber"], "portNumber", known: ["protocol", "port"]) {
            guard let transport = transport(node["protocol"]), let port = number(node, "port")
            else { return nil }
            return .range(transport: transport, port...port)
        }
        if let node = map(item["portRange"], "portRange", known: ["protocol", "start", "end"]) {
            guard let transport = transport(node["protocol"]), let ports = range(node) else {
                return nil
            }
            return .range(transport: transport, ports)
        }
        return text(item["namedPort"], "namedPort").map { .named(transport: nil, $0) }
    }

    private mutating func protocolTerm(_ item: Node) -> PortTerm? {
        let known = ["tcp", "udp", "sctp", "destinationNamedPort"]
        guard let item = map(item, "an item of protocols", known: known), only(item, known) else {
            return nil
        }
        for (name, transport) in [("tcp", UInt8(6)), ("udp", 17), ("sctp", 132)] {
            guard let node = item[name] else { continue }
            guard map(node, name, known: ["destinationPort"]) != nil else { return nil }
            guard let port = node["destinationPort"] else {
                return .range(transport: transport, 0...65_535)
            }
            guard map(port, "destinationPort", known: ["number", "range"]) != nil,
                only(port, ["number", "range"])
            else { return nil }
            if let ports = port["range"] {
                return range(ports).map { .range(transport: transport, $0) }
            }
            return number(port, "number").map { .range(transport: transport, $0...$0) }
        }
        return text(item["destinationNamedPort"], "destinationNamedPort").map {
            .named(transport: nil, $0)
        }
    }

    private mutating func only(_ item: Node, _ keys: [String]) -> Bool {
        guard keys.count(where: { item[$0] != nil }) != 1 else { return true }
        report.error(
            "bad-value", spot(item), "not exactly one field stands here",
            "write one of \(keys.joined(separator: ", "))")
        return false
    }

    private mutating func number(_ node: Node, _ key: String) -> UInt16? {
        guard let value = node[key] else {
            report.error("missing-key", spot(node), "there is no \(key)", "write it")
            return nil
        }
        return port(value, key)
    }

    private mutating func range(_ node: Node) -> ClosedRange<UInt16>? {
        guard map(node, "a range") != nil, let start = number(node, "start"),
            let end = number(node, "end")
        else { return nil }
        guard start < end else {
            report.error(
                "bad-value", spot(node), "the range ends where it starts, or before",
                "write the greater number last")
            return nil
        }
        return start...end
    }
}
