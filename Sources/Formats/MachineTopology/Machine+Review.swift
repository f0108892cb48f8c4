package import Findings
internal import Packets
internal import Ruleset

extension Machine {
    /// What is of no use in the rules, what they let through that nobody asked for, and what in
    /// them has no model; beside what reading them found.
    package func review() -> [Finding] {
        let hooks = hooks()
        return Worth(self).findings() + broad(hooks) + policies() + unmodelled(hooks)
            + early() + unused(hooks)
    }

    /// `3 chains, 20 rules, 2 interfaces`.
    package var summary: String {
        let rules = ruleset.chains.reduce(0) { $0 + Set($1.rules.map(\.place)).count }
        func counted(_ count: Int, _ noun: String) -> String {
            "\(count) \(noun)\(count == 1 ? "" : "s")"
        }
        return "\(counted(ruleset.chains.count, "chain")), \(counted(rules, "rule")), "
            + counted(ruleset.interfaces.count, "interface")
    }

    private func spaces() -> [AddressSpace] {
        (families.contains(.v4) ? [.v4] : []) + (families.contains(.v6) ? [.v6(atoms())] : [])
    }

    /// Numbers of the IPv6 addresses that rules name.
    func atoms() -> AddressAtoms {
        AddressAtoms(
            ruleset.chains.flatMap(\.rules).flatMap { $0.match.clauses + $0.match.except }
                .filter { $0.families.contains(.v6) }
                .flatMap { ($0.values[.source] ?? []) + ($0.values[.destination] ?? []) })
    }

    // MARK: What has no model, and what nobody calls

    private func unmodelled(_ hooks: [Set<Hook>]) -> [Finding] {
        var found: [String: (chain: Int, place: Place, count: Int)] = [:]
        for (index, chain) in ruleset.chains.enumerated() where !hooks[index].isEmpty {
            for rule in chain.rules {
                for word in rule.match.unmodelled {
                    found[word, default: (index, rule.place, 0)].count += 1
                }
            }
        }
        return found.sorted { ($0.value.chain, $0.value.place) < ($1.value.chain, $1.value.place) }
            .prefix(Limits.findings).map { word, first in
                let more = first.count > 1 ? ", in \(first.count) rules" : ""
                return Finding(
                    .warning, "not-modelled", at: first.place,
                    "`\(Excerpt.of(word, limit: 80))` is not modelled\(more)",
                    remedy: "read answers that name it as bounds: it may hold or not",
                    file: file(first.chain))
            }
    }

    /// Rules that ask for the state of a connection where none has been looked up.
    private func early() -> [Finding] {
        var found: Set<Asking> = []
        for (index, chain) in ruleset.chains.enumerated() {
            guard let base = chain.base, base.isEarly else { continue }
            for called in ruleset.called(by: index) {
                for rule in ruleset.chains[called].rules where rule.asksForState {
                    found.insert(Asking(chain: called, place: rule.place))
                }
            }
        }
        return found.sorted { ($0.chain, $0.place) < ($1.chain, $1.place) }
            .prefix(Limits.findings).map { asking in
                Finding(
                    .warning, "early-state", at: asking.place,
                    "asks for a connection's state before connections are looked up: every packet "
                        + "is invalid here",
                    remedy: "ask behind priority \(Base.trackingPlace)",
                    file: file(asking.chain))
            }
    }

    private struct Asking: Hashable {
        let chain: Int
        let place: Place
    }

    private func unused(_ hooks: [Set<Hook>]) -> [Finding] {
        ruleset.chains.indices.filter { hooks[$0].isEmpty && !ruleset.chains[$0].rules.isEmpty }
            .prefix(Limits.findings).map { index in
                Finding(
                    .note, "unused-chain", at: ruleset.chains[index].place,
                    "no packet comes to chain \(Excerpt.of(title(index)))",
                    remedy: "call it, or remove it", file: file(index))
            }
    }

    // MARK: Policies

    /// Hooks whose chains let pass what no rule decides, and families that meet no rule at all.
    private func policies() -> [Finding] {
        var found: [Finding] = []
        for hook in [Hook.input, .forward, .output] {
            let bases = ruleset.bases(at: hook).filter { ruleset.chains[$0].base?.kind != .nat }
            for space in spaces() {
                let family = space.family
                let own = bases.filter { ruleset.chains[$0].families.contains(family) }
                if own.isEmpty {
                    guard hook == .input else { continue }
                    let word = family == .v4 ? "IPv4" : "IPv6"
                    found.append(
                        Finding(
                            bases.isEmpty ? .error : .warning, "unfiltered-family", at: nil,
                            "no chain looks at what comes to the machine by \(word)",
                            remedy: "write rules for it, or use a table of the family inet"))
                    continue
                }
                guard !own.contains(where: { isClosed($0, hook, space) }),
                    let last = own.min(by: { distance($0) < distance($1) }),
                    !found.contains(where: { $0.place == ruleset.chains[last].place })
                else { continue }
                found.append(accepting(hook, last))
            }
        }
        return found
    }

