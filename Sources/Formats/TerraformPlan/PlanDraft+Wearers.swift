internal import CloudNetwork
internal import Findings
internal import Notation

/// Attributes by which resources wear groups, at whatever depth.
private let wearing: Set<String> = [
    "vpc_security_group_ids", "security_group_ids", "security_groups",
]

/// Resources that name groups without wearing them.
private let rulesOnly: Set<String> = [
    "aws_security_group", "aws_default_security_group", "aws_security_group_rule",
    "aws_vpc_security_group_ingress_rule", "aws_vpc_security_group_egress_rule",
    "aws_network_interface_sg_attachment",
]

/// Resources that wear the network's default group when nobody says which.
private let needsGroup: Set<String> = [
    "aws_instance", "aws_network_interface", "aws_db_instance", "aws_rds_cluster", "aws_lb",
    "aws_alb", "aws_elb",
]

extension PlanDraft {
    mutating func wearers() {
        var made: [Int: [Int]] = [:]
        let all = resources
        for (index, resource) in all.enumerated()
        where !resource.isDeleted && !rulesOnly.contains(resource.type)
            && resource.type.hasPrefix("aws_")
        {
            let parts = places(resource, resource.values, 0)
            var interface = Interface(name: resource.address, place: resource.values.place.place)
            for (fields, name) in parts { wear(&interface, resource, fields, name) }
            if interface.groups.isEmpty, interface.unknownGroups.isEmpty {
                guard needsGroup.contains(resource.type) else { continue }
                guard let worn = unnamed(resource) else { continue }
                interface.groups = worn
            }
            locate(&interface, resource)
            made[index] = place(interface, resource)
        }
        attach(made)
    }

    /// Blocks of a resource that have an attribute for groups.
    private func places(_ resource: Resource, _ fields: Fields, _ depth: Int) -> [(Fields, String)]
    {
        var found: [(Fields, String)] = []
        for name in wearing.sorted() where !fields.slots(name).isEmpty {
            // The names of groups of networks as they were before VPCs.
            if resource.type == "aws_instance", name == "security_groups" { continue }
            found.append((fields, name))
        }
        guard depth < 3 else { return found }
        for member in fields.after?.members ?? [] {
            guard case .object = member.value.items.first?.value else { continue }
            let written = fields.written?[member.name]?.items ?? []
            for (index, var block) in fields.blocks(member.name).enumerated() {
                block.written = written.indices.contains(index) ? written[index] : nil
                block.around = fields.written?[member.name]
                found += places(resource, block, depth + 1)
            }
        }
        return found
    }

    private mutating func wear(
        _ interface: inout Interface, _ resource: Resource, _ fields: Fields, _ name: String
    ) {
        let named = groups(resource, fields, name)
        interface.groups += named.sure
        let word = "\(resource.address).\(name)"
        guard named.isLost || !named.maybe.isEmpty else { return }
        // Of what the plan does not tell anything may be true.
        interface.mayWear(named.isLost ? nil : named.maybe, by: word)
    }

    /// What a resource wears for which nobody wrote a group; nil when it is no end of its own.
    private mutating func unnamed(_ resource: Resource) -> [Int]? {
        let fields = resource.values
        if resource.type == "aws_instance",
            !fields.blocks("network_interface").isEmpty || fields.isWritten("network_interface")
        {
            return nil
        }
        let kind = fields.text("load_balancer_type")
        if kind == "network" || kind == "gateway" { return [] }
        return [foreignGroup("default security group")]
    }

    private mutating func locate(_ interface: inout Interface, _ resource: Resource) {
        let fields = resource.values
        for name in ["private_ip", "private_ips", "ipv6_addresses"] {
            for slot in fields.slots(name) {
                guard case .known(let node) = slot, node.value != "", let span = span(node) else {
                    continue
                }
                if !interface.addresses.contains(span) { interface.addresses.append(span) }
            }
        }
    }

    /// One interface in each subnet where subnets filter, else one for all; their indices.
    private mutating func place(_ interface: Interface, _ resource: Resource) -> [Int] {
        var interface = interface
        var subnets: [Int] = []
        var wide: [Int] = []
        func take(_ targets: Targets, _ name: String) {
            subnets += targets.sure.compactMap { subnetOfResource[$0] }
            let maybe = targets.maybe.compactMap { subnetOfResource[$0] }
            wide += maybe
            // Subnets that nothing tells apart need not be told apart.
            let isFiltered = { (subnet: Int) in
                network.subnets[subnet].accessList != nil
                    || !network.subnets[subnet].unknowns.isEmpty
            }
            let candidates = targets.isLost ? Array(network.subnets.indices) : maybe
            if candidates.contains(where: isFiltered) {
                interface.unknownSubnet = "\(resource.address).\(name)"
            }
        }
        for name in ["subnet_id", "subnets", "subnet_ids"] {
            take(targets(resource, resource.values, name, types: ["aws_subnet"]), name)
        }
        for block in resource.values.blocks("subnet_mapping") {
            take(
                targets(resource, block, "subnet_id", types: ["aws_subnet"]),
                "subnet_mapping.subnet_id")
        }
        let isOpen = interface.unknownSubnet != nil
        if !isOpen, subnets.count > 1,
            subnets.contains(where: { network.subnets[$0].accessList != nil })
        {
            return subnets.map { subnet in
                interface.name = "\(resource.address) in \(network.subnets[subnet].name)"
                interface.subnet = subnet
                return add(interface)
            }
        }
        if !wide.isEmpty, isOpen || subnets.isEmpty {
            interface.within = (subnets + wide).flatMap { network.subnets[$0].blocks }
        } else if !isOpen, subnets.count > 1 {
            interface.within = subnets.flatMap { network.subnets[$0].blocks }
        } else if !isOpen {
            interface.subnet = subnets.first
        }
        return [add(interface)]
    }

    private mutating func add(_ interface: Interface) -> Int {
        network.interfaces.append(interface)
        return network.interfaces.count - 1
    }

    /// Groups that a resource of their own puts on an interface.
    private mutating func attach(_ made: [Int: [Int]]) {
        each(["aws_network_interface_sg_attachment"]) { draft, resource, _ in
            let fields = resource.values
            let types: Set<String> = ["aws_instance", "aws_network_interface"]
            let targets = draft.targets(resource, fields, "network_interface_id", types: types)
            let worn = draft.groups(resource, fields, "security_group_id")
            let word = "\(resource.address).network_interface_id"
            let known = targets.sure.flatMap { made[$0] ?? [] }
            let doubtful =
                targets.isLost
                ? Array(draft.network.interfaces.indices) : targets.maybe.flatMap { made[$0] ?? [] }
            for index in known {
                draft.network.interfaces[index].groups += worn.sure
                guard worn.isLost || !worn.maybe.isEmpty else { continue }
                draft.network.interfaces[index].mayWear(
                    worn.isLost ? nil : worn.maybe, by: "\(resource.address).security_group_id")
            }
            for index in doubtful {
                draft.network.interfaces[index].mayWear(
                    worn.isLost ? nil : worn.sure + worn.maybe, by: word)
            }
            if known.isEmpty, doubtful.isEmpty {
                for id in targets.foreign {
                    let name = Excerpt.of(id)
                    let known = draft.network.interfaces.firstIndex { $0.name == name }
                    guard known == nil else {
                        draft.network.interfaces[known ?? 0].groups += worn.sure
                        continue
                    }
                    var interface = Interface(name: Excerpt.of(id), place: fields.place.place)
                    interface.groups = worn.sure
                    draft.network.interfaces.append(interface)
                }
            }
        }
    }
}
