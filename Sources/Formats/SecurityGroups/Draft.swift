internal import CloudNetwork
internal import Findings

internal import Notation
internal import Topology

/// The network while its files are read, in an order in which nothing names what is not yet there.
struct Draft {
    let names: [String]
    /// Which file is being read.
    var file = 0
    var network = CloudNetwork()
    private(set) var findings: [Finding] = []
    private var groupIndex: [String: Int] = [:]
    private var listIndex: [String: Int] = [:]
    var subnetIndex: [String: Int] = [:]
    var vpcOfSubnet: [String: String] = [:]
    var interfaceIndex: [String: Int] = [:]
    var mainTable: [String: Int] = [:]
    /// Rules told one by one: told again in groups, they are the same.
    private var told: Set<AccessRule> = []
    private var rules = 0

    init(names: [String]) { self.names = names }

    mutating func find(
        _ severity: Severity, _ code: String, _ place: Place?, _ problem: String, _ remedy: String
    ) {
        guard findings.count < 10_000 else { return }
        let finding = Finding(severity, code, at: place, problem, remedy: remedy, file: fileName)
        // A list that is none is looked at for each kind of thing in it.
        guard code != "not-a-list" || !findings.contains(finding) else { return }
        findings.append(finding)
    }

    mutating func take(_ roots: [JSONNode]) {
        each(roots, "Vpcs") { $0.vpc($1) }
        each(roots, "Subnets") { $0.subnet($1) }
        for (index, root) in roots.enumerated() {
            file = index
            if root["NextToken"]?.value.asText != nil {
                find(
                    .warning, "incomplete", root["NextToken"]?.place,
                    "the output is one page of several", "ask without --max-items")
            }
        }
        each(roots, "PrefixLists") { $0.prefixList($1) }
        for (index, root) in roots.enumerated() where root["Entries"] != nil {
            file = index
            entries(root)
        }
        each(roots, "SecurityGroups") { $0.group($1) }
        each(roots, "SecurityGroupRules") { $0.rule($1) }
        each(roots, "SecurityGroups") { $0.permissions(of: $1) }
        each(roots, "NetworkAcls") { $0.accessList($1) }
        each(roots, "NetworkInterfaces") { $0.interface($1, of: nil) }
        each(roots, "Reservations") { draft, reservation in
            for instance in reservation.list("Instances") { draft.instance(instance) }
        }
        each(roots, "RouteTables") { $0.routeTable($1) }
        placeSubnets()
        network.idleGroupsAreEndpoints = network.interfaces.isEmpty
    }

    private mutating func each(
        _ roots: [JSONNode], _ key: String, _ take: (inout Draft, JSONNode) -> Void
    ) {
        for (index, root) in roots.enumerated() {
            file = index
            for item in objects(root, key) ?? [] { take(&self, item) }
        }
    }

    func label(_ name: String, _ place: Place?) -> RuleLabel {
        RuleLabel(Excerpt.of(name, limit: 300), file: fileName, place: place)
    }

    /// The file that is being read, where there are several.
    private var fileName: String {
        names.count > 1 && names.indices.contains(file) ? names[file] : ""
    }

    /// Which group has the identifier; one that no file has is there without rules.
    mutating func group(id: String) -> Int {
        if let index = groupIndex[id] { return index }
        groupIndex[id] = network.groups.count
        let shown = Excerpt.of(id, limit: 100)
        network.groups.append(SecurityGroup(id: shown, name: shown, isGiven: false))
        return network.groups.count - 1
    }

    private mutating func group(_ node: JSONNode) {
        guard let id = node.text("GroupId") else {
            find(.error, "no-identifier", node.place, "a group without GroupId", "give it whole")
            return
        }
        let index = group(id: id)
        network.groups[index].isGiven = true
        network.groups[index].place = node.place
        network.groups[index].file = fileName
        if let name = node.text("GroupName") {
            network.groups[index].name = "\(Excerpt.of(id, limit: 100)) (\(Excerpt.of(name)))"
        }
    }

