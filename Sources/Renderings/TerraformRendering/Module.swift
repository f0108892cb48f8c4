internal import Addresses
internal import Notation
internal import Permits
internal import Platform

/// A module of Terraform for one platform.
struct Module {
    private let permits: Permits
    private var groups: [JSON.Member] = []
    private var ingress: [JSON.Member] = []
    private var egress: [JSON.Member] = []
    /// The most rules of one direction by group, and entries by ACL, in their order.
    private(set) var groupRules: [(String, Int)] = []
    private(set) var listEntries: [(String, Int)] = []
    private let lists: AccessLists

    init(_ permits: Permits) {
        self.permits = permits
        lists = AccessLists(permits)
        var counts: [String: [Int]] = [:]
        var seen: Set<String> = []
        for seat in permits.seats where seen.insert(seat.service).inserted {
            groups.append(JSON.Member(seat.service, group(seat)))
            counts[seat.service] = [0, 0]
        }
        seen = []
        for permit in permits.permits {
            let to = permits.seats[permit.to].service
            for rule in rules(permit) where seen.insert(rule.name).inserted {
                ingress.append(JSON.Member(rule.name, rule.ingress))
                counts[to]?[0] += 1
                if let leaving = rule.egress, case .seat(let from) = permit.from {
                    egress.append(JSON.Member(rule.name, leaving))
                    counts[permits.seats[from].service]?[1] += 1
                }
            }
        }
        groupRules = groups.map { ($0.name, counts[$0.name]?.max() ?? 0) }
        listEntries = lists.counts
    }

    private func group(_ seat: Permits.Seat) -> JSON {
        let words =
            "\(seat.service) in zone \(permits.zones[seat.zone].name) of "
            + "\(permits.platform.name): only what its rules name"
        return [
            "name": .text("\(permits.platform.name)-\(seat.service)"),
            "description": .text(Inscription.cloud(words)), "vpc_id": "${var.vpc_id}",
            "tags": [
                "bulkhead": .text(permits.platform.name),
                "zone": .text(permits.zones[seat.zone].name),
            ],
        ]
    }

    private struct RulePair {
        let name: String
        let ingress: JSON
        let egress: JSON?
    }

    private func rules(_ permit: Permits.Permit) -> [RulePair] {
        let to = permits.seats[permit.to].service
        let port = permit.port
        let reason = permits.reasons[permit.reason]
        let words = Inscription.cloud(
            "\(permits.file) line \(reason.id): \(reason.ends): \(reason.flow.because)")
        func rule(_ group: String, _ peer: String, _ value: String) -> JSON {
            [
                "security_group_id": .text("${aws_security_group.\(group).id}"),
                "description": .text(words), "ip_protocol": .text(port.transport.name),
                "from_port": .count(port.number), "to_port": .count(port.number),
                peer: .text(value),
            ]
        }
        let door = "\(to)_\(port.transport.name)_\(port.number)_from_"
        switch permit.from {
        case .seat(let seat):
            let from = permits.seats[seat].service
            let peer = "referenced_security_group_id"
            return [
                RulePair(
                    name: door + from,
                    ingress: rule(to, peer, "${aws_security_group.\(from).id}"),
                    egress: rule(from, peer, "${aws_security_group.\(to).id}"))
            ]
        case .internet:
            return [
                RulePair(
                    name: door + "internet", ingress: rule(to, "cidr_ipv4", "0.0.0.0/0"),
                    egress: nil)
            ]
        case .office:
            return permits.platform.office.map { network in
                let name = network.description.replacing(".", with: "-").replacing("/", with: "_")
                return RulePair(
                    name: door + "office_" + name, ingress: rule(to, "cidr_ipv4", "\(network)"),
                    egress: nil)
            }
        }
    }

    var document: JSON {
        var resources: [JSON.Member] = [JSON.Member("aws_security_group", .object(groups))]
        if !ingress.isEmpty {
            resources.append(
                JSON.Member("aws_vpc_security_group_ingress_rule", .object(ingress)))
        }
        if !egress.isEmpty {
            resources.append(JSON.Member("aws_vpc_security_group_egress_rule", .object(egress)))
        }
        resources += lists.resources
        return [
            "//": .text("Rendered by bulkhead from \(permits.file)"),
            "terraform": [
                "required_version": ">= 1.3",
                "required_providers": ["aws": ["source": "hashicorp/aws", "version": ">= 5.0"]],
            ],
            "variable": [
                "vpc_id": ["type": "string", "description": "The network of all zones"],
                "subnet_ids": [
                    "type": "map(list(string))",
                    "description": "The subnets of each zone, by its name",
                ],
            ],
            "resource": .object(resources),
            "output": [
                "security_group_ids": [
                    "value": .object(
                        groups.map {
                            JSON.Member($0.name, .text("${aws_security_group.\($0.name).id}"))
                        })
                ]
            ],
        ]
    }
}
