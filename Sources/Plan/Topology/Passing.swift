package import Packets
package import Ruleset

/// Between which of two lists the truth lies.
package enum Bound: Sendable, CaseIterable {
    case may
    case must
}

extension BoundedRules {
    package subscript(_ bound: Bound) -> RuleList { bound == .may ? may : must }
}

/// What passes from one endpoint to another: first packets of connections whose replies pass too.
///
/// A datagram needs no reply to carry something away: what gets there and is not answered may pass,
/// and the word for it is `Passing.oneWay`. TCP carries nothing without replies.
package struct Passing: Sendable {
    /// What is said of packets that get there while their replies are refused.
    package static let oneWay = "no reply comes back"

    /// Whatever really passes.
    package var may = PacketSet()
    /// What passes for sure: the same as `may` where everything is modelled.
    package var must = PacketSet()
    /// What may pass and is not sure to, by the conditions on which that hangs; parts may overlap.
    package var hanging: [[String]: PacketSet] = [:]
    /// All those conditions.
    package var unmodelled: [String] { Set(hanging.keys.joined()).sorted() }
}

extension Topology {
    /// What passes, in one family; from an endpoint to itself between the machines of a group.
    package func passing(
        from source: Int, to target: Int, _ family: Families
    ) throws(PacketSet.TooLarge) -> Passing {
        var passing = Passing()
        guard source != target || endpoints[source].isGroup else { return passing }
        let there = way(from: source, to: target)
        let back = way(from: target, to: source)
        let (answered, oneWay) = try passed(source, target, there, back, family, .may)
        passing.may = answered
        passing.must = answered
        let isOpen = (there + back).contains { !rules($0.gate, family).unmodelled.isEmpty }
        if isOpen, !(answered.isEmpty && oneWay.isEmpty) {
            passing.must = try passed(source, target, there, back, family, .must).answered
            let open = try passing.may.subtracting(passing.must)
            if !open.isEmpty { passing.hanging = conditions(of: open, there, back, family) }
        }
        guard !oneWay.isEmpty else { return passing }
        passing.may = try passing.may.union(oneWay).joined()
        try passing.hanging.add([[Passing.oneWay]: oneWay])
        return passing
    }

    /// What the gates on the way say to first packets, and to their replies, one after the other.
    ///
    /// For packets that pass perhaps: two sides that say the same to a packet let it pass, or do
    /// not, under the same conditions. Where the rules say too many different things, only rules
    /// that are the same from first to last say the same.
    package func readings(
        of packets: PacketSet, from source: Int, to target: Int, _ family: Families
    ) -> [[String]: PacketSet] {
        do throws(PacketSet.TooLarge) {
            return try heard(packets, from: source, to: target, family)
        } catch {
            var hasher = Hasher()
            for (gate, context) in way(from: source, to: target) + way(from: target, to: source) {
                rules(gate, family).hash(into: &hasher)
                hasher.combine(context)
            }
            return [["all rules \(hasher.finalize())"]: packets]
        }
    }

    private func heard(
        _ packets: PacketSet, from source: Int, to target: Int, _ family: Families
    ) throws(PacketSet.TooLarge) -> [[String]: PacketSet] {
        var heard: [[String]: PacketSet] = [:]
        for box in packets.boxes { try heard.add([[]: PacketSet(box)]) }
        for (gate, context) in way(from: source, to: target) {
            heard = try said(to: heard, gate, family, context)
        }
        let back = way(from: target, to: source)
            .filter { !rules($0.gate, family).unmodelled.isEmpty }
        guard !back.isEmpty else { return heard }
        var answered: [[String]: PacketSet] = [:]
        for (words, packets) in heard {
            for box in packets.boxes.flatMap(\.byKindOfReply) {
                var replies: [[String]: PacketSet] = [words: PacketSet(box.reply)]
                for (gate, context) in back {
                    replies = try said(to: replies, gate, family, context)
                }
                guard box.hasPorts else {
                    // Any reply answers any of these packets: all that is said belongs to each.
                    let said = replies.keys.sorted { $0.lexicographicallyPrecedes($1) }
                    try answered.add([said.flatMap { $0 + ["or"] }: PacketSet(box)])
                    continue
                }
                for (words, replies) in replies {
                    let requests = replies.boxes.compactMap {
                        $0.reply.with(.state, box[.state]).intersection(box)
                    }
                    try answered.add([words: try PacketSet(disjoint: requests)])
                }
            }
        }
        return answered
    }