    mutating func prefixListIndex(_ id: String) -> Int {
        if let index = listIndex[id] { return index }
        listIndex[id] = network.prefixLists.count
        network.prefixLists.append(PrefixList(name: Excerpt.of(id), isGiven: false))
        return network.prefixLists.count - 1
    }

    private mutating func prefixList(_ node: JSONNode) {
        guard let id = node.text("PrefixListId") else { return }
        let index = prefixListIndex(id)
        guard node["Cidrs"] != nil || node["Entries"] != nil else { return }
        network.prefixLists[index].isGiven = true
        for cidr in node.list("Cidrs") {
            network.prefixLists[index].spans += span(cidr).map { [$0] } ?? []
        }
        for entry in node.list("Entries") {
            network.prefixLists[index].spans += span(entry["Cidr"]).map { [$0] } ?? []
        }
    }

    /// Entries of a prefix list do not say of which: the file's name does, or there is only one.
    private mutating func entries(_ root: JSONNode) {
        let name = names.indices.contains(file) ? names[file] : ""
        let stated = root.text("PrefixListId") ?? listIndex.keys.first { name.contains($0) }
        var word = stated
        if word == nil, let start = name.firstRange(of: "pl-")?.lowerBound {
            word = String(
                name[start...].prefix { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") })
        }
        if word == nil, listIndex.count == 1 { word = listIndex.keys.first }
        guard let word else {
            find(
                .error, "whose-entries", root.place, "entries of a prefix list that nothing names",
                "name the file after the list: pl-0123.json")
            return
        }
        let index = prefixListIndex(word)
        network.prefixLists[index].isGiven = true
        for entry in root.list("Entries") {
            guard let span = span(entry["Cidr"]) else { continue }
            network.prefixLists[index].spans.append(span)
        }
    }

    /// A block; host bits are masked with a warning, what is none is an error.
    mutating func span(_ node: JSONNode?) -> Span? {
        guard let node else { return nil }
        let (span, finding) = Span.read(node.value.asText ?? "", at: node.place)
        if let finding {
            find(
                finding.severity, finding.code, finding.place, finding.problem, finding.remedy)
        }
        return span
    }

    mutating func subnet(id: String) -> Int {
        if let index = subnetIndex[id] { return index }
        subnetIndex[id] = network.subnets.count
        network.subnets.append(Subnet(name: Excerpt.of(id)))
        return network.subnets.count - 1
    }

    private mutating func subnet(_ node: JSONNode) {
        guard let id = node.text("SubnetId") else { return }
        let index = subnet(id: id)
        vpcOfSubnet[id] = node.text("VpcId")
        var spans = [span(node["CidrBlock"])]
        for item in node.list("Ipv6CidrBlockAssociationSet") {
            spans.append(span(item["Ipv6CidrBlock"]))
        }
        network.subnets[index].blocks = spans.compactMap { $0 }
        network.blocks += network.subnets[index].blocks
    }

    private mutating func vpc(_ node: JSONNode) {
        var spans = [span(node["CidrBlock"])]
        for item in node.list("CidrBlockAssociationSet") { spans.append(span(item["CidrBlock"])) }
        for item in node.list("Ipv6CidrBlockAssociationSet") {
            spans.append(span(item["Ipv6CidrBlock"]))
        }
        network.blocks += spans.compactMap { $0 }
    }

    /// Adds a rule once, however often it is told.
    mutating func add(_ rule: AccessRule, to group: Int) {
        var bare = rule
        bare.label = RuleLabel("\(group)")
        for peer in rule.peers {
            bare.peers = [peer]
            guard told.insert(bare).inserted else { continue }
            rules += 1
            guard rules <= CloudNetwork.Limits.rules else {
                network.groups[group].unknowns.append("rules beyond \(CloudNetwork.Limits.rules)")
                return
            }
            var single = rule
            single.peers = [peer]
            network.groups[group].rules.append(single)
        }
    }
}
