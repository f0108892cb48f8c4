package import Findings

internal import Topology

extension CloudNetwork {
    /// What is open that a firm with little to lose would keep shut, what nobody knows, and what is
    /// of no use; in the order of groups and rules.
    package func review() -> [Finding] {
        var found: [Finding] = []
        var told: Set<String> = []
        for group in groups {
            for word in group.unknowns where told.insert(word).inserted {
                found.append(Self.unknown(word, group.place, ""))
            }
            for rule in group.rules {
                if !rule.isEgress { found += exposed(rule, group) }
                for word in rule.unknowns + rule.peers.compactMap(\.unknown)
                where told.insert(word).inserted {
                    found.append(Self.unknown(word, rule.label.place, rule.label.file))
                }
            }
        }
        for interface in interfaces {
            let words = interface.unknownGroups + [interface.unknownSubnet].compactMap { $0 }
            for word in words where told.insert(word).inserted {
                found.append(Self.unknown(word, interface.place, ""))
            }
        }
        for word in subnets.flatMap(\.unknowns) where told.insert(word).inserted {
            found.append(Self.unknown(word, nil, ""))
        }
        for list in accessLists {
            let words =
                list.unknowns
                + list.entries.flatMap { $0.rule.unknowns + $0.rule.peers.compactMap(\.unknown) }
            for word in words where told.insert(word).inserted {
                found.append(Self.unknown(word, list.place, ""))
            }
        }
        return found + strangers() + idle()
    }

    private static func unknown(_ word: String, _ place: Place?, _ file: String) -> Finding {
        Finding(
            .error, "unknown-value", at: place,
            "\(word) is not known: it may be anything",
            remedy: "write a value that the plan can know, or check again once it is applied",
            file: file)
    }

    /// Ports of databases and their caches, by the numbers that they are registered with.
    private static let databases: [UInt32] = [
        1433, 1521, 3306, 5432, 5439, 6379, 9042, 11_211, 27_017,
    ]

    private func exposed(_ rule: AccessRule, _ group: SecurityGroup) -> [Finding] {
        var found: [Finding] = []
        var isWide = false
        var isNetwork = false
        for peer in rule.peers where peer.unknown == nil {
            let spans = spans(peer.kind)
            isWide = isWide || spans.contains(where: \.isWorld)
            isNetwork = isNetwork || spans.contains { !$0.isOne }
        }
        let traffic = rule.traffic
        func add(_ severity: Severity, _ code: String, _ problem: String, _ remedy: String) {
            found.append(
                Finding(
                    severity, code, at: rule.label.place,
                    "\(group.name): \(problem) (\(rule.label.name))", remedy: remedy,
                    file: rule.label.file))
        }
        if isWide {
            let isWeb = [443, 80].contains { traffic.ports == $0...$0 }
            let isMessage = traffic.protocols == 1...1 || traffic.protocols == 58...58
            guard !(isWeb && [6, 17].contains { traffic.protocols == $0...$0 }) else { return [] }
            add(
                isMessage ? .warning : .error, "open-to-world",
                "\(traffic.words) is open to the whole internet",
                "open 443 alone, and name who may reach the rest")
        } else if isNetwork {
            if traffic.holds(6, 22) {
                add(
                    .error, "ssh-from-network", "SSH is open to whole networks",
                    "name the bastion's group as the source")
            }
            if Self.databases.contains(where: { traffic.holds(6, $0) }) {
                add(
                    .error, "database-from-network", "a database's port is open to whole networks",
                    "name the groups of the services that need it as sources")
            }
        }
        return found
    }

    private func spans(_ kind: Peer.Kind) -> [Span] {
        switch kind {
        case .span(let span): [span]
        case .prefixList(let index): prefixLists[index].spans
        case .group: []
        case .everybody: [.everyV4]
        }
    }

    /// Groups that somebody wears and whose rules are not in the input.
    private func strangers() -> [Finding] {
        var told: Set<Int> = []
        return interfaces.flatMap { interface in
            interface.groups.filter { !groups[$0].isGiven && told.insert($0).inserted }.map {
                Finding(
                    .warning, "group-not-given", at: interface.place,
                    "\(interface.name) wears \(groups[$0].name), whose rules are not in the input",
                    remedy: "give that group too; until then it may let anything pass")
            }
        }
    }

    /// Groups that nobody wears and no rule names, where interfaces are told at all.
    private func idle() -> [Finding] {
        guard !interfaces.isEmpty else { return [] }
        var used = Set(interfaces.flatMap { $0.groups + $0.mayWear })
        for (index, group) in groups.enumerated() {
            for peer in group.rules.flatMap(\.peers) {
                if case .group(let other) = peer.kind, other != index { used.insert(other) }
            }
        }
        guard !interfaces.contains(where: { !$0.unknownGroups.isEmpty && $0.mayWear.isEmpty })
        else {
            return []
        }
        return groups.enumerated().compactMap { index, group in
            guard group.isGiven, !used.contains(index) else { return nil }
            return Finding(
                .warning, "unused-group", at: group.place,
                "\(group.name) is worn by nothing here and named by no rule",
                remedy: "remove it, or attach it", file: group.file)
        }
    }
}

extension Span {
    /// A prefix of seven bits or fewer: no one network is as wide, but all private ones of IPv6 are.
    fileprivate var isWorld: Bool {
        switch self {
        case .v4(let range): range.upperBound - range.lowerBound >= (1 << 25) - 1
        case .v6(let range):
            range.upperBound - range.lowerBound >= (1 << 121) - 1
                && !(range.lowerBound >> 121 == 0xFC >> 1 && range.upperBound >> 121 == 0xFC >> 1)
        }
    }

    fileprivate var isOne: Bool {
        switch self {
        case .v4(let range): range.lowerBound == range.upperBound
        case .v6(let range): range.lowerBound == range.upperBound
        }
    }
}
