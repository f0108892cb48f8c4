internal import Packets
internal import Ruleset
internal import Topology

/// What rules do to packets that no question says of them: they take them out of connection
/// tracking, or put other values into them without a connection's knowledge.
struct Disturbance {
    /// Boxes of packets that a rule may get hold of beyond which it is anybody's.
    private static let boxesMax = 256
    static let untrackWord = "notrack"

    private let machine: Machine
    private let family: Families
    private let atoms: AddressAtoms
    /// Packets that are taken out of tracking, perhaps and for sure.
    private(set) var untracked: (may: [Box], sure: [Box]) = ([], [])
    /// Packets that may get other values, by the base chain; -1 stands for what nobody reads.
    private(set) var altered: [Int: [Box]] = [:]
    private(set) var alterations: [Alteration] = []
    /// Connections get other addresses beside.
    private let translates: Bool

    init(_ machine: Machine, _ space: AddressSpace, _ atoms: AddressAtoms) {
        self.machine = machine
        self.atoms = atoms
        family = space.family
        let chains = machine.ruleset.chains
        translates = chains.indices.contains { index in
            chains[index].base != nil
                && (machine.rewrites(index, .source) || machine.rewrites(index, .destination))
        }
        let actions = chains.flatMap(\.rules).map(\.action)
        if actions.contains(.untrack) {
            for hook in [Hook.prerouting, .output] {
                for base in machine.ruleset.bases(at: hook) { addUntracked(base, hook, space) }
            }
            // Translation makes other packets look like these.
            if translates { untracked.sure = [] }
        }
        for case .alter(let own) in actions where own.families.contains(family) {
            alterations.append(own)
        }
        for own in machine.ruleset.barriers.flatMap(\.alterations)
        where own.families.contains(family) {
            alterations.append(own)
            altered[-1] = [.everything]
        }
        guard !alterations.isEmpty else { return }
        for base in chains.indices where chains[base].base != nil {
            let boxes = packets(of: base, space) { action in
                if case .alter = action { return true }
                return false
            }.may
            if !boxes.isEmpty { altered[base] = boxes }
        }
    }

    private mutating func addUntracked(_ base: Int, _ hook: Hook, _ space: AddressSpace) {
        let place = machine.ruleset.chains[base].base?.place ?? 0
        guard place <= Base.trackingPlace else { return }
        let own = packets(of: base, space) { $0 == .untrack }
        let side = hook == .prerouting ? Box.received : .sent
        untracked.may += own.may.compactMap { $0.intersection(side) }
        guard place < Base.trackingPlace else { return }
        untracked.sure += own.sure.compactMap { $0.intersection(side) }
    }

    /// Packets of which a rule of some kind gets hold before another decides them.
    private func packets(
        of base: Int, _ space: AddressSpace, _ isWanted: (Action) -> Bool
    ) -> (may: [Box], sure: [Box]) {
        guard machine.ruleset.chains[base].families.contains(family) else { return ([], []) }
        let unfolding = Unfolding(machine.ruleset.accepting(isWanted), space)
        guard let rules = try? unfolding.rules(of: base, isOrdered: false) else {
            return ([.everything], [])
        }
        let isEarly = machine.ruleset.chains[base].base?.hook == .prerouting
        func boxes(_ bound: Bound) -> [Box]? {
            let list = isEarly ? rules[bound].beforeDeparture : rules[bound]
            guard let set = try? list.allowed(in: .everything).joined(),
                set.boxes.count <= Self.boxesMax
            else { return nil }
            return set.boxes
        }
        let whole = 0...Field.state.last
        return (
            boxes(.may)?.map { $0.with(.state, whole) } ?? [.everything],
            boxes(.must)?.filter { $0[.state] == whole } ?? []
        )
    }

    // MARK: As gates see it

