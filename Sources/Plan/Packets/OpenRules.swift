/// A rule of which nobody knows whether it holds, or what it does.
package struct OpenRule: Sendable, Hashable {
    /// Its conditions and what it would do.
    package var words: String
    /// What is not modelled of it, and of the calls that lead to it.
    package var conditions: [String]
    /// It decides nothing itself; rules of its chain follow, and hang on the same.
    package var isCall: Bool

    package init(_ words: String, _ conditions: [String], isCall: Bool) {
        self.words = words
        self.conditions = conditions
        self.isCall = isCall
    }
}

/// Rules as they were written, where some hang on conditions that no field expresses.
///
/// Two bounds alone cannot tell whether such rules are the same ones: what they say to a packet, one
/// after the other, can.
package struct OpenRules: Sendable {
    /// More ways to read one list than this are too many.
    private static let readingsMax = 1_024

    /// An open rule is a skip to the next one, whatever it would do.
    package var list: RuleList
    /// Open rules by their index.
    package var said: [Int: OpenRule]

    package init(_ list: RuleList, _ said: [Int: OpenRule]) {
        self.list = list
        self.said = said
    }

    /// The packets of a box by what the rules say to them: what is told of every open rule that holds
    /// them, in order, and at the end what is decided for sure.
    func readings(
        in question: Box, telling: (OpenRule) -> [String]
    ) throws(PacketSet.TooLarge) -> [[String]: PacketSet] {
        var done: [[String]: PacketSet] = [:]
        var active: [[String]: PacketSet] = [[]: PacketSet(question)]
        var waiting: [Int: [[String]: PacketSet]] = [:]
        for index in list.boxes.indices {
            if let landed = waiting.removeValue(forKey: index) { try active.add(landed) }
            guard list.boxes[index].overlaps(question) else { continue }
            var rest: [[String]: PacketSet] = [:]
            for (words, packets) in active {
                let held = packets.intersection(list.boxes[index])
                guard !held.isEmpty else {
                    try rest.add([words: packets])
                    continue
                }
                let others = try packets.subtracting(held)
                if !others.isEmpty { try rest.add([words: others]) }
                // A rule may stand here as several boxes that share packets.
                let more = said[index].map(telling) ?? []
                let heard = words.suffix(more.count) == more[...] ? words : words + more
                switch list.decisions[index] {
                case .skip where Int(list.targets[index]) == index + 1:
                    try rest.add([heard: held])
                case .skip:
                    try waiting[Int(list.targets[index]), default: [:]].add([heard: held])
                case .allow: try done.add([heard + ["accept"]: held])
                case .refuse: try done.add([heard + ["drop"]: held])
                }
            }
            active = rest
            guard done.count + active.count <= Self.readingsMax else { throw PacketSet.TooLarge() }
        }
        for landed in waiting.values { try active.add(landed) }
        for (words, packets) in active {
            try done.add([words + [list.otherwise ? "accept" : "drop"]: packets])
        }
        return done
    }
}

extension [[String]: PacketSet] {
    /// Adds packets to those that read the same.
    package mutating func add(_ others: Self) throws(PacketSet.TooLarge) {
        for (words, packets) in others {
            self[words] = try self[words]?.union(packets) ?? packets
        }
    }
}

extension BoundedRules {
    /// Adds all that decides what the rules say.
    package func hash(into hasher: inout Hasher) {
        hasher.combine(unmodelled)
        hasher.combine(open?.said ?? [:])
        for list in open.map({ [$0.list] }) ?? [may, must] {
            hasher.combine(list.otherwise)
            hasher.combine(list.boxes)
            hasher.combine(list.decisions)
            hasher.combine(list.targets)
        }
    }

    /// What the rules say to the packets of a box; nothing at all where everything is modelled.
    ///
    /// Rules that were not written in an order are told by those that decide between the bounds, by
    /// their names, and by all their words.
    package func readings(
        in question: Box, name: (UInt32) -> String
    ) throws(PacketSet.TooLarge) -> [[String]: PacketSet] {
        guard !unmodelled.isEmpty else { return [[]: PacketSet(question)] }
        if let open { return try open.readings(in: question) { [$0.words] } }
        var readings: [[String]: PacketSet] = [:]
        let sure = try must.cells(in: question)
        for cell in try may.cells(in: question) {
            for other in sure {
                let packets = try cell.packets.intersection(other.packets)
                guard !packets.isEmpty else { continue }
                let names = [cell, other].map { cell in
                    (cell.owner.map(name) ?? "") + (cell.isAllowed ? " accept" : " drop")
                }
                try readings.add([unmodelled + names: packets])
            }
        }
        return readings
    }

    /// The packets of a box, between the bounds, by the conditions on which it hangs whether they pass.
    package func conditions(
        of question: Box
    ) throws(PacketSet.TooLarge) -> [[String]: PacketSet] {
        guard let open else { return [unmodelled: PacketSet(question)] }
        // Who made the bounds may know of more than the rules say.
        let besides = Set(unmodelled).subtracting(open.said.values.flatMap(\.conditions))
        var parts: [[String]: PacketSet] = [:]
        let told = try open.readings(in: question) { $0.isCall ? [] : $0.conditions }
        for (told, packets) in told {
            // The last word is what is decided for sure.
            let words = besides.union(told.dropLast())
            try parts.add([words.isEmpty ? unmodelled : words.sorted(): packets])
        }
        return parts
    }
}
