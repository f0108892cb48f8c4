package import Findings
package import Packets

/// How the addresses of one family become the 32 bits of a `Packets` address field.
package enum AddressSpace: Sendable {
    case v4
    case v6(AddressAtoms)

    package var family: Families {
        switch self {
        case .v4: .v4
        case .v6: .v6
        }
    }

    /// The interval of values for an interval of addresses; nil when an atom would be cut.
    func interval(_ addresses: ClosedRange<UInt128>) -> ClosedRange<UInt32>? {
        switch self {
        case .v4:
            guard addresses.lowerBound <= UInt128(UInt32.max) else { return nil }
            let last = min(addresses.upperBound, UInt128(UInt32.max))
            return UInt32(
                truncatingIfNeeded: addresses.lowerBound)...UInt32(
                    truncatingIfNeeded: last)
        case .v6(let atoms): return atoms.atoms(addresses)
        }
    }
}

/// Why rules cannot be laid out as one list.
package enum UnfoldingError: Error, Equatable {
    /// Chains call one another in a circle, or more than `Ruleset.depthMax` deep.
    case tooDeep(chain: String, place: Place)
    /// More than `Ruleset.rulesMax` rules, or boxes of one rule.
    case tooLarge(chain: String, place: Place)
    /// A question's or rule's address is no boundary of the atoms: a caller's mistake.
    case cutAtom(chain: String, place: Place)
}

/// A list in which every written rule stands, also where nobody knows what it does.
package struct WrittenRules: Sendable {
    /// What is decided for sure; a rule that only might decide is a skip to the next one.
    package var list: RuleList
    /// Indices of those.
    package var unsure: Set<Int>
}