    /// How a gate sees packets, before or behind connection tracking.
    func views(_ bound: Bound, isTracked: Bool) -> [View] {
        var views: [View] = bound == .may ? changed : []
        guard isTracked, !untracked.may.isEmpty else { return views }
        func first(_ boxes: [Box]) -> [Box] { boxes.map { $0.in(.new) } }
        func reply(_ boxes: [Box]) -> [Box] { boxes.map { $0.in(.established) } }
        let (may, sure) = untracked
        let replies = translates ? may.map(\.anywhere) : may
        views.append(View(boxes: first(sure) + reply(sure), states: [.untracked]))
        views.append(View(boxes: first(may), states: [.new, .untracked]))
        views.append(View(boxes: reply(replies), states: Self.any))
        // Whoever answers what is not tracked begins a connection, or looks like none.
        let answers = reply(sure.flatMap(\.replies))
        views.append(View(boxes: answers, states: [.new, .invalid]))
        let others = reply(may.flatMap(\.replies))
        views.append(View(boxes: others, states: [.new, .established, .invalid]))
        return views
    }

    /// Packets that do not surely pass a base chain as they are: what it changes, and replies whose
    /// addresses would be put back for connections alone.
    func unsure(at base: Int) -> [Box] {
        let changed = altered[base] ?? []
        guard translates else { return changed }
        let may = untracked.may
        let replies = may.map(\.anywhere) + may.flatMap(\.replies)
        return changed + replies.map { $0.in(.established) }
    }

    var isNothing: Bool { untracked.may.isEmpty && alterations.isEmpty }

    private static let any: Set<ConnectionState> = [.new, .established, .invalid, .untracked]

    /// Packets that may have been for others, or from others, and answers of those.
    private var changed: [View] {
        guard !alterations.isEmpty else { return [] }
        var fields: Set<Field> = []
        for own in alterations {
            for field in own.fields {
                fields.insert(field)
                fields.insert(Self.opposites[field] ?? field)
            }
        }
        var boxes: [Box] = []
        var answers: [Box] = []
        for own in alterations {
            for field in own.fields {
                let value = values(field, own) ?? 0...field.last
                switch field {
                case .destination, .destinationPort:
                    boxes.append(.everything.with(field, value))
                    answers.append(.everything.with(Self.opposites[field] ?? field, value))
                default:
                    boxes += altered.values.joined().map { box in
                        [.destination, .destinationPort, .protocolNumber]
                            .filter(fields.contains).reduce(box) { $0.with($1, 0...$1.last) }
                    }
                }
            }
        }
        let blind = Field.allCases.filter(fields.contains)
        return [
            View(boxes: boxes.map { $0.in(.new) }, blind: blind),
            View(
                boxes: (boxes + answers).map { $0.in(.established) }, states: Self.any,
                blind: blind),
        ]
    }

    private static let opposites: [Field: Field] = [
        .source: .destination, .destination: .source, .sourcePort: .destinationPort,
        .destinationPort: .sourcePort,
    ]

    private func values(_ field: Field, _ own: Alteration) -> ClosedRange<UInt32>? {
        guard let value = own.value else { return nil }
        if field == .source || field == .destination { return family.values(value, atoms) }
        return UInt32(
            truncatingIfNeeded: value.lowerBound)...UInt32(
                truncatingIfNeeded: value.upperBound)
    }

    /// What answers hang on.
    var words: [String] {
        alterations.map(\.words) + (untracked.may.isEmpty ? [] : [Self.untrackWord])
    }
}

extension Ruleset {
    /// Rules of some kind accept, and nothing else does.
    fileprivate func accepting(_ isWanted: (Action) -> Bool) -> Ruleset {
        var made = self
        for chain in made.chains.indices {
            made.chains[chain].base?.accepts = false
            for rule in made.chains[chain].rules.indices {
                let action = made.chains[chain].rules[rule].action
                if isWanted(action) {
                    made.chains[chain].rules[rule].action = .accept
                } else {
                    switch action {
                    case .accept, .rewrite: made.chains[chain].rules[rule].action = .drop
                    default: break
                    }
                }
            }
        }
        return made
    }
}

extension Box {
    /// Whatever the translation of addresses may make of its packets' destination.
    fileprivate var anywhere: Box {
        with(.destination, 0...Field.destination.last).with(.destinationPort, 0...65_535)
    }
}
