internal import Packets
internal import Ruleset
internal import Topology

/// A topology's gates with only the rules that two parties can meet: thousands of pairs are then
/// asked for what each of them costs alone.
struct Narrow {
    /// Lists with fewer rules are asked as they are.
    private static let small = 48
    /// More memory than this for an index is not worth what it saves.
    private static let entriesMax = 16_000_000

    private struct Key: Hashable {
        let gate: Int
        let family: Families
        let bound: Bound
    }

    /// For each endpoint the rules that hold some of its addresses, ascending.
    private struct Index {
        var sources: [[UInt32]]
        var targets: [[UInt32]]
        /// Rules that hold every address.
        var anySource: [UInt32] = []
        var anyTarget: [UInt32] = []
        var entries = 0
    }

    let topology: Topology
    private var indexes: [Key: Index?] = [:]
    private let spans: [Families: [(range: ClosedRange<UInt32>, endpoint: Int)]]
    /// The widest span of each family: how far back an overlapping one may begin.
    private let atoms: [[ClosedRange<UInt32>]]

    init(_ topology: Topology) {
        self.topology = topology
        atoms = topology.endpoints.map { $0.v6.compactMap(topology.atoms.atoms) }
        var spans: [Families: [(range: ClosedRange<UInt32>, endpoint: Int)]] = [:]
        for (index, endpoint) in topology.endpoints.enumerated() {
            spans[.v4, default: []] += endpoint.v4.map { (range: $0, endpoint: index) }
            spans[.v6, default: []] += atoms[index].map { (range: $0, endpoint: index) }
        }
        self.spans = spans.mapValues { list in
            list.sorted { $0.range.lowerBound < $1.range.lowerBound }
        }
    }

    /// A topology of two endpoints, or of one asked about itself, that answers as the whole does.
    mutating func pair(_ source: Int, _ target: Int) -> Topology {
        var small = Topology()
        small.atoms = topology.atoms
        small.endpoints = [topology.endpoints[source]]
        if target != source { small.endpoints.append(topology.endpoints[target]) }
        var numbers: [Int: Int] = [:]
        for index in small.endpoints.indices {
            for side in [\Endpoint.egress, \Endpoint.ingress] {
                for step in small.endpoints[index][keyPath: side].indices {
                    let gate = small.endpoints[index][keyPath: side][step].gate
                    small.endpoints[index][keyPath: side][step].gate = number(
                        gate, &numbers, &small, source, target)
                }
            }
        }
        small.transit = topology.transit.map { number($0, &numbers, &small, source, target) }
        return small
    }

    private mutating func number(
        _ gate: Int, _ numbers: inout [Int: Int], _ small: inout Topology, _ source: Int,
        _ target: Int
    ) -> Int {
        if let known = numbers[gate] { return known }
        var narrowed = topology.gates[gate]
        narrowed.v4 = rules(narrowed.v4, gate, .v4, source, target)
        narrowed.v6 = rules(narrowed.v6, gate, .v6, source, target)
        small.gates.append(narrowed)
        numbers[gate] = small.gates.count - 1
        return small.gates.count - 1
    }

    private mutating func rules(
        _ rules: BoundedRules, _ gate: Int, _ family: Families, _ source: Int, _ target: Int
    ) -> BoundedRules {
        let ends = [source, target].map { family == .v4 ? topology.endpoints[$0].v4 : atoms[$0] }
        guard !ends[0].isEmpty, !ends[1].isEmpty else { return rules }
        let isExact = rules.unmodelled.isEmpty
        let may = list(rules.may, Key(gate: gate, family: family, bound: .may), source, target)
        let must =
            isExact
            ? may
            : list(rules.must, Key(gate: gate, family: family, bound: .must), source, target)
        return BoundedRules(may: may, must: must, unmodelled: rules.unmodelled, open: rules.open)
    }

    private mutating func list(
        _ list: RuleList, _ key: Key, _ source: Int, _ target: Int
    ) -> RuleList {
        guard list.count > Self.small, !list.hasSkips else { return list }
        if indexes[key] == nil { indexes[key] = .some(index(list, key.family)) }
        guard case .some(.some(let index)) = indexes[key] else { return list }
        var wanted = matching(list, index, key.family, source, target)
        if source != target {
            wanted.formUnion(matching(list, index, key.family, target, source))
        }
        var narrowed = RuleList(otherwise: list.otherwise)
        for rule in wanted.sorted() {
            let rule = Int(rule)
            narrowed.append(
                list.boxes[rule], allow: list.decisions[rule] == .allow, owner: list.owners[rule])
        }
        return narrowed
    }

    /// Rules that hold packets of one direction.
    private func matching(
        _ list: RuleList, _ index: Index, _ family: Families, _ source: Int, _ target: Int
    ) -> Set<UInt32> {
        let from = index.sources[source].count + index.anySource.count
        let to = index.targets[target].count + index.anyTarget.count
        let isByTarget = to < from
        let other = isByTarget ? source : target
        let field: Field = isByTarget ? .source : .destination
        let addresses = family == .v4 ? topology.endpoints[other].v4 : atoms[other]
        let candidates =
            isByTarget
            ? index.targets[target] + index.anyTarget : index.sources[source] + index.anySource
        var found: Set<UInt32> = []
        for rule in candidates where !found.contains(rule) {
            let range = list.boxes[Int(rule)][field]
            if addresses.contains(where: range.overlaps) { found.insert(rule) }
        }
        return found
    }

    /// Nil when it would be too large.
    private func index(_ list: RuleList, _ family: Families) -> Index? {
        let none = [[UInt32]](repeating: [], count: topology.endpoints.count)
        var index = Index(sources: none, targets: none)
        let spans = spans[family] ?? []
        let widest = spans.map { $0.range.upperBound - $0.range.lowerBound }.sorted()
        // Few endpoints are as wide as the space; they are looked at apart.
        let bound = widest.isEmpty ? 0 : widest[widest.count * 15 / 16]
        let wide = spans.filter { $0.range.upperBound - $0.range.lowerBound > bound }
        let narrow = spans.filter { $0.range.upperBound - $0.range.lowerBound <= bound }
        for rule in list.boxes.indices {
            let number = UInt32(truncatingIfNeeded: rule)
            for (field, isSource) in [(Field.source, true), (.destination, false)] {
                let range = list.boxes[rule][field]
                if range == 0...UInt32.max {
                    if isSource {
                        index.anySource.append(number)
                    } else {
                        index.anyTarget.append(number)
                    }
                    continue
                }
                for endpoint in Self.overlapping(range, narrow, bound)
                    + wide.filter({ $0.range.overlaps(range) }).map(\.endpoint)
                {
                    index.entries += 1
                    if isSource {
                        index.sources[endpoint].append(number)
                    } else {
                        index.targets[endpoint].append(number)
                    }
                }
            }
            if index.entries > Self.entriesMax { return nil }
        }
        return index
    }

    private static func overlapping(
        _ range: ClosedRange<UInt32>, _ spans: [(range: ClosedRange<UInt32>, endpoint: Int)],
        _ widest: UInt32
    ) -> [Int] {
        let first = range.lowerBound > widest ? range.lowerBound - widest : 0
        var low = 0
        var high = spans.count
        while low < high {
            let middle = (low + high) / 2
            if spans[middle].range.lowerBound < first { low = middle + 1 } else { high = middle }
        }
        var found: [Int] = []
        while low < spans.count, spans[low].range.lowerBound <= range.upperBound {
            if spans[low].range.overlaps(range) { found.append(spans[low].endpoint) }
            low += 1
        }
        return found
    }
}
