internal import CloudNetwork
internal import Findings
internal import Notation
internal import Topology

/// The network while a plan is read.
struct PlanDraft {
    private(set) var resources: [Resource]
    private(set) var resolver: Resolver
    var network = CloudNetwork()
    private(set) var findings: [Finding] = []
    /// Which resource an identifier belongs to, where the plan knows it.
    private var byIdentifier: [String: [Int]] = [:]
    /// Groups of the network by the resource that makes them, or by their name.
    var groupOfResource: [Int: Int] = [:]
    private var groupOfName: [String: Int] = [:]
    private var listOfResource: [Int: Int] = [:]
    private var listOfName: [String: Int] = [:]
    var subnetOfResource: [Int: Int] = [:]
    var styles: [Int: Set<Style>] = [:]
    /// Rules that are resources, by the group that has them: those that go and those that stay.
    var leaving: [Int: [(type: String, values: JSONNode)]] = [:]
    var standing: [Int: [(type: String, values: JSONNode)]] = [:]
    private var rules = 0
    private let data: [JSONNode]

    init(_ root: JSONNode) {
        resources = ResourceList.read(root)
        data = ResourceList.data(root)
        resolver = Resolver(
            resources, data, Configuration(root["configuration"], variables: root["variables"]))
        network.idleGroupsAreEndpoints = true
        for key in ["errored"] where root[key]?.value == true {
            find(
                .error, "errored", root[key]?.place, "planning failed: the plan is not whole",
                "repair what Terraform said and plan again")
        }
        if root["complete"]?.value == false {
            find(
                .warning, "incomplete", root["complete"]?.place,
                "applying this plan leaves changes for another one", "plan again after it")
        }
    }

    mutating func find(
        _ severity: Severity, _ code: String, _ place: Place?, _ problem: String, _ remedy: String
    ) {
        guard findings.count < 10_000 else { return }
        findings.append(Finding(severity, code, at: place, problem, remedy: remedy))
    }

    mutating func take() {
        for (index, resource) in resources.enumerated() where !resource.isDeleted {
            for key in ["id", "primary_network_interface_id", "arn"] {
                guard let id = resource.values.text(key), !id.isEmpty else { continue }
                byIdentifier[id, default: []].append(index)
            }
        }
        each(["aws_vpc", "aws_vpc_ipv4_cidr_block_association"]) { draft, resource, _ in
            draft.blocks(resource)
        }
        each(["aws_subnet"]) { $0.subnet($2, $1) }
        each(["aws_ec2_managed_prefix_list"]) { $0.prefixList($2, $1) }
        dataLists()
        each(["aws_ec2_managed_prefix_list_entry"]) { draft, resource, _ in
            draft.prefixListEntry(resource)
        }
        each(["aws_security_group", "aws_default_security_group"]) { $0.group($2, $1) }
        collectRules()
        each(["aws_security_group", "aws_default_security_group"]) { $0.inlineRules($2, $1) }
        each(["aws_security_group_rule"]) { draft, resource, _ in draft.oldRule(resource) }
        each(["aws_vpc_security_group_ingress_rule"]) { draft, resource, _ in
            draft.newRule(resource, isEgress: false)
        }
        each(["aws_vpc_security_group_egress_rule"]) { draft, resource, _ in
            draft.newRule(resource, isEgress: true)
        }
        accessLists()
        wearers()
        noteRoutes()
        reportMixedStyles()
    }

    /// Route tables of plans are not read, and the answers take every way for there.
    private mutating func noteRoutes() {
        let types: Set<String> = [
            "aws_route", "aws_route_table", "aws_default_route_table",
            "aws_route_table_association", "aws_main_route_table_association",
        ]
        guard let first = resources.first(where: { types.contains($0.type) && !$0.isDeleted })
        else { return }
        find(
            .note, "routes-not-read", first.values.place.place,
            "route tables of plans are not read (\(first.address)): what passes may find no way",
            "once the plan is applied, give the output of describe-route-tables too")
    }

