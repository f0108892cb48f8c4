internal import Addresses
internal import Findings
internal import Packets
internal import Ruleset
package import Topology

extension Machine {
    /// The name of the machine's own endpoint, and of everybody whom no interface or address names.
    package static let ownName = "machine"
    package static let outsideName = "outside"

    /// The machine and everybody around it; with nothing but findings when that is too large.
    package func topology() -> Topology {
        var topology = Topology()
        topology.findings = ruleset.findings
        let (parties, left) = parties()
        topology.atoms = AddressAtoms(intervals(parties))
        do throws(UnfoldingError) {
            topology.transit = []
            topology.gates = try GateMaker(self, topology.atoms).gates()
            topology.transit = Array(topology.gates.indices)
        } catch {
            topology.gates = []
            topology.findings.append(Self.finding(error))
            return topology
        }
        let links = Links(self, topology.gates, topology.atoms)
        let boxes = topology.gates.reduce(1) { $0 + $1.v4.may.count + $1.v6.may.count }
        // Each pair costs a look at every box.
        let limit = min(Limits.endpoints, Int((Double(Limits.looks) / Double(boxes)).squareRoot()))
        let (endpoints, lost) = endpoints(parties, links, limit)
        topology.endpoints = endpoints
        if left + lost > 0 {
            topology.findings.append(
                Finding(
                    .note, "many-addresses", at: nil,
                    "\(left + lost) more addresses are no endpoints: they count among everybody else",
                    remedy: "give them a named set, or read the addresses in the answers"))
        }
        return topology
    }

    static func finding(_ error: UnfoldingError) -> Finding {
        switch error {
        case .tooDeep(let chain, let place):
            Finding(
                .error, "endless-calls", at: place,
                "chain \(Excerpt.of(chain)) calls others in a circle or too deep",
                remedy: "break the circle")
        case .tooLarge(let chain, let place), .cutAtom(let chain, let place):
            Finding(
                .error, "too-large", at: place,
                "chain \(Excerpt.of(chain)) stands for more than \(Ruleset.rulesMax) boxes",
                remedy: "use sets of addresses and ports in place of products")
        }
    }

    /// Endpoints, and the number of parties for which there is no room.
    private func endpoints(
        _ parties: [Party], _ links: Links, _ limit: Int
    ) -> (endpoints: [Endpoint], lost: Int) {
        var found: [Endpoint] = []
        var lost = 0
        // Everybody behind an interface but the parties that are endpoints there.
        var taken: [String: [Party]] = [:]
        for party in parties {
            let kinds = links.kinds(party)
            guard found.count + kinds.count <= limit else {
                lost += 1
                continue
            }
            for kind in kinds {
                let shown = kind.names.prefix(4).joined(separator: ",")
                let more = kind.names.count > 4 ? ",..." : ""
                let isAlone = kinds.count == 1 && kind.names.count == links.interfaces.count
                let name = isAlone ? party.name : "\(party.name)[\(shown)\(more)]"
                found.append(endpoint(name, party, kind.link))
                for name in kind.names { taken[name, default: []].append(party) }
            }
        }
        let machine = Party(name: "", v4: [0...Self.last4], v6: [0 ... .max])
        var around: [Endpoint] = []
        for (link, name) in links.interfaces.dropLast().prefix(Limits.interfaces) {
            around.append(endpoint(name, everybody(without: taken[name] ?? []), link))
        }
        let others = everybody(without: taken[links.interfaces.last?.name ?? ""] ?? [])
        let all =
            [endpoint(Self.ownName, machine, 0)] + around + found
            + [endpoint(Self.outsideName, others, links.other, .outside)]
        return (all, lost)
    }

    private func everybody(without parties: [Party]) -> Party {
        Party(
            name: "", v4: Rest.of(0...Self.last4, without: parties.flatMap(\.v4) + [Self.own4]),
            v6: Rest.of(0 ... .max, without: parties.flatMap(\.v6) + [Self.own6]))
    }

    private func endpoint(
        _ name: String, _ party: Party, _ link: UInt32, _ kind: Endpoint.Kind = .workload
    ) -> Endpoint {
        let short = families.contains(.v4) ? party.v4 : []
        let v4 = short.compactMap { Families.v4.values($0, AddressAtoms([])) }
        let v6 = families.contains(.v6) ? party.v6 : []
        // The machine is one, whatever its addresses; of others each address is a machine.
        let isGroup = link != 0 && (v4.isSeveral() || v6.isSeveral())
        return Endpoint(kind, name: name, v4: v4, v6: v6, isGroup: isGroup, link: link)
    }

    /// Everything that cuts the space of IPv6 addresses.
    private func intervals(_ parties: [Party]) -> [ClosedRange<UInt128>] {
        var found: [ClosedRange<UInt128>] = parties.flatMap(\.v6) + [Self.own6]
        for rule in ruleset.chains.flatMap(\.rules) {
            for clause in rule.match.clauses + rule.match.except
            where clause.families.contains(.v6) {
                found += clause.values[.source] ?? []
                found += clause.values[.destination] ?? []
            }
            if case .rewrite(let rewrite) = rule.action, let address = rewrite.address {
                found.append(address)
            }
            if case .alter(let own) = rule.action, own.families == .v6, let value = own.value {
                found.append(value)
            }
        }
        for own in ruleset.barriers.flatMap(\.alterations) where own.families == .v6 {
            if let value = own.value { found.append(value) }
        }
        return found
    }
}

extension Array {
    /// Whether intervals hold more than one value.
    fileprivate func isSeveral<Value>() -> Bool where Element == ClosedRange<Value> {
        count > 1 || contains { $0.lowerBound < $0.upperBound }
    }
}
