internal import Packets

internal import Topology

/// Lists as packets meet them on their way, when a gate sees more or less than the question says.
extension RuleList {
    /// The same rules with other boxes behind some that come first; nil for a rule that holds
    /// nothing any more.
    func rebuilt(
        behind first: [Box] = [], refusing second: [Box] = [],
        _ change: (Int) -> Box? = { _ in nil }
    ) -> RuleList {
        var list = RuleList(otherwise: otherwise)
        for box in first { list.append(box, allow: true, owner: .max) }
        for box in second { list.append(box, allow: false, owner: .max) }
        var landing: [Int: [Int]] = [:]
        for index in 0..<count {
            for skip in landing.removeValue(forKey: index) ?? [] { list.land(skip) }
            guard let box = change(index) else { continue }
            if decisions[index] == .skip {
                let skip = list.appendSkip(box, owner: owners[index])
                landing[Int(targets[index]), default: []].append(skip)
            } else {
                list.append(box, allow: decisions[index] == .allow, owner: owners[index])
            }
        }
        for skip in landing.values.joined() { list.land(skip) }
        return list
    }

    func behind(_ first: [Box], refusing second: [Box] = []) -> RuleList {
        rebuilt(behind: first, refusing: second) { boxes[$0] }
    }

    /// Whether the rules are others, or in another order.
    static func != (one: RuleList, other: RuleList) -> Bool {
        one.boxes != other.boxes || one.decisions != other.decisions
            || one.targets != other.targets || one.otherwise != other.otherwise
    }

    /// Where no packet has a departure yet.
    var beforeDeparture: RuleList {
        rebuilt { index in
            guard boxes[index][.departure].contains(0) else { return nil }
            return boxes[index].with(.departure, 0...Field.departure.last)
        }
    }

    /// Where nobody knows a field of the packets: more than passes, or less.
    func blind(_ field: Field, _ bound: Bound) -> RuleList {
        let whole = 0...field.last
        let isTouched = boxes.contains { $0[field] != whole }
        guard isTouched else { return self }
        let isLost = boxes.indices.contains { decisions[$0] == .skip && boxes[$0][field] != whole }
        guard !isLost else { return RuleList(otherwise: bound == .may) }
        return rebuilt { index in
            guard boxes[index][field] != whole else { return boxes[index] }
            let isWidened = (decisions[index] == .allow) == (bound == .may)
            return isWidened ? boxes[index].with(field, whole) : nil
        }
    }

    /// Whether established connections pass without a look at anything else.
    var passesEstablished: Bool {
        let established = Box.everything.in(.established)
        for index in boxes.indices where boxes[index].overlaps(established) {
            switch decisions[index] {
            case .allow: if boxes[index].contains(established) { return true }
            case .refuse, .skip: return false
            }
        }
        return otherwise
    }
}

extension OpenRules {
    /// The rules behind those that let some packets pass before.
    func behind(_ first: [Box], _ must: RuleList) -> OpenRules {
        let isOpen = must.passesEstablished
        let boxes = (isOpen ? [.everything.in(.established)] : []) + first
        let moved = said.map { ($0.key + boxes.count, $0.value) }
        return OpenRules(list.behind(boxes), Dictionary(uniqueKeysWithValues: moved))
    }
}

extension Box {
    func `in`(_ state: ConnectionState) -> Box { with(.state, state.rawValue...state.rawValue) }

    /// Packets that come from the machine, or go to it.
    static let sent = everything.with(.arrival, 0...0)
    static let kept = everything.with(.departure, 0...0)
    /// Packets that come in, or go out.
    static let received = everything.with(.arrival, 1...Field.arrival.last)
    static let leaving = everything.with(.departure, 1...Field.departure.last)
    /// Packets of connections that are known.
    static let known = everything.with(
        .state, ConnectionState.established.rawValue...Field.state.last)
}
