internal import CloudNetwork
internal import Findings
internal import Notation

extension Draft {
    /// Protocol and ports; as wide as may be, with a word for it, where they are not what the
    /// provider writes.
    private mutating func traffic(
        _ node: JSONNode, _ name: JSONNode?, _ first: JSONNode?, _ last: JSONNode?
    ) -> (traffic: Traffic, unknowns: [String]) {
        let ends = [first, last].map { $0?.value ?? .null }
        let numbers = ends.map(\.wholeNumber)
        let areNumbers = zip(ends, numbers).allSatisfy { $0 == .null || $1 != nil }
        if areNumbers, let name = name?.value.asText,
            let traffic = Traffic(protocolName: name, from: numbers[0], to: numbers[1])
        {
            return (traffic, [])
        }
        let shown =
            "\(Self.shown(name?.value, "no protocol")) \(Self.shown(ends[0], "nothing")) to "
            + Self.shown(ends[1], "nothing")
        find(
            .error, "not-a-port", node.place, "\(shown) is no protocol with ports", "give it whole")
        return (.everything, ["protocol and ports of a rule"])
    }

    /// A value as it was written.
    private static func shown(_ value: JSON?, _ nothing: String) -> String {
        guard let value, value != .null else { return nothing }
        return Excerpt.of(value.asText ?? value.render())
    }

    /// Objects of a list; nil, and told, where something else stands in its place.
    mutating func objects(_ node: JSONNode, _ key: String) -> [JSONNode]? {
        guard let value = node[key] else { return [] }
        guard case .list = value.value else {
            find(.error, "not-a-list", value.place, "\(key) is no list", "give it whole")
            return nil
        }
        for item in value.items {
            guard case .object = item.value else {
                find(
                    .error, "not-a-list", item.place, "\(key) has an item that is no object",
                    "give it whole")
                return nil
            }
        }
        return value.items
    }

    /// One rule as describe-security-group-rules tells it.
    mutating func rule(_ node: JSONNode) {
        guard let raw = node.text("GroupId") else {
            find(.error, "no-identifier", node.place, "a rule without GroupId", "give it whole")
            return
        }
        let group = group(id: raw)
        let id = Excerpt.of(raw, limit: 100)
        network.groups[group].isGiven = true
        let (traffic, unknowns) = traffic(
            node, node["IpProtocol"], node["FromPort"], node["ToPort"])
        let isEgress = node["IsEgress"]?.value.asBoolean
        let peers = [
            span(node["CidrIpv4"]).map { Peer(.span($0)) },
            span(node["CidrIpv6"]).map { Peer(.span($0)) },
            node.text("PrefixListId").map { Peer(.prefixList(prefixListIndex($0))) },
            node["ReferencedGroupInfo"]?.text("GroupId").map { Peer(.group(self.group(id: $0))) },
        ].compactMap { $0 }
        if peers.isEmpty || isEgress == nil {
            find(
                .error, "no-source", node.place, "a rule without its other end or direction",
                "give it whole")
        }
        let description = node.text("Description").map { ": \($0)" } ?? ""
        let name = "\(id) \(node.text("SecurityGroupRuleId") ?? traffic.words)\(description)"
        let known = peers.isEmpty ? [Peer.unknown("other end of a rule of \(id)")] : peers
        for direction in isEgress.map({ [$0] }) ?? [true, false] {
            add(
                AccessRule(
                    label(name, node.place), isEgress: direction, traffic: traffic, peers: known,
                    unknowns: unknowns + (isEgress == nil ? ["direction of a rule of \(id)"] : [])),
                to: group)
        }
    }

    /// Rules as describe-security-groups tells them, many sources in one.
    mutating func permissions(of node: JSONNode) {
        guard let raw = node.text("GroupId") else { return }
        let group = group(id: raw)
        let id = Excerpt.of(raw, limit: 100)
        for (key, isEgress) in [("IpPermissions", false), ("IpPermissionsEgress", true)] {
            guard node[key] != nil else {
                network.groups[group].unknowns.append("\(key) of \(id)")
                find(.error, "no-rules", node.place, "\(id) has no \(key)", "give the group whole")
                continue
            }
            guard let permissions = objects(node, key) else {
                network.groups[group].unknowns.append("\(key) of \(id)")
                continue
            }
            for permission in permissions { self.permission(permission, group, id, isEgress) }
        }
    }

