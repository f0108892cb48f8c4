internal import Packets
internal import Ruleset
internal import Topology

/// Every base chain as a gate of its own, which lets alone what does not come by its hook.
struct GateMaker {
    private let machine: Machine
    private let v4: Unfolding
    private let v6: Unfolding
    private let atoms: AddressAtoms
    private let labels: [RuleLabel]
    private let disturbances: [Families.RawValue: Disturbance]
    /// Whether some rule gives packets another source.
    private let hidesSources: Bool

    init(_ machine: Machine, _ atoms: AddressAtoms) {
        self.machine = machine
        self.atoms = atoms
        v4 = Unfolding(machine.ruleset, .v4)
        v6 = Unfolding(machine.ruleset, .v6(atoms))
        labels = machine.ruleset.chains.indices.flatMap { chain in
            machine.ruleset.chains[chain].rules.map { rule in
                RuleLabel(
                    rule.comment.isEmpty ? machine.title(chain) : rule.comment,
                    file: machine.file(chain), place: rule.place)
            }
        }
        disturbances = [
            Families.v4.rawValue: Disturbance(machine, .v4, atoms),
            Families.v6.rawValue: Disturbance(machine, .v6(atoms), atoms),
        ]
        hidesSources = machine.ruleset.chains.indices.contains { chain in
            machine.ruleset.chains[chain].base != nil && machine.rewrites(chain, .source)
        }
    }

    /// Gates in the order in which packets meet them.
    func gates() throws(UnfoldingError) -> [Gate] {
        var gates = machine.ruleset.barriers.map(barrier)
        for hook in [Hook.prerouting, .input, .forward, .output, .postrouting] {
            let bases = machine.ruleset.bases(at: hook)
            let isTranslating = hook == .prerouting || hook == .output
            let last =
                isTranslating
                ? bases.lastIndex { machine.rewrites($0, .destination) } : nil
            if let last {
                gates.append(try translation(hook, Array(bases[...last])))
            }
            // Behind the place where the kernel gives replies their old addresses back.
            let behind = bases.firstIndex { machine.rewrites($0, .source) }
            for (place, base) in bases.enumerated() {
                let priority = machine.ruleset.chains[base].base?.place ?? 0
                var context = Context(base: base, hook: hook)
                if hook == .postrouting, let behind, place > behind { context.blind = .source }
                if let last, place <= last {
                    context.isKnownOnly = true
                    if machine.rewrites(base, .destination) { continue }
                }
                if hook == .prerouting, hidesSources, priority <= -100 {
                    if last.map({ place > $0 }) ?? true {
                        context.isNewOnly = true
                        gates.append(try gate(base, context))
                    }
                    context = Context(base: base, hook: hook)
                    context.isKnownOnly = true
                    context.blind = .destination
                }
                gates.append(try gate(base, context))
            }
        }
        if !decidesForwarding { gates.append(forwarding) }
        return gates
    }

    private struct Context {
        let base: Int
        let hook: Hook
        /// Packets that the gate lets alone: of known connections, or of new ones.
        var isNewOnly = false
        var isKnownOnly = false
        /// What nobody knows of the packets there.
        var blind: Field?
        /// Rules mean there what they say.
        var seesAll: Bool { hook != .prerouting && blind == nil }
    }

    /// Packets that do not come by a hook.
    static func strangers(_ hook: Hook) -> [Box] {
        switch hook {
        case .prerouting: [.sent]
        case .input: [.sent, .leaving]
        case .forward: [.sent, .kept]
        case .output: [.received]
        case .postrouting: [.kept]
        }
    }

    private func gate(_ base: Int, _ context: Context) throws(UnfoldingError) -> Gate {
        let title = machine.title(base)
        return Gate(
            name: title, v4: rules(try v4.rules(of: base), context, title, .v4),
            v6: rules(try v6.rules(of: base), context, title, .v6), labels: labels)
    }

    private func rules(
        _ rules: BoundedRules, _ context: Context, _ title: String, _ family: Families
    ) -> BoundedRules {
        var first = Self.strangers(context.hook)
        let own = machine.ruleset.chains[context.base].base
        let isNat = own?.kind == .nat
        let isEarly =
            context.hook == .prerouting || context.hook == .output
        let isTracked = !isEarly || (own?.place ?? 0) > Base.trackingPlace
        let disturbance = disturbances[family.rawValue]
        let isDisturbed = disturbance.map { !$0.isNothing } ?? false
        if context.isNewOnly { first.append(.known) }
        if context.isKnownOnly { first.append(.everything.in(.new)) }
        func seen(_ bound: Bound) -> RuleList {
            var list = rules[bound]
            if context.hook == .prerouting { list = list.beforeDeparture }
            if let field = context.blind { list = list.blind(field, bound) }
            // The first packet of a connection decides how the others are translated.
            if isNat { list = list.behind([.known]) }
            let shortcut: [Box] = list.passesEstablished ? [.everything.in(.established)] : []
            guard let disturbance, isDisturbed else { return list.behind(shortcut + first) }
            list = list.behind(shortcut)
                .seen(disturbance.views(bound, isTracked: isTracked), bound)
            let unsure = bound == .must ? disturbance.unsure(at: context.base) : []
            return list.behind(first, refusing: unsure)
        }
        var words = rules.unmodelled
        if let field = context.blind,
            rules.may.boxes.contains(where: { $0[field] != 0...field.last })
        {
            words.append("the \(field.name) before or after translation, in \(title)")
        }
        let may = seen(.may)
        let must = rules.unmodelled.isEmpty && words.isEmpty && !isDisturbed ? may : seen(.must)
        if let disturbance, isDisturbed, may != must { words += disturbance.words }
        let isOrdered = context.seesAll && !isDisturbed
        return BoundedRules(
            may: may, must: must, unmodelled: words,
            open: isOrdered ? rules.open?.behind(first, rules.must) : nil)
    }