    mutating func each(_ types: [String], _ body: (inout PlanDraft, Resource, Int) -> Void) {
        let all = resources
        for (index, resource) in all.enumerated()
        where !resource.isDeleted && types.contains(resource.type) {
            body(&self, resource, index)
        }
    }

    /// The known identifier's resource of one of the types.
    func resource(withIdentifier id: String, types: Set<String>) -> Int? {
        byIdentifier[id]?.first { types.contains(resources[$0].type) }
    }

    /// Resources of some types that an attribute names, for a known value and for one that is not
    /// known yet; `isSure` when it names these and no others.
    func targets(
        _ resource: Resource, _ fields: Fields, _ name: String, types: Set<String>
    ) -> Targets {
        var targets = Targets()
        for slot in fields.slots(name) {
            switch slot {
            case .known(let node):
                guard let id = node.value.asText else {
                    targets.isLost = true
                    continue
                }
                if let index = self.resource(withIdentifier: id, types: types) {
                    targets.sure.append(index)
                } else {
                    targets.foreign.append(id)
                }
            case .unknown: targets.isUnknown = true
            }
        }
        guard targets.isUnknown else { return targets }
        let found = resolver.find(fields.expression(name), in: resource, naming: types)
        var hits = found.resources.sorted()
        let isList = fields.after?[name].map { $0.value.asList != nil } ?? name.hasSuffix("s")
        let isWhole = fields.isUnknown(name)
        var told: Set<String> = []
        if isList, isWhole {
            // One end that is not known hides the others that are.
            for id in found.identifiers {
                if let index = self.resource(withIdentifier: id, types: types) {
                    hits = hits.contains(index) ? hits : hits + [index]
                } else if Self.names(id, types) {
                    told.insert(id)
                }
            }
        } else {
            // What is not known yet comes from what is not known yet.
            let fresh = hits.filter { resources[$0].values.isUnknown("id") }
            if !fresh.isEmpty { hits = fresh }
        }
        let data = found.data.union(told).sorted()
        let slots = fields.slots(name).count { if case .unknown = $0 { true } else { false } }
        let count = hits.count + data.count
        if !found.isLost, count > 0,
            isList ? (isWhole ? fields.isWritten(name) || count == 1 : slots == count) : count == 1
        {
            targets.sure += hits
            targets.foreign += data
        } else {
            targets.maybe = hits
            targets.isLost = found.isLost || count == 0
            if !data.isEmpty { targets.isLost = true }
        }
        return targets
    }

    /// Whether a text is an identifier of one of the types: others stand in expressions too.
    private static func names(_ text: String, _ types: Set<String>) -> Bool {
        let prefixes = [
            "aws_security_group": "sg-", "aws_subnet": "subnet-", "aws_network_acl": "acl-",
            "aws_ec2_managed_prefix_list": "pl-", "aws_network_interface": "eni-",
            "aws_instance": "i-",
        ]
        let word = text.split(separator: "/").last ?? ""
        return types.contains { type in prefixes[type].map { word.hasPrefix($0) } ?? false }
    }

    struct Targets {
        var sure: [Int] = []
        /// Identifiers and data sources that are no resource of the plan.
        var foreign: [String] = []
        /// Some of these, where the plan does not tell which.
        var maybe: [Int] = []
        var isUnknown = false
        /// It may be anything.
        var isLost = false
    }

    mutating func foreignGroup(_ name: String) -> Int {
        if let index = groupOfName[name] { return index }
        let shown = Excerpt.of(name, limit: 200)
        groupOfName[name] = network.groups.count
        network.groups.append(SecurityGroup(id: shown, name: shown, isGiven: false))
        return network.groups.count - 1
    }

    mutating func addRule(_ rule: AccessRule, to group: Int) {
        rules += max(rule.peers.count, 1)
        guard rules <= CloudNetwork.Limits.rules else {
            network.groups[group].unknowns.append("rules beyond \(CloudNetwork.Limits.rules)")
            return
        }
        network.groups[group].rules.append(rule)
    }

