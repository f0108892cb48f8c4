internal import CloudNetwork
internal import Findings
internal import Notation
internal import Topology

/// How the three styles of rules name their attributes.
private struct Words {
    var protocolName: String
    var blocks: [String]
    var lists: String
    var groups: String

    static let inline = Words(
        protocolName: "protocol", blocks: ["cidr_blocks", "ipv6_cidr_blocks"],
        lists: "prefix_list_ids", groups: "security_groups")
    static let old = Words(
        protocolName: "protocol", blocks: ["cidr_blocks", "ipv6_cidr_blocks"],
        lists: "prefix_list_ids", groups: "source_security_group_id")
    static let new = Words(
        protocolName: "ip_protocol", blocks: ["cidr_ipv4", "cidr_ipv6"], lists: "prefix_list_id",
        groups: "referenced_security_group_id")
}

private let groupTypes: Set<String> = ["aws_security_group", "aws_default_security_group"]

extension PlanDraft {
    mutating func group(_ index: Int, _ resource: Resource) {
        var group = SecurityGroup(
            id: resource.address, name: resource.address, place: resource.values.place.place)
        if let name = resource.values.text("name"), !name.isEmpty {
            group.name = "\(resource.address) (\(Excerpt.of(name)))"
        }
        groupOfResource[index] = network.groups.count
        network.groups.append(group)
    }

    /// Groups that an attribute names, as peers or as wearers see them.
    mutating func groups(
        _ resource: Resource, _ fields: Fields, _ name: String
    ) -> (sure: [Int], maybe: [Int], isLost: Bool) {
        let targets = targets(resource, fields, name, types: groupTypes)
        var sure = targets.sure.compactMap { groupOfResource[$0] }
        for id in targets.foreign {
            // Of another account it is written `account/sg-…`.
            sure.append(foreignGroup(id.split(separator: "/").last.map(String.init) ?? id))
        }
        var maybe = targets.maybe.compactMap { groupOfResource[$0] }
        if targets.isLost {
            // It is a group all the same: one that is not made yet, or one that is told nowhere.
            for (index, group) in groupOfResource.sorted(by: { $0.key < $1.key })
            where resources[index].values.isUnknown("id")
                && resources[index].address != resource.address && !maybe.contains(group)
            {
                maybe.append(group)
            }
            maybe.append(foreignGroup("a group that the plan does not tell"))
        }
        return (sure, maybe, targets.isLost)
    }

    mutating func inlineRules(_ index: Int, _ resource: Resource) {
        guard let group = groupOfResource[index] else { return }
        for (name, isEgress) in [("ingress", false), ("egress", true)] {
            let fields = resource.values
            let isWritten = fields.isWritten(name)
            if fields.isUnknown(name) {
                guard fields.isOpen(name) else { continue }
                if isWritten { styles[group, default: []].insert(Style("inline blocks", isEgress)) }
                let blocks = fields.written?[name]?.items ?? []
                if blocks.isEmpty {
                    network.groups[group].unknowns.append("\(resource.address).\(name)")
                }
                for block in blocks {
                    let written = Fields(
                        place: fields.place, written: block, isWrittenOnly: true)
                    inlineRule(group, resource, written, isEgress, name)
                }
                continue
            }
            if isOdd(fields, name, resource.address) {
                network.groups[group].unknowns.append("\(resource.address).\(name)")
                continue
            }
            for var block in fields.blocks(name) {
                let matching = (fields.written?[name]?.items ?? []).filter { agrees($0, block) }
                block.written = matching.count == 1 ? matching[0] : nil
                block.around = fields.written?[name]
                // Blocks do not show in the configuration: what no resource tells came in by one.
                let isTold = told(block, standing[group], isEgress)
                if !isTold, !isWritten, told(block, leaving[group], isEgress) { continue }
                if isWritten || !isTold {
                    styles[group, default: []].insert(Style("inline blocks", isEgress))
                }
                inlineRule(group, resource, block, isEgress, name)
            }
        }
    }

    /// Whether something else stands where a list of blocks belongs; that is told.
    mutating func isOdd(_ fields: Fields, _ name: String, _ address: String) -> Bool {
        guard let node = fields.oddity(name) else { return false }
        find(
            .error, "not-a-list", node.place, "\(address).\(name) is no list of blocks",
            "write the plan with `terraform show -json`")
        return true
    }