    private mutating func permission(
        _ node: JSONNode, _ group: Int, _ id: String, _ isEgress: Bool
    ) {
        let (traffic, unknowns) = traffic(
            node, node["IpProtocol"], node["FromPort"], node["ToPort"])
        let way = isEgress ? "egress" : "ingress"
        func add(_ item: JSONNode, _ peer: Peer, _ who: String, to draft: inout Draft) {
            let description = item.text("Description").map { ": \($0)" } ?? ""
            let name =
                "\(id) \(way) \(traffic.words) \(isEgress ? "to" : "from") \(who)\(description)"
            draft.add(
                AccessRule(
                    draft.label(name, item.place), isEgress: isEgress, traffic: traffic,
                    peers: [peer], unknowns: unknowns), to: group)
        }
        var isWhole = true
        func items(_ key: String, _ draft: inout Draft) -> [JSONNode] {
            let found = draft.objects(node, key)
            isWhole = isWhole && found != nil
            return found ?? []
        }
        let lists = ["IpRanges", "Ipv6Ranges", "UserIdGroupPairs", "PrefixListIds"]
        for (list, key) in [("IpRanges", "CidrIp"), ("Ipv6Ranges", "CidrIpv6")] {
            for item in items(list, &self) {
                let peer =
                    span(item[key]).map { Peer(.span($0)) } ?? .unknown("\(key) of a rule of \(id)")
                add(item, peer, item.text(key) ?? "?", to: &self)
            }
        }
        for item in items("UserIdGroupPairs", &self) {
            let other = item.text("GroupId")
            let peer =
                other.map { Peer(.group(self.group(id: $0))) }
                ?? .unknown("a group that a rule of \(id) names")
            add(item, peer, other ?? "?", to: &self)
        }
        for item in items("PrefixListIds", &self) {
            let list = item.text("PrefixListId")
            let peer =
                list.map { Peer(.prefixList(prefixListIndex($0))) }
                ?? .unknown("a prefix list of \(id)")
            add(item, peer, list ?? "?", to: &self)
        }
        if isWhole, lists.allSatisfy({ node[$0] == nil }) {
            find(
                .error, "no-source", node.place, "a rule of \(id) without its other end",
                "give it whole")
            isWhole = false
        }
        if !isWhole { add(node, .unknown("other end of a rule of \(id)"), "?", to: &self) }
    }

    mutating func accessList(_ node: JSONNode) {
        let id = Excerpt.of(node.text("NetworkAclId") ?? "?")
        var list = AccessList(name: id, place: node.place)
        let entries = objects(node, "Entries")
        if entries == nil || node["Entries"] == nil { list.unknowns.append("entries of \(id)") }
        for item in entries ?? [] {
            let icmp = item["IcmpTypeCode"]
            let range = item["PortRange"]
            let isMessage = ["1", "58"].contains(item.text("Protocol"))
            // What is no object stands for its own ends: it is no port.
            func end(_ key: String, _ other: String) -> JSONNode? {
                guard let ends = isMessage ? icmp ?? range : range else { return nil }
                guard case .object = ends.value else { return ends }
                return ends[key] ?? ends[other]
            }
            let (traffic, unknowns) = traffic(
                item, item["Protocol"], end("From", "Type"), end("To", "Code"))
            let number = item.integer("RuleNumber")
            let isEgress = item["Egress"]?.value.asBoolean
            let action = item.text("RuleAction")
            guard let number, let isEgress, ["allow", "deny"].contains(action) else {
                find(
                    .error, "no-entry", item.place,
                    "an entry of \(id) without number, direction or action", "give it whole")
                list.unknowns.append("an entry of \(id)")
                continue
            }
            if item["CidrBlock"] == nil, item["Ipv6CidrBlock"] == nil {
                find(
                    .error, "no-source", item.place, "an entry of \(id) without a block",
                    "give it whole")
            }
            let spans = [span(item["CidrBlock"]), span(item["Ipv6CidrBlock"])].compactMap { $0 }
            let peers =
                spans.isEmpty
                ? [Peer.unknown("block of an entry of \(id)")] : spans.map { Peer(.span($0)) }
            let way = isEgress ? "egress" : "ingress"
            list.entries.append(
                .init(
                    Int(clamping: number),
                    AccessRule(
                        label("\(id) \(way) \(number) \(action ?? "")", item.place),
                        isEgress: isEgress,
                        isAllow: action == "allow", traffic: traffic, peers: peers,
                        unknowns: unknowns)))
        }
        let index = network.accessLists.count
        network.accessLists.append(list)
        for association in node.list("Associations") {
            guard let id = association.text("SubnetId") else { continue }
            network.subnets[subnet(id: id)].accessList = index
        }
    }
}
