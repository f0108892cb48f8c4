internal import CloudNetwork
internal import Findings
internal import Notation
internal import Topology

private let listTypes: Set<String> = ["aws_network_acl", "aws_default_network_acl"]

extension PlanDraft {
    mutating func accessLists() {
        var lists: [Int: Int] = [:]
        each(listTypes.sorted()) { draft, resource, index in
            lists[index] = draft.network.accessLists.count
            draft.network.accessLists.append(
                AccessList(name: resource.address, place: resource.values.place.place))
            draft.inlineEntries(resource, index, lists[index] ?? 0)
            let wanted = draft.targets(
                resource, resource.values, "subnet_ids", types: ["aws_subnet"])
            for target in wanted.sure {
                guard let subnet = draft.subnetOfResource[target] else { continue }
                draft.network.subnets[subnet].accessList = lists[index]
            }
            draft.doubt(wanted, "\(resource.address).subnet_ids")
        }
        each(["aws_network_acl_association"]) { draft, resource, _ in
            let list = draft.targets(resource, resource.values, "network_acl_id", types: listTypes)
            let subnet = draft.targets(
                resource, resource.values, "subnet_id", types: ["aws_subnet"])
            draft.doubt(subnet, "\(resource.address).subnet_id")
            guard let subnet = subnet.sure.first.flatMap({ draft.subnetOfResource[$0] }) else {
                return
            }
            guard let list = list.sure.first.flatMap({ lists[$0] }) else {
                draft.network.subnets[subnet].unknowns.append("\(resource.address).network_acl_id")
                return
            }
            draft.network.subnets[subnet].accessList = list
        }
        each(["aws_network_acl_rule"]) { draft, resource, _ in
            let owners = draft.targets(
                resource, resource.values, "network_acl_id", types: listTypes)
            for target in owners.sure {
                guard let list = lists[target] else { continue }
                draft.entry(resource, resource.values, list, .standalone)
            }
            guard owners.isLost || !owners.maybe.isEmpty else { return }
            for list in draft.network.accessLists.indices {
                draft.network.accessLists[list].unknowns.append(
                    "\(resource.address).network_acl_id")
            }
        }
        useDefault(lists)
    }

    /// Subnets that a list may filter, or nobody knows.
    private mutating func doubt(_ targets: Targets, _ word: String) {
        let maybe = targets.maybe.compactMap { subnetOfResource[$0] }
        for subnet in targets.isLost ? Array(network.subnets.indices) : maybe {
            network.subnets[subnet].unknowns.append(word)
        }
    }

    /// The default list is for subnets that no other one names, where there is but one network.
    private mutating func useDefault(_ lists: [Int: Int]) {
        let defaults = lists.filter { resources[$0.key].type == "aws_default_network_acl" }
        let networks = resources.count { $0.type == "aws_vpc" && !$0.isDeleted }
        guard defaults.count == 1, networks <= 1, let list = defaults.first?.value else { return }
        for index in network.subnets.indices where network.subnets[index].accessList == nil {
            network.subnets[index].accessList = list
        }
    }

    private struct EntryWords {
        var number: String
        var action: String
        static let inline = EntryWords(number: "rule_no", action: "action")
        static let standalone = EntryWords(number: "rule_number", action: "rule_action")
    }

    private mutating func inlineEntries(_ resource: Resource, _ index: Int, _ list: Int) {
        for (name, isEgress) in [("ingress", false), ("egress", true)] {
            let fields = resource.values
            if fields.isUnknown(name) {
                if fields.isOpen(name) {
                    network.accessLists[list].unknowns.append("\(resource.address).\(name)")
                }
                continue
            }
            if isOdd(fields, name, resource.address) {
                network.accessLists[list].unknowns.append("\(resource.address).\(name)")
                continue
            }
            for block in fields.blocks(name) {
                entry(resource, block, list, .inline, isEgress: isEgress)
            }
        }
    }

    private mutating func entry(
        _ resource: Resource, _ fields: Fields, _ list: Int, _ words: EntryWords,
        isEgress: Bool? = nil
    ) {
        let address = resource.address
        let way = isEgress ?? (fields.known("egress")?.value.asBoolean ?? false)
        let action = fields.text(words.action)?.lowercased()
        guard let number = fields.known(words.number)?.value.wholeNumber,
            action == "allow" || action == "deny", !fields.isUnknown("egress")
        else {
            let name =
                fields.known(words.number)?.value.wholeNumber == nil
                ? words.number : fields.isUnknown("egress") ? "egress" : words.action
            network.accessLists[list].unknowns.append("\(address).\(name)")
            return
        }
        var unknowns = ["protocol", "from_port", "to_port", "icmp_type", "icmp_code"]
            .filter(fields.isOpen)
            .map { "\(address).\($0)" }
        let name = fields.known("protocol")?.value.plain ?? "-1"
        let isICMP = ["1", "58", "icmp", "icmpv6"].contains(name.lowercased())
        let attributes = isICMP ? ["icmp_type", "icmp_code"] : ["from_port", "to_port"]
        let ends = attributes.map { fields.known($0)?.value }
        var traffic = Traffic.everything
        if unknowns.isEmpty {
            if ends.allSatisfy({ $0 == nil || $0?.wholeNumber != nil }),
                let known = Traffic(
                    protocolName: name, from: ends[0]?.wholeNumber, to: ends[1]?.wholeNumber)
            {
                traffic = known
            } else {
                unknowns.append("\(address).protocol")
                find(
                    .error, "not-a-port", fields.place.place,
                    "\(address): an entry whose protocol and ports do not go together",
                    "write ports of 0 to 65535, the lower one first")
            }
        }
        var peers: [Peer] = []
        for name in ["cidr_block", "ipv6_cidr_block"] {
            for slot in fields.slots(name) {
                switch slot {
                case .unknown: peers.append(.unknown("\(address).\(name)"))
                case .known(let node):
                    guard node.value != "" else { continue }
                    peers.append(
                        span(node).map { Peer(.span($0)) } ?? .unknown("\(address).\(name)"))
                }
            }
        }
        let place = fields.place.place
        network.accessLists[list].entries.append(
            .init(
                Int(clamping: number),
                AccessRule(
                    RuleLabel(
                        "\(address) \(way ? "egress" : "ingress") \(number) \(action ?? "")",
                        place: place), isEgress: way, isAllow: action == "allow", traffic: traffic,
                    peers: peers, unknowns: unknowns)))
    }
}
