internal import Addresses
internal import Findings
internal import Topology
internal import YAMLTree

extension Fields {
    /// NetworkPolicy of networking.k8s.io/v1.
    mutating func networkPolicy(_ node: Node, _ identity: Identity) -> Policy? {
        let spec = map(
            node["spec"], "spec",
            known: ["podSelector", "policyTypes", "ingress", "egress"])
        let pods = spec?["podSelector"].map { selector($0, "podSelector") } ?? Selector()
        var policy = Policy(
            tier: .plain, kind: "NetworkPolicy", namespace: identity.namespace,
            name: identity.name,
            subject: Scope(namespaces: .only(identity.namespace), pods: pods), spot: identity.spot)
        let types = policyTypes(spec)
        for direction in types {
            let items = list(spec?[direction.name], direction.name)
            let rules = items.enumerated().compactMap { number, item in
                plainRule(item, direction, number + 1, policy)
            }
            if direction == .ingress { policy.ingress = rules } else { policy.egress = rules }
        }
        for direction in Direction.allCases where !types.contains(direction) {
            guard let node = spec?[direction.name] else { continue }
            let isEmpty = list(node, direction.name).isEmpty
            report.warning(
                "idle-rules", spot(node),
                isEmpty && spec?["policyTypes"] == nil
                    ? "an empty egress without policyTypes isolates nothing: egress stays open"
                    : "policyTypes does not name \(direction.name): these rules do nothing",
                "name it in policyTypes, or remove them")
        }
        return policy
    }

    /// What is written, or ingress always and egress where it has any rule.
    private mutating func policyTypes(_ spec: Node?) -> [Direction] {
        guard let node = spec?["policyTypes"], !node.items.isEmpty else {
            return spec?["egress"]?.items.isEmpty ?? true ? [.ingress] : [.ingress, .egress]
        }
        var types: [Direction] = []
        for item in node.items {
            switch item.scalar {
            case "Ingress": types.append(.ingress)
            case "Egress": types.append(.egress)
            default:
                report.error(
                    "bad-value", spot(item), "there is no such policy type",
                    "write Ingress or Egress")
            }
        }
        return types
    }

    private mutating func plainRule(
        _ item: Node, _ direction: Direction, _ number: Int, _ policy: Policy
    ) -> Rule? {
        let key = direction == .ingress ? "from" : "to"
        guard item.isNull || map(item, "a rule", known: [key, "ports"]) != nil else { return nil }
        let peers = list(item[key], key)
        let ports = list(item["ports"], "ports")
        return Rule(
            action: .allow,
            peers: peers.isEmpty ? nil : peers.compactMap { plainPeer($0, policy.namespace) },
            ports: ports.isEmpty ? nil : ports.compactMap { plainPort($0) },
            name: "\(policy.title), \(direction.name) rule \(number)", spot: spot(item))
    }

    private mutating func plainPort(_ item: Node) -> PortTerm? {
        guard map(item, "an item of ports", known: ["protocol", "port", "endPort"]) != nil,
            let transport = transport(item["protocol"])
        else { return nil }
        guard let first = item["port"] else {
            if let end = item["endPort"] {
                report.error("bad-value", spot(end), "endPort needs a port", "write port")
            }
            return .range(transport: transport, 0...65_535)
        }
        if let name = first.word {
            guard Self.isPortName(name), item["endPort"] == nil else {
                report.error(
                    "bad-value", spot(first), "\(quoted(name)) cannot name a port here",
                    "write a number, or a name of a-z, 0-9 and `-` without endPort")
                return nil
            }
            return .named(transport: transport, name)
        }
        guard let low = port(first, "port") else { return nil }
        guard let last = item["endPort"] else { return .range(transport: transport, low...low) }
        guard let high = port(last, "endPort"), high >= low else {
            report.error(
                "bad-value", spot(last), "endPort is below port", "write the greater number last")
            return nil
        }
        return .range(transport: transport, low...high)
    }

    /// IANA service names: at most 15 characters, at least one letter.
    static func isPortName(_ name: String) -> Bool {
        (1...15).contains(name.utf8.count) && name.utf8.contains { $0 >= UInt8(ascii: "a") }
            && name.utf8.allSatisfy {
                (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0)
                    || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
                    || $0 == UInt8(ascii: "-")
            }
    }

    private mutating func plainPeer(_ item: Node, _ namespace: String) -> Peer? {
        guard
            map(item, "a peer", known: ["podSelector", "namespaceSelector", "ipBlock"]) != nil
        else { return nil }
        let pods = item["podSelector"].map { selector($0, "podSelector") }
        let spaces = item["namespaceSelector"].map { selector($0, "namespaceSelector") }
        if let block = item["ipBlock"] {
            guard pods == nil, spaces == nil else {
                report.error(
                    "bad-value", spot(block), "ipBlock stands beside a selector",
                    "write two peers")
                return nil
            }
            return ipBlock(block)
        }
        guard pods != nil || spaces != nil else {
            report.error(
                "missing-key", spot(item), "the peer says nothing",
                "write podSelector, namespaceSelector or ipBlock; `{}` selects all")
            return nil
        }
        return .pods(
            Scope(
                namespaces: spaces.map { .selected($0) } ?? .only(namespace),
                pods: pods ?? Selector()))
    }

    private mutating func ipBlock(_ node: Node) -> Peer? {
        guard map(node, "ipBlock", known: ["cidr", "except"]) != nil else { return nil }
        guard let cidr = node["cidr"] else {
            report.error("missing-key", spot(node), "ipBlock has no cidr", "write cidr")
            return nil
        }
        guard let block = block(cidr, mustBeMasked: false) else { return nil }
        var excepts: [Block] = []
        for item in list(node["except"], "except") {
            guard let inner = self.block(item, mustBeMasked: false) else { continue }
            guard block != inner, block.contains(inner) else {
                report.error(
                    "bad-value", spot(item), "the exception is not inside the cidr",
                    "write a smaller block of it")
                continue
            }
            excepts.append(inner)
        }
        return .block(block, except: excepts, isLoose: true)
    }

    /// A CIDR; bits behind the prefix are an error where the API says so.
    mutating func block(_ node: Node, mustBeMasked: Bool) -> Block? {
        guard let text = node.scalar, text.utf8.contains(UInt8(ascii: "/")),
            let (block, isMasked) = Block.read(text)
        else {
            report.error(
                "bad-value", spot(node), "\(quoted(node.scalar ?? node.kind)) is no CIDR",
                "write an address and a prefix length, as 10.0.0.0/8")
            return nil
        }
        if case .v6(let range) = block, StandIns.v6.contains(range.lowerBound) {
            report.error(
                "bad-value", spot(node),
                "\(quoted(text)) is IPv4 written as IPv6: network plugins differ about it",
                "write the IPv4 block")
            return nil
        }
        guard isMasked else { return block }
        let problem = "\(quoted(text)) has bits behind its prefix"
        if mustBeMasked {
            report.error("bad-value", spot(node), problem, "write the network's first address")
            return nil
        }
        report.warning(
            "masked", spot(node), problem + ": they do nothing",
            "write the network's first address")
        return block
    }
}
