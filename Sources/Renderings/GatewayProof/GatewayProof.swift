internal import Addresses
internal import Difference
package import Findings
internal import Packets
package import Permits
package import Ruleset

/// The comparison of a gateway's rules with the plan.
package enum GatewayProof {
    /// What is proved of rules that were read back; a failure names a packet that is decided
    /// otherwise than the plan says.
    package static func check(
        _ rules: Ruleset, _ families: [Families], _ permits: Permits, _ outline: Outline,
        _ gateway: Gateway
    ) throws(Failure) -> [String] {
        if let finding = rules.findings.first {
            throw Rendering.unproved("it is not read back whole: \(finding.problem)")
        }
        let expected = Expected(permits: permits, outline: outline, gateway: gateway)
        var proof: [String] = []
        for hook in Hook.allCases {
            let bases = rules.bases(at: hook)
            guard expected.hooks.contains(hook) else {
                guard bases.isEmpty else {
                    throw Rendering.unproved("there is a chain at \(hook.name)")
                }
                continue
            }
            // iptables lists every chain of a table, also those in which nothing is written.
            let deciding = bases.filter { !isIdle(rules.chains[$0]) }
            guard deciding.count == 1, let first = deciding.first,
                rules.chains[first].base?.kind == .filter
            else { throw Rendering.unproved("\(hook.name) has \(bases.count) chains, not one") }
            for family in families {
                let wanted = expected.list(hook, family)
                let rules = try unfolded(rules, first, family)
                for list in [rules.may, rules.must] { try compare(wanted, list, hook, family) }
                if hook == .forward, family == .v4 {
                    proof.append(
                        "forward: \(counted(rules.may.count)) decide every packet of every state "
                            + "as \(outline.wanted.count) flows and their replies do")
                }
            }
        }
        let rest = expected.hooks.filter { $0 != .forward }.map(\.name).joined(separator: ", ")
        proof.append("\(rest): every packet is decided as the plan says")
        if families.contains(.v6) { proof.append("IPv6: nothing passes") }
        return proof
    }

    /// Whether a base chain lets every packet go on.
    private static func isIdle(_ chain: Chain) -> Bool {
        guard let base = chain.base else { return false }
        return base.kind == .filter && base.accepts && chain.rules.isEmpty
    }

    private static func counted(_ count: Int) -> String { "\(count) box\(count == 1 ? "" : "es")" }

    private static func unfolded(
        _ rules: Ruleset, _ base: Int, _ family: Families
    ) throws(Failure) -> BoundedRules {
        let list: BoundedRules
        do throws(UnfoldingError) {
            let space: AddressSpace =
                family == .v4 ? .v4 : .v6(AddressAtoms(rules.addresses(.v6)))
            list = try Unfolding(rules, space).rules(of: base)
        } catch {
            throw Rendering.unproved("its chains cannot be laid out: \(error)")
        }
        if let word = list.unmodelled.first {
            throw Rendering.unproved("it asks what is not modelled: \(word)")
        }
        return list
    }

    private static func compare(
        _ wanted: RuleList, _ list: RuleList, _ hook: Hook, _ family: Families
    ) throws(Failure) {
        let difference: Difference
        do throws(PacketSet.TooLarge) {
            difference = try Difference(from: wanted.inOrder, to: list.inOrder)
        } catch {
            throw Rendering.unproved("\(hook.name) differs in more packets than can be counted")
        }
        if let packet = difference.opened.first?.packets.boxes.first?.first {
            throw Rendering.unproved("\(hook.name) lets pass \(words(packet, family))")
        }
        if let packet = difference.closed.first?.packets.boxes.first?.first {
            throw Rendering.unproved("\(hook.name) refuses \(words(packet, family))")
        }
    }

    /// A packet for people.
    private static func words(_ packet: Packet, _ family: Families) -> String {
        let ends =
            family == .v4
            ? "\(Address(packet[.source])) > \(Address(packet[.destination]))" : "IPv6"
        let state = ConnectionState(rawValue: packet[.state])?.name ?? ""
        return "\(ends), protocol \(packet[.protocolNumber]), port \(packet[.destinationPort]), "
            + "\(state), by interface \(packet[.arrival])"
    }
}

extension RuleList {
    /// The same list where neighbours that decide alike stand in one order, and the last do not
    /// repeat what happens anyhow: who wrote it otherwise is not asked about every packet again.
    fileprivate var inOrder: RuleList {
        guard !hasSkips else { return self }
        var list = RuleList(otherwise: otherwise)
        var start = 0
        var length = count
        while length > 0, (decisions[length - 1] == .allow) == otherwise { length -= 1 }
        while start < length {
            var end = start + 1
            while end < length, decisions[end] == decisions[start] { end += 1 }
            let run = (start..<end).sorted { boxes[$0].isBefore(boxes[$1]) }
            for index in run {
                list.append(boxes[index], allow: decisions[index] == .allow, owner: owners[index])
            }
            start = end
        }
        return list
    }
}

extension Box {
    fileprivate func isBefore(_ other: Box) -> Bool {
        for field in Field.allCases where self[field] != other[field] {
            let (own, others) = (self[field], other[field])
            return (own.lowerBound, own.upperBound) < (others.lowerBound, others.upperBound)
        }
        return false
    }
}
