internal import Packets
internal import Topology

/// Makes gates of rules.
struct GateMaker {
    var ends: EndTable
    let atoms: AddressAtoms
    private(set) var boxes = 0

    init(_ ends: EndTable, _ atoms: AddressAtoms) {
        self.ends = ends
        self.atoms = atoms
    }

    private struct Draft {
        var may = RuleList(otherwise: false)
        var must = RuleList(otherwise: false)

        mutating func append(_ box: Box, allow: Bool, owner: UInt32, sure: Bool) {
            if sure || allow { may.append(box, allow: allow, owner: owner) }
            if sure || !allow { must.append(box, allow: allow, owner: owner) }
        }
    }

    /// A gate of rules in order; `tracks` lets replies of what passed the other way pass.
    mutating func gate(
        _ name: String, _ rules: [AccessRule], isEgress: Bool, tracks: Bool, unknowns: [String],
        inside: Ends? = nil
    ) -> Gate {
        var v4 = Draft()
        var v6 = Draft()
        var labels: [RuleLabel] = []
        var words = Set(unknowns)
        if tracks {
            labels.append(RuleLabel("\(name): replies"))
            let replies = Box.everything.with(
                .state, ConnectionState.established.rawValue...ConnectionState.related.rawValue)
            v4.append(replies, allow: true, owner: 0, sure: true)
            v6.append(replies, allow: true, owner: 0, sure: true)
        }
        if !unknowns.isEmpty {
            labels.append(RuleLabel("\(name): not known"))
            let owner = UInt32(labels.count - 1)
            v4.append(.everything, allow: true, owner: owner, sure: false)
            v6.append(.everything, allow: true, owner: owner, sure: false)
        }
        if let inside {
            labels.append(RuleLabel("\(name): nothing filters inside a subnet"))
            words.formUnion(inside.words)
            append(
                inside, .everything, isEgress ? .destination : .source, allow: true,
                owner: UInt32(labels.count - 1), sure: true, &v4, &v6)
        }
        for rule in rules where rule.isEgress == isEgress {
            let owner = UInt32(labels.count)
            labels.append(rule.label)
            words.formUnion(rule.unknowns)
            append(rule, owner, &v4, &v6, &words)
        }
        let list = words.sorted()
        boxes += v4.may.count + v4.must.count + v6.may.count + v6.must.count
        return Gate(
            name: name, v4: BoundedRules(may: v4.may, must: v4.must, unmodelled: list),
            v6: BoundedRules(may: v6.may, must: v6.must, unmodelled: list), labels: labels)
    }

    private mutating func append(
        _ rule: AccessRule, _ owner: UInt32, _ v4: inout Draft, _ v6: inout Draft,
        _ words: inout Set<String>
    ) {
        var all = Ends()
        for peer in rule.peers { all.add(ends.ends(peer)) }
        all.merge()
        words.formUnion(all.words)
        let field: Field = rule.isEgress ? .destination : .source
        let box = rule.traffic.box
        let isSure = rule.unknowns.isEmpty
        let protocols = rule.traffic.protocols
        // Each family has its own ICMP.
        if protocols != 58...58 {
            for (ranges, sure) in [(all.v4, isSure), (all.maybe4, false)] {
                for range in ranges {
                    v4.append(
                        box.with(field, range), allow: rule.isAllow, owner: owner, sure: sure)
                }
            }
        }
        guard protocols != 1...1 else { return }
        for (ranges, sure) in [(all.v6, isSure), (all.maybe6, false)] {
            for range in ranges.compactMap(atoms.atoms) {
                v6.append(box.with(field, range), allow: rule.isAllow, owner: owner, sure: sure)
            }
        }
    }

    /// Lets pass what goes from one public address of the network to another.
    mutating func faces(_ addresses: [ClosedRange<UInt32>], isEgress: Bool) -> Gate {
        var v4 = RuleList(otherwise: false)
        for range in addresses {
            let box = Box.everything.with(isEgress ? .destination : .source, range)
            v4.append(box, allow: true, owner: 0)
        }
        boxes += 2 * v4.count
        let none = RuleList(otherwise: false)
        return Gate(
            name: "public addresses", v4: BoundedRules(may: v4, must: v4, unmodelled: []),
            v6: BoundedRules(may: none, must: none, unmodelled: []),
            labels: [RuleLabel("public addresses of the network itself")])
    }

