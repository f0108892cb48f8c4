internal import CloudNetwork
internal import Findings
internal import Notation

extension Draft {
    mutating func instance(_ node: JSONNode) {
        let state = node["State"]?.text("Name")
        guard state != "terminated", let id = node.text("InstanceId") else { return }
        let parts = node.list("NetworkInterfaces")
        guard !parts.isEmpty else {
            interface(node, of: id)
            return
        }
        for part in parts {
            interface(
                part, of: parts.count == 1 ? id : "\(id)/\(part.text("NetworkInterfaceId") ?? "?")")
        }
    }

    /// An interface, whether it was listed by itself or within its instance; once.
    mutating func interface(_ node: JSONNode, of instance: String?) {
        let id = node.text("NetworkInterfaceId")
        let owner = instance ?? node["Attachment"]?.text("InstanceId")
        guard let name = owner ?? id else {
            find(
                .error, "no-identifier", node.place, "an interface without a name", "give it whole")
            return
        }
        var interface = Interface(name: Excerpt.of(name, limit: 200), place: node.place)
        if let known = interfaceIndex[id ?? name] {
            // The instance's listing knows whether it has several.
            if instance != nil { network.interfaces[known].name = interface.name }
            return
        }
        if let known = network.interfaces.firstIndex(where: { $0.name == interface.name }), let id {
            interface.name = "\(network.interfaces[known].name)/\(Excerpt.of(id))"
        }
        var spans = [span(node["PrivateIpAddress"])]
        var faces = [node["Association"]?["PublicIp"], node["PublicIpAddress"]]
        for item in node.list("PrivateIpAddresses") {
            spans.append(span(item["PrivateIpAddress"]))
            faces.append(item["Association"]?["PublicIp"])
        }
        let shown = faces.filter { $0?.value.asText != nil }
        for (list, key) in [
            ("Ipv6Addresses", "Ipv6Address"), ("Ipv4Prefixes", "Ipv4Prefix"),
            ("Ipv6Prefixes", "Ipv6Prefix"),
        ] {
            for item in node.list(list) { spans.append(span(item[key])) }
        }
        var seen: Set<Span> = []
        interface.addresses = spans.compactMap { $0 }.filter { seen.insert($0).inserted }
        interface.hasPublicAddress = !shown.isEmpty
        interface.publicAddresses = shown.compactMap { span($0) }.filter {
            seen.insert($0).inserted
        }
        let key = node["Groups"] == nil ? "SecurityGroups" : "Groups"
        let worn = objects(node, key)
        if worn == nil || node[key] == nil {
            interface.unknownGroups = ["groups of \(interface.name)"]
        }
        for item in worn ?? [] {
            guard let id = item.text("GroupId") else {
                find(
                    .error, "no-identifier", item.place,
                    "\(interface.name) wears a group without GroupId", "give it whole")
                interface.unknownGroups = ["groups of \(interface.name)"]
                continue
            }
            interface.groups.append(group(id: id))
        }
        if let id = node.text("SubnetId") {
            interface.subnet = subnet(id: id)
            if let vpc = node.text("VpcId") { vpcOfSubnet[id] = vpc }
        }
        interfaceIndex[id ?? name] = network.interfaces.count
        network.interfaces.append(interface)
    }

    mutating func routeTable(_ node: JSONNode) {
        let id = node.text("RouteTableId") ?? "?"
        var table = RouteTable(name: "route table \(Excerpt.of(id))")
        for item in node.list("Routes") {
            var kind =
                (span(item["DestinationCidrBlock"]) ?? span(item["DestinationIpv6CidrBlock"]))
                .map { Peer.Kind.span($0) }
            if let list = item.text("DestinationPrefixListId") {
                kind = .prefixList(prefixListIndex(list))
            }
            guard let kind else { continue }
            table.routes.append(.init(kind, Self.target(item)))
        }
        let index = network.routeTables.count
        network.routeTables.append(table)
        for association in node.list("Associations") {
            if let subnet = association.text("SubnetId") {
                network.subnets[self.subnet(id: subnet)].routeTable = index
            } else if association["Main"]?.value.asBoolean == true, let vpc = node.text("VpcId") {
                mainTable[vpc] = index
            }
        }
    }

    /// Subnets are of networks, and those that no table names use their network's main one.
    mutating func placeSubnets() {
        for (id, index) in subnetIndex {
            guard let vpc = vpcOfSubnet[id] else { continue }
            network.subnets[index].network = Excerpt.of(vpc)
            guard network.subnets[index].routeTable == nil else { continue }
            network.subnets[index].routeTable = mainTable[vpc]
        }
    }

    private static func target(_ route: JSONNode) -> RouteTable.Target {
        if route.text("State") == "blackhole" { return .blackhole }
        if route.text("NatGatewayId") != nil || route.text("EgressOnlyInternetGatewayId") != nil {
            return .outward
        }
        return route.text("GatewayId")?.hasPrefix("igw-") == true ? .gateway : .inside
    }
}