    /// Whether what was written of a block may be this one.
    private func agrees(_ written: JSONNode, _ block: Fields) -> Bool {
        ["from_port", "to_port", "protocol"].allSatisfy { name in
            guard let constant = written[name]?["constant_value"], let known = block.known(name)
            else { return true }
            if case .text(let one) = constant.value, case .text(let other) = known.value {
                return one.lowercased() == other.lowercased()
            }
            return constant.value.plain == known.value.plain
        }
    }

    /// Rules that are resources of groups that are there, as they are now and as they will be.
    mutating func collectRules() {
        for resource in resources {
            let values = resource.isDeleted ? resource.before : resource.values.after
            guard let values, let id = values["security_group_id"]?.value.asText,
                let owner = self.resource(withIdentifier: id, types: groupTypes),
                let group = groupOfResource[owner]
            else { continue }
            if resource.isDeleted {
                leaving[group, default: []].append((resource.type, values))
            } else {
                standing[group, default: []].append((resource.type, values))
            }
        }
    }

    /// Whether resources say all that a block of a group says.
    private func told(
        _ block: Fields, _ rules: [(type: String, values: JSONNode)]?, _ isEgress: Bool
    ) -> Bool {
        let alike = (rules ?? []).filter {
            $0.values.concerns(block, type: $0.type, isEgress: isEgress)
        }
        guard !alike.isEmpty else { return false }
        for (name, others) in [
            ("cidr_blocks", ["cidr_blocks", "cidr_ipv4"]),
            ("ipv6_cidr_blocks", ["ipv6_cidr_blocks", "cidr_ipv6"]),
            ("prefix_list_ids", ["prefix_list_ids", "prefix_list_id"]),
            ("security_groups", ["source_security_group_id", "referenced_security_group_id"]),
        ] {
            for end in block.known(name)?.value.asList ?? [] {
                let isTold = alike.contains { rule in
                    others.contains { other in
                        let value = rule.values[other]?.value
                        return value == end || value?.asList?.contains(end) == true
                    }
                }
                guard isTold else { return false }
            }
        }
        return true
    }

    private mutating func inlineRule(
        _ group: Int, _ resource: Resource, _ fields: Fields, _ isEgress: Bool, _ name: String
    ) {
        let word = "\(resource.address).\(name)"
        let (traffic, unknowns) = traffic(fields, .inline, word)
        var peers = peers(resource, fields, .inline, word)
        if fields.known("self")?.value == true { peers.append(Peer(.group(group))) }
        let description = fields.text("description").map { $0.isEmpty ? "" : ": \($0)" } ?? ""
        addRule(
            AccessRule(
                RuleLabel(
                    "\(word) \(traffic.words)\(Excerpt.of(description, limit: 120))",
                    place: fields.place.place), isEgress: isEgress, traffic: traffic, peers: peers,
                unknowns: unknowns), to: group)
    }

    mutating func oldRule(_ resource: Resource) {
        let type = resource.values.text("type")
        let ways = type == "egress" ? [true] : type == "ingress" ? [false] : [true, false]
        let unknowns = ways.count > 1 ? ["\(resource.address).type"] : []
        for way in ways {
            standalone(resource, .old, isEgress: way, unknowns, "aws_security_group_rule")
        }
    }

    mutating func newRule(_ resource: Resource, isEgress: Bool) {
        standalone(resource, .new, isEgress: isEgress, [], "aws_vpc_security_group_*_rule")
    }

    private mutating func standalone(
        _ resource: Resource, _ words: Words, isEgress: Bool, _ before: [String], _ style: String
    ) {
        let fields = resource.values
        let owners = groups(resource, fields, "security_group_id")
        var (traffic, unknowns) = traffic(fields, words, resource.address)
        unknowns += before
        let peers = peers(resource, fields, words, resource.address)
        let description = fields.text("description").map { $0.isEmpty ? "" : ": \($0)" } ?? ""
        let label = RuleLabel(
            "\(resource.address) \(traffic.words)\(Excerpt.of(description, limit: 120))",
            place: fields.place.place)
        for group in owners.sure { styles[group, default: []].insert(Style(style, isEgress)) }
        var all = owners.sure.map { ($0, unknowns) }
        let doubt = unknowns + ["\(resource.address).security_group_id"]
        let others = owners.isLost ? Array(network.groups.indices) : owners.maybe
        all += others.map { ($0, doubt) }
        if owners.isLost {
            find(
                .error, "lost-rule", fields.place.place,
                "nothing tells which group \(resource.address) belongs to",
                "plan again once the group exists, or name it without local values")
        }
        for (group, unknowns) in all {
            var own = peers
            if fields.known("self")?.value == true { own.append(Peer(.group(group))) }
            addRule(
                AccessRule(
                    label, isEgress: isEgress, traffic: traffic, peers: own, unknowns: unknowns),
                to: group)
        }
    }