    private func distance(_ base: Int) -> Int32 {
        (ruleset.chains[base].base?.priority.magnitude).map(Int32.init(clamping:)) ?? .max
    }

    private func accepting(_ hook: Hook, _ base: Int) -> Finding {
        let what =
            switch hook {
            case .input: "comes to the machine"
            case .forward: "the machine forwards"
            default: "the machine sends"
            }
        return Finding(
            hook == .input ? .error : hook == .forward ? .warning : .note, "accept-policy",
            at: ruleset.chains[base].place,
            "\(Excerpt.of(title(base))) accepts whatever \(what) and no rule decides",
            remedy: "set the policy to drop, and accept what is meant", file: file(base))
    }

    /// Whether every new connection is decided by a rule, or refused behind all of them.
    private func isClosed(_ base: Int, _ hook: Hook, _ space: AddressSpace) -> Bool {
        if ruleset.chains[base].base?.accepts == false { return true }
        guard let written = try? Unfolding(ruleset, space).written(of: base) else { return false }
        var question = Box.received.in(.new)
        if hook == .output { question = Box.sent.in(.new) }
        return written.list.decides(all: question)
    }

    // MARK: Too much

    /// Rules that accept new connections from any source to any port.
    private func broad(_ hooks: [Set<Hook>]) -> [Finding] {
        var found: [Finding] = []
        var told: Set<[Int]> = []
        for space in spaces() {
            let unfolding = Unfolding(ruleset, space)
            for hook in [Hook.input, .forward] {
                for base in ruleset.bases(at: hook) where ruleset.chains[base].base?.kind != .nat {
                    guard let rules = try? unfolding.rules(of: base).may else { continue }
                    for (index, box) in rules.boxes.enumerated()
                    where rules.decisions[index] == .allow && box.isBroad {
                        guard let place = unfolding.rule(of: rules.owners[index]),
                            let link = openLink(rules, index, hook)
                        else { continue }
                        let rule = ruleset.chains[place.chain].rules[place.rule]
                        guard case .accept = rule.action, rule.match.unmodelled.isEmpty,
                            told.insert([place.chain, rule.place.line, rule.place.column]).inserted
                        else { continue }
                        found.append(broad(rule, place.chain, hook, link))
                    }
                }
            }
        }
        return Array(found.prefix(Limits.findings))
    }

    /// The interface by which packets that no rule is made for come to a rule; 0 for none that is
    /// named, nil where the rule decides none of them.
    private func openLink(_ rules: RuleList, _ index: Int, _ hook: Hook) -> UInt32? {
        let names = ruleset.interfaces
        let other = UInt32(truncatingIfNeeded: names.count + 1)
        let named = names.indices.filter { names[$0] != "lo" }
            .map { UInt32(truncatingIfNeeded: $0 + 1) }
        let departures = hook == .input ? [0] : [other] + named.prefix(Limits.interfaces)
        for arrival in [other] + named.prefix(Limits.interfaces) {
            for departure in departures {
                let isOpen = [6 as UInt32, 17].contains { transport in
                    Self.strays.allSatisfy { stray in
                        var packet = stray
                        packet[.protocolNumber] = transport
                        packet[.arrival] = arrival
                        packet[.departure] = departure
                        return rules.deciding(packet) == index
                    }
                }
                if isOpen { return arrival == other ? 0 : arrival }
            }
        }
        return nil
    }

    /// New connections that no rule has in mind: far apart, to ports of nothing.
    private static let strays: [Packet] = {
        var found: [Packet] = []
        for (source, port) in [
            (UInt32(0xCB00_714D), UInt32(31_337)), (0x0808_0404, 1), (0x5DB8_D822, 49_151),
        ] {
            var packet = Packet()
            packet[.source] = source
            packet[.destination] = 0xC633_6407
            packet[.sourcePort] = 40_000
            packet[.destinationPort] = port
            found.append(packet)
        }
        return found
    }()

    private func broad(_ rule: Rule, _ chain: Int, _ hook: Hook, _ link: UInt32) -> Finding {
        let end = hook == .input ? "to any port of the machine" : "through the machine to any port"
        if link == 0 {
            return Finding(
                .error, "any-source-any-port", at: rule.place,
                "accepts new connections from any source \(end)",
                remedy: "name the sources, the ports, or both", file: file(chain))
        }
        let name = Excerpt.of(ruleset.interfaces[Int(link) - 1])
        return Finding(
            hook == .input ? .warning : .note, "whole-interface", at: rule.place,
            "accepts new connections from any source behind \(name) \(end)",
            remedy: "name the ports that are meant", file: file(chain))
    }
}

extension Box {
    /// From any source and to any port, for a transport that has ports.
    fileprivate var isBroad: Bool {
        self[.source] == 0...Field.source.last && self[.destinationPort] == 0...65_535
            && self[.sourcePort] == 0...65_535 && self[.state].lowerBound == 0
            && [6, 17].contains(where: self[.protocolNumber].contains)
    }
}