/// Chains laid out as lists in which the first match decides.
///
/// A jump is a skip to a copy of its chain and costs two rules, whatever its conditions; a return
/// is a skip to where the copy ends. A plain chain that is called under one condition needs no skip:
/// its rules are laid out narrowed to it. Where a condition is not modelled, `may` takes it for true in
/// rules that allow and for false in rules that refuse, and `must` the other way round. Skips that no
/// rule says have the owner `UInt32.max`.
package struct Unfolding: Sendable {
    private let ruleset: Ruleset
    private let space: AddressSpace
    /// The number of each chain's first rule when all rules are counted.
    private let firstOwner: [UInt32]
    private let shapes: [Shape]

    package init(_ ruleset: Ruleset, _ space: AddressSpace) {
        self.ruleset = ruleset
        self.space = space
        shapes = Shapes.of(ruleset, space.family)
        var next: UInt32 = 0
        firstOwner = ruleset.chains.map { chain in
            defer { next += UInt32(truncatingIfNeeded: chain.rules.count) }
            return next
        }
    }

    /// The chain and the rule in it that an `owner` of these lists stands for.
    package func rule(of owner: UInt32) -> (chain: Int, rule: Int)? {
        guard let chain = firstOwner.lastIndex(where: { $0 <= owner }) else { return nil }
        let rule = Int(owner - firstOwner[chain])
        return ruleset.chains[chain].rules.indices.contains(rule) ? (chain, rule) : nil
    }

    /// What one base chain allows, where rewrites count as accepting.
    ///
    /// `isOrdered`: with the rules as they were written, where something is not modelled.
    package func rules(
        of base: Int, isOrdered: Bool = true
    ) throws(UnfoldingError) -> BoundedRules {
        let may = try list(of: base, .may)
        // Where all is modelled the bounds are one.
        guard !may.unmodelled.isEmpty else { return BoundedRules(may.list) }
        let must = try list(of: base, .must)
        var unmodelled = may.unmodelled.union(must.unmodelled)
        guard isOrdered else {
            return BoundedRules(
                may: may.list, must: must.list, unmodelled: unmodelled.sorted())
        }
        let written = try list(of: base, .sure)
        // Behind an open goto the bounds lay out nothing.
        unmodelled.formUnion(written.said.values.flatMap(\.conditions))
        return BoundedRules(
            may: may.list, must: must.list, unmodelled: unmodelled.sorted(),
            open: OpenRules(written.list, written.said))
    }

    /// One base chain with every rule that it comes to, for questions about the rules themselves.
    package func written(of base: Int) throws(UnfoldingError) -> WrittenRules {
        let layout = try list(of: base, .sure)
        return WrittenRules(list: layout.list, unsure: layout.unsure)
    }

    private func list(of base: Int, _ bound: Layout.Bound) throws(UnfoldingError) -> Layout {
        var layout = Layout(
            bound, otherwise: ruleset.chains[base].base?.accepts ?? false)
        if ruleset.chains[base].families.isDisjoint(with: space.family) {
            layout.list.append(.everything, allow: true, owner: .max)
            return layout
        }
        let open = try lay(base, .exact, depth: 0, &layout)
        for skip in open { layout.list.land(skip) }
        return layout
    }

    /// Lays out a chain, narrowed to a box; the skips that it returns go on behind its copy.
    private func lay(
        _ index: Int, _ mode: Layout.Mode, depth: Int, within: Box = .everything,
        _ layout: inout Layout
    ) throws(UnfoldingError) -> [Int] {
        let chain = ruleset.chains[index]
        guard depth <= Ruleset.depthMax else {
            throw .tooDeep(chain: chain.name, place: chain.place)
        }
        var leaving: [Int] = []
        guard !chain.families.isDisjoint(with: space.family) else { return leaving }
        for (number, rule) in chain.rules.enumerated() {
            layout.visited += 1
            // Chains that decide nothing are called as often as those that do.
            guard max(layout.list.count, layout.visited) <= Ruleset.rulesMax else {
                throw .tooLarge(chain: chain.name, place: rule.place)
            }
            let match = rule.match.factored(space)
            let boxes = try boxes(of: match.clauses, chain, rule.place)
                .compactMap { $0.intersection(within) }
            guard !boxes.isEmpty else { continue }
            let owner = firstOwner[index] + UInt32(truncatingIfNeeded: number)
            let step = layout.step(rule, mode)
            for word in step.unmodelled { layout.unmodelled.insert(word) }
            if case .nothing = step.kind { continue }
            let excepted = try self.boxes(of: match.except, chain, rule.place)
                .map { layout.list.appendSkip($0, owner: .max) }
            defer { for skip in excepted { layout.list.land(skip) } }
            switch step.kind {
            case .nothing: break
            case .mention(let isUnsure):
                let open = layout.open(rule)
                for box in boxes {
                    let index = layout.list.appendSkip(box, owner: owner)
                    if isUnsure { layout.unsure.insert(index) }
                    layout.said[index] = open
                }
            case .decide(let allow):
                for box in boxes { layout.list.append(box, allow: allow, owner: owner) }
            case .leave:
                for box in boxes { leaving.append(layout.list.appendSkip(box, owner: owner)) }
            case .call(let target, let mode, let comesBack):
                let call = Call(
                    target: target, mode: mode, comesBack: comesBack, boxes: boxes, owner: owner,
                    hasExceptions: !excepted.isEmpty, open: layout.open(rule))
                leaving += try lay(call, depth: depth, &layout)
            }
        }
        return leaving
    }

    private struct Call {
        let target: Int
        let mode: Layout.Mode
        let comesBack: Bool
        let boxes: [Box]
        let owner: UInt32
        let hasExceptions: Bool
        /// What the call hangs on; nil when that is known.
        let open: OpenRule?
    }

    /// Lays out what a rule calls; the skips that it returns leave the rule's own chain.
    private func lay(
        _ call: Call, depth: Int, _ layout: inout Layout
    ) throws(UnfoldingError) -> [Int] {
        guard ruleset.chains.indices.contains(call.target) else { return [] }
        if mayInline(call, layout) {
            for box in call.boxes {
                let back = try lay(
                    call.target, call.mode, depth: depth + 1, within: box, &layout)
                for skip in back { layout.list.land(skip) }
            }
            return []
        }
        var leaving: [Int] = []
        let outer = layout.openCall
        let inside = call.boxes.map { layout.list.appendSkip($0, owner: call.owner) }
        let past = layout.list.appendSkip(.everything, owner: .max)
        for skip in inside {
            layout.list.land(skip)
            layout.said[skip] = call.open
        }
        if let open = call.open { layout.openCall = open }
        let back = try lay(call.target, call.mode, depth: depth + 1, &layout)
        layout.openCall = outer
        if call.comesBack {
            for skip in back { layout.list.land(skip) }
        } else {
            leaving = back + [layout.list.appendSkip(.everything, owner: .max)]
        }
        layout.list.land(past)
        return leaving
    }

    /// Whether a call needs no skips; who asks about the rules themselves wants every call.
    private func mayInline(_ call: Call, _ layout: Layout) -> Bool {
        let shape = shapes[call.target]
        return layout.bound != .sure && call.mode == .exact && !call.hasExceptions
            && shape.isPlain && (call.comesBack || shape.decides)
            && (call.boxes.count == 1 || shape.decidesAtOnce)
    }

    /// The boxes of clauses in this family: products of its fields' intervals.
    private func boxes(
        of clauses: [Clause], _ chain: Chain, _ place: Place
    ) throws(UnfoldingError) -> [Box] {
        var found: [Box] = []
        for clause in clauses where !clause.families.isDisjoint(with: space.family) {
            // Most fields have one interval: they narrow one box, and the others multiply it.
            var box: Box? = .everything
            var manifold: [FieldValues.Element] = []
            for entry in clause.values {
                guard entry.intervals.count == 1 else {
                    manifold.append(entry)
                    continue
                }
                let values = try values(entry.field, entry.intervals[0], chain, place)
                box = values.flatMap { box?.narrowed(entry.field, to: $0) }
            }
            guard let box else { continue }
            var boxes = [box]
            for entry in manifold {
                var narrowed: [Box] = []
                for interval in entry.intervals {
                    let values = try values(entry.field, interval, chain, place)
                    guard let values else { continue }
                    for box in boxes {
                        if let part = box.narrowed(entry.field, to: values) {
                            narrowed.append(part)
                        }
                    }
                    guard found.count + narrowed.count <= Ruleset.rulesMax else {
                        throw .tooLarge(chain: chain.name, place: place)
                    }
                }
                boxes = narrowed
            }
            guard found.count + boxes.count <= Ruleset.rulesMax else {
                throw .tooLarge(chain: chain.name, place: place)
            }
            found += boxes
        }
        return found
    }

    private func values(
        _ field: Field, _ interval: ClosedRange<UInt128>, _ chain: Chain, _ place: Place
    ) throws(UnfoldingError) -> ClosedRange<UInt32>? {
        switch field {
        case .source, .destination:
            if case .v4 = space { return space.interval(interval) }
            guard let atoms = space.interval(interval) else {
                throw .cutAtom(chain: chain.name, place: place)
            }
            return atoms
        default:
            guard interval.lowerBound <= UInt128(field.last) else { return nil }
            return UInt32(
                truncatingIfNeeded: interval.lowerBound)...UInt32(
                    truncatingIfNeeded: min(interval.upperBound, UInt128(field.last)))
        }
    }
}