    private mutating func traffic(
        _ fields: Fields, _ words: Words, _ address: String
    ) -> (Traffic, [String]) {
        let names = [words.protocolName, "from_port", "to_port"]
        var unknowns = names.filter { name in
            fields.slots(name).contains { if case .unknown = $0 { true } else { false } }
        }.map { "\(address).\($0)" }
        let name = fields.known(words.protocolName)?.value.plain
        let ends = ["from_port", "to_port"].map { fields.known($0)?.value }
        let first = ends[0]?.wholeNumber
        let last = ends[1]?.wholeNumber
        let areNumbers = ends.allSatisfy { $0 == nil || $0?.wholeNumber != nil }
        guard unknowns.isEmpty else {
            return (
                name.flatMap { Traffic(protocolName: $0, from: nil, to: nil) } ?? .everything,
                unknowns
            )
        }
        if areNumbers, let name, let traffic = Traffic(protocolName: name, from: first, to: last) {
            return (traffic, [])
        }
        let shown = ends.map { Excerpt.of($0.map { $0.asText ?? $0.render() } ?? "nothing") }
        find(
            .error, "not-a-port", fields.place.place,
            "\(address): \(Excerpt.of(name ?? "no protocol")) \(shown[0]) to \(shown[1]) is no "
                + "protocol with ports", "write ports of 0 to 65535, the lower one first")
        unknowns.append("\(address).\(words.protocolName)")
        return (.everything, unknowns)
    }

    private mutating func peers(
        _ resource: Resource, _ fields: Fields, _ words: Words, _ address: String
    ) -> [Peer] {
        var peers: [Peer] = []
        for name in words.blocks {
            for slot in fields.slots(name) {
                switch slot {
                case .unknown: peers.append(.unknown("\(address).\(name)"))
                case .known(let node):
                    // A single one that nobody wrote is empty; among others it is no block.
                    if node.value == "", fields.after?[name]?.value == "" { continue }
                    peers.append(
                        span(node).map { Peer(.span($0)) } ?? .unknown("\(address).\(name)"))
                }
            }
        }
        peers += prefixLists(resource, fields, words.lists)
        if fields.known(words.groups)?.value != "" {
            let named = groups(resource, fields, words.groups)
            let word = "\(address).\(words.groups)"
            peers += named.sure.map { Peer(.group($0)) }
            peers += named.maybe.map { Peer(.group($0), unknown: word) }
        }
        if fields.isOpen("self") {
            peers.append(.unknown("\(address).self"))
        }
        return peers
    }

    mutating func reportMixedStyles() {
        for (group, used) in styles.sorted(by: { $0.key < $1.key }) {
            let names = Set(used.map(\.name))
            guard names.count > 1 else { continue }
            let clashes = [false, true].contains { way in
                used.count { $0.isEgress == way } > 1
            }
            let end = clashes ? ", which overwrite one another" : ""
            find(
                clashes ? .error : .warning, "mixed-styles", network.groups[group].place,
                "\(network.groups[group].name) has rules as "
                    + names.sorted().joined(separator: " and ") + end,
                "write all of them as aws_vpc_security_group_ingress_rule and _egress_rule")
        }
    }
}

/// How a group's rules of one direction are written.
struct Style: Hashable {
    var name: String
    var isEgress: Bool

    init(_ name: String, _ isEgress: Bool) {
        self.name = name
        self.isEgress = isEgress
    }
}

extension JSON {
    /// Text or a number, as text.
    var plain: String? {
        switch self {
        case .text(let text): text
        case .integer(let number): String(number)
        default: nil
        }
    }

    /// A whole number, also one written as text.
    var wholeNumber: Int64? {
        switch self {
        case .integer(let number): number
        case .text(let text): Int64(text)
        default: nil
        }
    }
}

extension JSONNode {
    /// Whether a rule resource is about the traffic of a block of a group.
    fileprivate func concerns(_ block: Fields, type: String, isEgress: Bool) -> Bool {
        let isNew = type.hasPrefix("aws_vpc_security_group_")
        let way = isNew ? type.contains("egress") : self["type"]?.value == "egress"
        guard way == isEgress, isNew || type == "aws_security_group_rule" else { return false }
        let name = self[isNew ? "ip_protocol" : "protocol"]?.value.plain
        guard name == block.known("protocol")?.value.plain else { return false }
        return name == "-1"
            || ["from_port", "to_port"].allSatisfy { port in
                self[port]?.value.wholeNumber == block.known(port)?.value.wholeNumber
            }
    }
}