    /// Packets from or to somebody; those whom it only may be are never sure.
    private func append(
        _ ends: Ends, _ box: Box, _ field: Field, allow: Bool, owner: UInt32, sure: Bool,
        _ v4: inout Draft, _ v6: inout Draft
    ) {
        for (ranges, sure) in [(ends.v4, sure), (ends.maybe4, false)] {
            for range in ranges {
                v4.append(box.with(field, range), allow: allow, owner: owner, sure: sure)
            }
        }
        for (ranges, sure) in [(ends.v6, sure), (ends.maybe6, false)] {
            for range in ranges.compactMap(atoms.atoms) {
                v6.append(box.with(field, range), allow: allow, owner: owner, sure: sure)
            }
        }
    }

    /// Lets everything leave, what goes to machines of other networks not for sure.
    mutating func others(than own: String) -> Gate {
        var v4 = Draft()
        var v6 = Draft()
        append(
            ends.others(than: own), .everything, .destination, allow: false, owner: 0, sure: false,
            &v4, &v6)
        v4.append(.everything, allow: true, owner: 1, sure: true)
        v6.append(.everything, allow: true, owner: 1, sure: true)
        let words = ["whether there is a way between networks"]
        boxes += v4.must.count + v6.must.count + 2
        return Gate(
            name: "ways out of \(own)",
            v4: BoundedRules(may: v4.may, must: v4.must, unmodelled: words),
            v6: BoundedRules(may: v6.may, must: v6.must, unmodelled: words),
            labels: [RuleLabel("machines of other networks"), RuleLabel("everybody else")])
    }

    /// What a subnet's route table lets leave, the longest prefix first.
    mutating func routes(_ table: RouteTable, hasPublicAddress: Bool?) -> Gate {
        var routes = table.routes.map { (route: $0, ends: ends.ends($0.destination)) }
        routes.sort { $0.ends.size < $1.ends.size }
        var v4 = Draft()
        var v6 = Draft()
        var words: Set<String> = []
        let new = ConnectionState.new.rawValue
        for (index, (route, ends)) in routes.enumerated() {
            words.formUnion(ends.words)
            let owner = UInt32(index)
            let isLost = route.target == .blackhole
            let start = Box.everything.with(
                .state, route.target == .outward ? new...new : 0...Field.state.last)
            var sure4 = true
            var allow4 = !isLost
            if route.target == .gateway {
                sure4 = hasPublicAddress != nil
                allow4 = hasPublicAddress ?? true
                if !sure4 { words.insert("whether there is a public address") }
            }
            if route.target == .gateway || route.target == .outward {
                // The internet has no private addresses; a gateway may know a way all the same.
                let hidden = ends.hidden()
                append(
                    hidden, start, .destination, allow: false, owner: owner, sure: false, &v4, &v6)
                if !hidden.v4.isEmpty || !hidden.v6.isEmpty {
                    words.insert("whether private addresses are behind a gateway")
                }
            }
            for (ranges, sure) in [(ends.v4, sure4), (ends.maybe4, false)] {
                for range in ranges {
                    v4.append(
                        start.with(.destination, range), allow: allow4, owner: owner, sure: sure)
                    guard route.target == .outward else { continue }
                    // Replies find no other way than this one, and it has none for them.
                    v4.append(
                        Box.everything.with(.destination, range), allow: false, owner: owner,
                        sure: sure)
                }
            }
            for (ranges, sure) in [(ends.v6, true), (ends.maybe6, false)] {
                for range in ranges.compactMap(atoms.atoms) {
                    v6.append(
                        start.with(.destination, range), allow: !isLost, owner: owner, sure: sure)
                    guard route.target == .outward else { continue }
                    v6.append(
                        Box.everything.with(.destination, range), allow: false, owner: owner,
                        sure: sure)
                }
            }
        }
        let list = words.sorted()
        boxes += v4.may.count + v4.must.count + v6.may.count + v6.must.count
        return Gate(
            name: table.name, v4: BoundedRules(may: v4.may, must: v4.must, unmodelled: list),
            v6: BoundedRules(may: v6.may, must: v6.must, unmodelled: list),
            labels: routes.map { RuleLabel("\(table.name): route by \($0.route.target)") })
    }
}

extension Ends {
    /// Grows with shorter prefixes.
    fileprivate var size: Double {
        let four = (v4 + maybe4).reduce(0.0) { $0 + Double($1.upperBound - $1.lowerBound) }
        return (v6 + maybe6).reduce(four) { $0 + Double($1.upperBound - $1.lowerBound) }
    }
}