    private func said(
        to heard: [[String]: PacketSet], _ gate: Int, _ family: Families, _ context: Box
    ) throws(PacketSet.TooLarge) -> [[String]: PacketSet] {
        let rules = rules(gate, family)
        guard !rules.unmodelled.isEmpty else { return heard }
        var told: [[String]: PacketSet] = [:]
        let gate = gates[gate]
        func name(_ owner: UInt32) -> String { gate.label(owner)?.name ?? "rule \(owner)" }
        for (words, packets) in heard {
            for box in packets.boxes {
                let seen = box.with(.arrival, context[.arrival])
                    .with(.departure, context[.departure])
                for (more, part) in try rules.readings(in: seen, name: name) {
                    try told.add([words + more: part.anywhere()])
                }
            }
        }
        return told
    }

    /// Packets that may pass by the conditions on which that hangs; all of them by all conditions,
    /// where the rules say too many different things.
    private func conditions(
        of packets: PacketSet, _ there: [(gate: Int, context: Box)],
        _ back: [(gate: Int, context: Box)], _ family: Families
    ) -> [[String]: PacketSet] {
        let words = Set((there + back).flatMap { rules($0.gate, family).unmodelled }).sorted()
        do throws(PacketSet.TooLarge) {
            var parts = try hanging(packets, there, back, family)
            parts[[]] = nil
            var rest = packets
            for part in parts.values { rest = try rest.subtracting(part) }
            // No gate alone is unsure of these.
            if !rest.isEmpty { try parts.add([words: rest]) }
            return parts
        } catch {
            return [words: packets]
        }
    }

    /// Asks gates that are not sure of some packets, or of their replies.
    private func hanging(
        _ packets: PacketSet, _ there: [(gate: Int, context: Box)],
        _ back: [(gate: Int, context: Box)], _ family: Families
    ) throws(PacketSet.TooLarge) -> [[String]: PacketSet] {
        var parts: [[String]: PacketSet] = [[]: packets.joined()]
        for (gate, context) in there {
            parts = try hanging(parts, rules(gate, family), context)
        }
        guard back.contains(where: { !rules($0.gate, family).unmodelled.isEmpty }) else {
            return parts
        }
        var answered: [[String]: PacketSet] = [:]
        for (words, packets) in parts {
            for box in packets.boxes.flatMap(\.byKindOfReply) {
                var replies: [[String]: PacketSet] = [words: PacketSet(box.reply)]
                for (gate, context) in back {
                    replies = try hanging(replies, rules(gate, family), context)
                }
                for (words, replies) in replies {
                    var requests = PacketSet()
                    // Replies of ICMP that differ answer the same request.
                    for reply in replies.boxes {
                        let request = reply.reply.with(.state, box[.state])
                        if let part = request.intersection(box) { try requests.insert(part) }
                    }
                    try answered.add([words: requests])
                }
            }
        }
        return answered
    }

    /// Parts by what hangs at one more gate too.
    private func hanging(
        _ parts: [[String]: PacketSet], _ rules: BoundedRules, _ context: Box
    ) throws(PacketSet.TooLarge) -> [[String]: PacketSet] {
        guard !rules.unmodelled.isEmpty else { return parts }
        var told: [[String]: PacketSet] = [:]
        for (words, packets) in parts {
            let sure = try filter(packets, rules.must, context)
            try told.add([words: sure])
            // Of replies some pass for sure, some perhaps, and some do not.
            for box in try filter(packets, rules.may, context).subtracting(sure).boxes {
                let seen = box.with(.arrival, context[.arrival])
                    .with(.departure, context[.departure])
                for (more, part) in try rules.conditions(of: seen) {
                    try told.add([Set(words + more).sorted(): part.anywhere()])
                }
            }
        }
        return told.filter { !$0.value.isEmpty }
    }

    private func passed(
        _ source: Int, _ target: Int, _ there: [(gate: Int, context: Box)],
        _ back: [(gate: Int, context: Box)], _ family: Families, _ bound: Bound
    ) throws(PacketSet.TooLarge) -> (answered: PacketSet, oneWay: PacketSet) {
        // Who lets all replies pass has no say about them.
        let back = back.filter { !rules($0.gate, family)[bound].allowsReplies }
        var answered = PacketSet()
        var oneWay = PacketSet()
        for question in questions(source, target, family) {
            var open = PacketSet(question)
            for (gate, context) in there where !open.isEmpty {
                open = try filter(open, rules(gate, family)[bound], context)
            }
            let own = try replied(open, back, family, bound)
            answered = try answered.union(own)
            guard !back.isEmpty else { continue }
            for box in try open.subtracting(own).boxes {
                for others in Self.datagrams {
                    if let part = box.narrowed(.protocolNumber, to: others) {
                        try oneWay.insert(part)
                    }
                }
            }
        }
        return (answered.joined(), oneWay.joined())
    }

    /// All protocols but TCP.
    private static let datagrams: [ClosedRange<UInt32>] = [0...5, 7...255]

    /// First packets of connections between the addresses of two endpoints.
    package func questions(_ source: Int, _ target: Int, _ family: Families) -> [Box] {
        let new = ConnectionState.new.rawValue
        let start = Box.everything.with(.state, new...new).with(.arrival, 0...0)
            .with(.departure, 0...0)
        return addresses(source, family).flatMap { from in
            addresses(target, family).map { start.with(.source, from).with(.destination, $0) }
        }
    }

