internal import Packets
internal import Topology

/// Packets of a question that a gate sees otherwise than the question says.
struct View {
    var boxes: [Box]
    /// States of which they have one; as in the question when empty.
    var states: Set<ConnectionState> = []
    /// Fields that may hold anything.
    var blind: [Field] = []
}

extension RuleList {
    /// The list with other rules in front for packets that it sees otherwise.
    func seen(_ views: [View], _ bound: Bound) -> RuleList {
        var list = RuleList(otherwise: otherwise)
        for view in views where !view.boxes.isEmpty {
            guard let own = seen(view, bound) else { continue }
            let inside = view.boxes.map { list.appendSkip($0, owner: .max) }
            let past = list.appendSkip(.everything, owner: .max)
            for skip in inside { list.land(skip) }
            list.append(own)
            list.append(.everything, allow: own.otherwise, owner: .max)
            list.land(past)
        }
        list.append(self)
        return list
    }

    /// The rules as they are for the packets of a view; nil where these are the same.
    private func seen(_ view: View, _ bound: Bound) -> RuleList? {
        let asks = boxes.contains { box in
            !view.states.isEmpty && box[.state] != 0...Field.state.last
                || view.blind.contains { box[$0] != 0...$0.last }
        }
        guard asks else { return nil }
        var list = view.states.isEmpty ? self : of(Set(view.states.map(\.rawValue)), bound)
        for field in view.blind { list = list.blind(field, bound) }
        return list
    }

    /// The rules for packets that have one of some states, nobody knows which.
    private func of(_ states: Set<UInt32>, _ bound: Bound) -> RuleList {
        func held(_ index: Int) -> Int { states.filter(boxes[index][.state].contains).count }
        let isLost = boxes.indices.contains { index in
            decisions[index] == .skip && held(index) != 0 && held(index) != states.count
        }
        guard !isLost else { return RuleList(otherwise: bound == .may) }
        return rebuilt { index in
            guard held(index) > 0 else { return nil }
            let isWidened = (decisions[index] == .allow) == (bound == .may)
            guard held(index) == states.count || isWidened else { return nil }
            return boxes[index].with(.state, 0...Field.state.last)
        }
    }

    /// Appends the rules of another list; what that does with all others is not told.
    private mutating func append(_ other: RuleList) {
        var landing: [Int: [Int]] = [:]
        for index in 0..<other.count {
            for skip in landing.removeValue(forKey: index) ?? [] { land(skip) }
            switch other.decisions[index] {
            case .skip:
                let skip = appendSkip(other.boxes[index], owner: other.owners[index])
                landing[Int(other.targets[index]), default: []].append(skip)
            case .allow: append(other.boxes[index], allow: true, owner: other.owners[index])
            case .refuse: append(other.boxes[index], allow: false, owner: other.owners[index])
            }
        }
        for skip in landing.values.joined() { land(skip) }
    }
}

extension Box {
    private static let portless: [ClosedRange<UInt32>] = [1...1, 58...58]

    /// Replies to the packets of a box, whatever their state.
    var replies: [Box] {
        let turned = with(.source, self[.destination]).with(.destination, self[.source])
            .with(.arrival, self[.departure]).with(.departure, self[.arrival])
        let ported = turned.with(.sourcePort, self[.destinationPort])
            .with(.destinationPort, self[.sourcePort])
        let unported = turned.with(.sourcePort, 0...65_535).with(.destinationPort, 0...65_535)
        return [ported] + Self.portless.compactMap { unported.narrowed(.protocolNumber, to: $0) }
    }
}