    // MARK: Rules that nobody reads

    /// Whatever comes or goes where it stands may end there.
    private func barrier(_ barrier: Barrier) -> Gate {
        let names = machine.ruleset.interfaces
        let links = barrier.interfaces.compactMap { names.firstIndex(of: $0) }
            .map { UInt32(truncatingIfNeeded: $0 + 1) }
        var must = RuleList(otherwise: true)
        for (field, stops) in [
            (Field.arrival, barrier.stopsArrivals), (.departure, barrier.stopsDepartures),
        ] where stops {
            for link in barrier.interfaces.isEmpty ? [1...field.last] : links.map({ $0...$0 }) {
                must.append(.everything.with(field, link), allow: false, owner: .max)
            }
        }
        let rules = BoundedRules(
            may: RuleList(otherwise: true), must: must,
            unmodelled: ["chain \(barrier.name)"])
        let free = BoundedRules(RuleList(otherwise: true))
        return Gate(
            name: barrier.name, v4: barrier.families.contains(.v4) ? rules : free,
            v6: barrier.families.contains(.v6) ? rules : free, labels: [])
    }

    // MARK: Forwarding

    /// Whether some rule is about packets that the machine forwards, or they have a new destination.
    private var decidesForwarding: Bool {
        machine.ruleset.chains.indices.contains { index in
            let chain = machine.ruleset.chains[index]
            guard let base = chain.base else { return false }
            if base.hook == .forward { return !chain.rules.isEmpty || !base.accepts }
            return base.hook == .prerouting && machine.rewrites(index, .destination)
        }
    }

    private var forwarding: Gate {
        var must = RuleList(otherwise: false)
        for box in Self.strangers(.forward) { must.append(box, allow: true, owner: .max) }
        let rules = BoundedRules(
            may: RuleList(otherwise: true), must: must,
            unmodelled: ["whether the machine forwards packets"])
        return Gate(name: "forwarding", v4: rules, v6: rules, labels: [])
    }

    // MARK: New destinations

    /// What new connections look like behind the chains that give them other destinations.
    private func translation(_ hook: Hook, _ bases: [Int]) throws(UnfoldingError) -> Gate {
        let words = "new destinations at \(hook.name)"
        return Gate(
            name: words, v4: try translated(hook, bases, v4, .v4, words),
            v6: try translated(hook, bases, v6, .v6, words), labels: labels)
    }

    private func translated(
        _ hook: Hook, _ bases: [Int], _ unfolding: Unfolding, _ family: Families, _ words: String
    ) throws(UnfoldingError) -> BoundedRules {
        let first = Self.strangers(hook) + [.known]
        var unmodelled: Set<String> = [words]
        for base in bases { unmodelled.formUnion(try unfolding.rules(of: base).unmodelled) }
        let disturbance = disturbances[family.rawValue]
        let left =
            disturbance?.untracked.may.compactMap { $0.intersection(.everything.in(.new)) } ?? []
        let isAltered = bases.contains { disturbance?.altered[$0] != nil }
        unmodelled.formUnion(disturbance?.words ?? [])
        func rules(_ bound: Bound) throws(UnfoldingError) -> RuleList {
            var list = RuleList(otherwise: false)
            if isAltered { return RuleList(otherwise: bound == .may).behind(first) }
            do throws(Translation.Failed) {
                var translation = Translation(
                    machine.ruleset, unfolding, family, atoms, hook, bound)
                // What is not tracked keeps its destination.
                if bound == .must { try translation.leave(out: left) }
                for base in bases { try translation.pass(base) }
                for arrival in translation.arrivals {
                    list.append(arrival.box, allow: true, owner: arrival.owner)
                }
                for box in left where bound == .may { list.append(box, allow: true, owner: .max) }
            } catch {
                if case .unfolding(let error) = error { throw error }
                list = RuleList(otherwise: bound == .may)
            }
            return list.behind(first)
        }
        let may = try rules(.may)
        let must = try rules(.must)
        let isExact = may.boxes == must.boxes && may.otherwise == must.otherwise
        return BoundedRules(may: may, must: must, unmodelled: isExact ? [] : unmodelled.sorted())
    }
}