    private func addresses(_ endpoint: Int, _ family: Families) -> [ClosedRange<UInt32>] {
        family == .v4 ? endpoints[endpoint].v4 : endpoints[endpoint].v6.compactMap(atoms.atoms)
    }

    private func rules(_ gate: Int, _ family: Families) -> BoundedRules {
        family == .v4 ? gates[gate].v4 : gates[gate].v6
    }

    /// What of a set a gate allows; interfaces are the gate's own business.
    private func filter(
        _ set: PacketSet, _ list: RuleList, _ context: Box
    ) throws(PacketSet.TooLarge) -> PacketSet {
        var passed = PacketSet()
        for box in set.boxes {
            let seen = box.with(.arrival, context[.arrival]).with(.departure, context[.departure])
            for part in try list.allowed(in: seen).joined().boxes {
                try passed.insert(part.with(.arrival, 0...0).with(.departure, 0...0))
            }
        }
        return passed
    }

    /// What of a set of first packets has replies that pass back.
    private func replied(
        _ set: PacketSet, _ back: [(gate: Int, context: Box)], _ family: Families,
        _ bound: Bound
    ) throws(PacketSet.TooLarge) -> PacketSet {
        guard !back.isEmpty else { return set }
        var answered = PacketSet()
        for box in set.boxes.flatMap(\.byKindOfReply) {
            var replies = PacketSet(box.reply)
            for (gate, context) in back where !replies.isEmpty {
                replies = try filter(replies, rules(gate, family)[bound], context)
            }
            for reply in replies.joined().boxes {
                let request = reply.reply.with(.state, box[.state])
                if let part = request.intersection(box) { try answered.insert(part) }
            }
        }
        return answered
    }
}

extension PacketSet {
    /// The packets without their interfaces: whichever lets one pass, it is the same.
    fileprivate func anywhere() throws(TooLarge) -> PacketSet {
        var packets = PacketSet()
        for box in boxes {
            try packets.insert(box.with(.arrival, 0...0).with(.departure, 0...0))
        }
        return packets
    }
}

extension RuleList {
    /// The first rule allows everything that is established.
    fileprivate var allowsReplies: Bool {
        let established = ConnectionState.established.rawValue
        guard let first = boxes.first, decisions[0] == .allow else { return false }
        return first.contains(.everything.with(.state, established...established))
    }
}

extension Box {
    /// ICMP has no ports to exchange: its replies are of other types and known by their state.
    private static let portless: [ClosedRange<UInt32>] = [1...1, 58...58]
    private static let others: [ClosedRange<UInt32>] = [0...0, 2...57, 59...255]

    /// Types of ICMP messages that ask, and of those that answer them: echo, timestamp and mask by
    /// RFC 792 and 950, echo by RFC 4443.
    private static let answers: [UInt32: [UInt32: UInt32]] = [
        1: [8: 0, 13: 14, 17: 18], 58: [128: 129],
    ]

    /// The box in parts whose replies look alike.
    fileprivate var byKindOfReply: [Box] {
        let messages = Self.portless.compactMap { narrowed(.protocolNumber, to: $0) }
            .flatMap { box in
                var parts: [Box] = []
                var next: UInt32 = 0
                for type in (Self.answers[box[.protocolNumber].lowerBound] ?? [:]).keys.sorted() {
                    parts += [next...type - 1, type...type].compactMap {
                        box.narrowed(.sourcePort, to: $0)
                    }
                    next = type + 1
                }
                return parts + [next...65_535].compactMap { box.narrowed(.sourcePort, to: $0) }
            }
        return messages + Self.others.compactMap { narrowed(.protocolNumber, to: $0) }
    }

    /// The type that answers a first message; any, where no one type does.
    private var typesOfReply: ClosedRange<UInt32> {
        let type = self[.sourcePort]
        let isFirst = self[.state].contains(ConnectionState.new.rawValue)
        guard isFirst, type.count == 1,
            let answer = Self.answers[self[.protocolNumber].lowerBound]?[type.lowerBound]
        else { return 0...65_535 }
        return answer...answer
    }

    /// A reply tells by its ports which packet it answers; only for parts by kind of reply.
    fileprivate var hasPorts: Bool { !Self.portless.contains(self[.protocolNumber]) }

    /// The reply's box: ends exchanged, the connection established.
    fileprivate var reply: Box {
        let established = ConnectionState.established.rawValue
        return with(.source, self[.destination]).with(.destination, self[.source])
            .with(.sourcePort, hasPorts ? self[.destinationPort] : typesOfReply)
            .with(.destinationPort, hasPorts ? self[.sourcePort] : 0...65_535)
            .with(.state, established...established)
    }
}