    mutating func span(_ node: JSONNode) -> Span? {
        let (span, finding) = Span.read(node.value.asText ?? "", at: node.place)
        if let finding {
            find(
                finding.severity, finding.code, finding.place, finding.problem, finding.remedy)
        }
        return span
    }

    private mutating func blocks(_ resource: Resource) {
        for name in ["cidr_block", "ipv6_cidr_block"] {
            guard let node = resource.values.known(name), node.value != "" else { continue }
            if let span = span(node) { network.blocks.append(span) }
        }
    }

    private mutating func subnet(_ index: Int, _ resource: Resource) {
        var subnet = Subnet(name: resource.address)
        for name in ["cidr_block", "ipv6_cidr_block"] {
            guard let node = resource.values.known(name), node.value != "" else { continue }
            if let span = span(node) { subnet.blocks.append(span) }
        }
        if resource.values.isUnknown("cidr_block") { subnet.blocks = [] }
        network.blocks += subnet.blocks
        let owner = targets(resource, resource.values, "vpc_id", types: ["aws_vpc"])
        if !owner.isLost, owner.maybe.isEmpty {
            subnet.network = owner.sure.first.map { resources[$0].address } ?? owner.foreign.first
        }
        subnetOfResource[index] = network.subnets.count
        network.subnets.append(subnet)
    }

    private mutating func prefixList(_ index: Int, _ resource: Resource) {
        var list = PrefixList(name: resource.address)
        if resource.values.isOpen("entry") { list.isGiven = false }
        if isOdd(resource.values, "entry", resource.address) { list.isGiven = false }
        for block in resource.values.blocks("entry") {
            if let node = block.known("cidr"), let span = span(node) {
                list.spans.append(span)
            } else {
                list.isGiven = false
            }
        }
        listOfResource[index] = network.prefixLists.count
        network.prefixLists.append(list)
    }

    private mutating func prefixListEntry(_ resource: Resource) {
        let owner = targets(
            resource, resource.values, "prefix_list_id", types: ["aws_ec2_managed_prefix_list"])
        if owner.isLost {
            // It may be of any, and then of each no one knows the entries.
            for list in network.prefixLists.indices { network.prefixLists[list].isGiven = false }
        }
        for target in owner.sure + owner.maybe {
            guard let list = listOfResource[target] else { continue }
            guard let node = resource.values.known("cidr"), owner.maybe.isEmpty,
                let span = span(node)
            else {
                network.prefixLists[list].isGiven = false
                continue
            }
            network.prefixLists[list].spans.append(span)
        }
    }

    /// Prefix lists that data sources have read.
    private mutating func dataLists() {
        for node in data {
            let type = node["type"]?.value.asText
            guard type == "aws_ec2_managed_prefix_list" || type == "aws_prefix_list",
                let values = node["values"], let id = values["id"]?.value.asText
            else { continue }
            var list = PrefixList(name: Excerpt.of(id))
            let cidrs =
                (values["entries"]?.items ?? []).compactMap { $0["cidr"] }
                + (values["cidr_blocks"]?.items ?? [])
            for cidr in cidrs { list.spans += span(cidr).map { [$0] } ?? [] }
            listOfName[id] = network.prefixLists.count
            network.prefixLists.append(list)
        }
    }

    mutating func prefixLists(
        _ resource: Resource, _ fields: Fields, _ name: String
    ) -> [Peer] {
        let targets = targets(resource, fields, name, types: ["aws_ec2_managed_prefix_list"])
        var peers = targets.sure.compactMap { listOfResource[$0].map { Peer(.prefixList($0)) } }
        for id in targets.foreign {
            if listOfName[id] == nil {
                listOfName[id] = network.prefixLists.count
                network.prefixLists.append(PrefixList(name: Excerpt.of(id), isGiven: false))
            }
            if let list = listOfName[id] { peers.append(Peer(.prefixList(list))) }
        }
        let word = "\(resource.address).\(name)"
        peers += targets.maybe.compactMap {
            listOfResource[$0].map { Peer(.prefixList($0), unknown: word) }
        }
        if targets.isLost { peers.append(.unknown(word)) }
        return peers
    }
}
