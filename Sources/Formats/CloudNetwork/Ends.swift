internal import Packets
internal import Topology

/// Addresses of one end of a rule, in both families: those it holds for sure, and those it may.
struct Ends {
    var v4: [ClosedRange<UInt32>] = []
    var v6: [ClosedRange<UInt128>] = []
    var maybe4: [ClosedRange<UInt32>] = []
    var maybe6: [ClosedRange<UInt128>] = []
    /// Why there are any that it only may hold.
    var words: Set<String> = []

    static let everything = Ends(v4: [0 ... .max], v6: [0 ... .max])

    mutating func add(_ other: Ends) {
        v4 += other.v4
        v6 += other.v6
        maybe4 += other.maybe4
        maybe6 += other.maybe6
        words.formUnion(other.words)
    }

    /// The same addresses, none of which is sure.
    func unsure(_ word: String) -> Ends {
        Ends(maybe4: v4 + maybe4, maybe6: v6 + maybe6, words: words.union([word]))
    }

    /// Those of them that are private.
    func hidden() -> Ends {
        Ends(
            v4: (Parties.private4 + [StandIns.v4]).flatMap { block in
                (v4 + maybe4).filter(block.overlaps).map { $0.clamped(to: block) }
            },
            v6: Parties.private6.flatMap { block in
                (v6 + maybe6).filter(block.overlaps).map { $0.clamped(to: block) }
            })
    }

    mutating func merge() {
        v4 = v4.merged()
        v6 = v6.merged()
        maybe4 = maybe4.without(v4)
        maybe6 = maybe6.without(v6)
    }
}

/// Looks up whom a rule names; each answer is made once.
struct EndTable {
    private let network: CloudNetwork
    private let parties: Parties
    private var known: [Peer.Kind: Ends] = [:]

    init(_ network: CloudNetwork, _ parties: Parties) {
        self.network = network
        self.parties = parties
    }

    mutating func ends(_ peer: Peer) -> Ends {
        let ends = ends(peer.kind)
        return peer.unknown.map { ends.unsure($0) } ?? ends
    }

    /// Whoever is in a subnet besides the interfaces of which that is told: its block's other
    /// addresses for sure, unless several networks use them, and machines of unknown place perhaps.
    func inside(_ index: Int) -> Ends {
        let subnet = network.subnets[index]
        var (own4, own6) = (subnet.blocks.compactMap(\.v4), subnet.blocks.compactMap(\.v6))
        var others = Ends()
        for other in network.subnets.indices where other != index {
            others.v4 += network.subnets[other].blocks.compactMap(\.v4)
            others.v6 += network.subnets[other].blocks.compactMap(\.v6)
        }
        let taken = parties.all.filter { party in
            party.interface.map { network.interfaces[$0].subnet != nil } ?? false
        }
        var ends = Ends()
        let every = parties.all
        ends.v4 = own4.without(every.flatMap(\.v4) + [StandIns.v4] + others.v4)
        ends.v6 = own6.without(every.flatMap(\.v6) + [StandIns.v6] + others.v6)
        ends.maybe4 = own4.without(taken.flatMap(\.v4) + [StandIns.v4])
        ends.maybe6 = own6.without(taken.flatMap(\.v6) + [StandIns.v6])
        // Without a block it may be anywhere.
        if own4.isEmpty, own6.isEmpty { (own4, own6) = ([0 ... .max], [0 ... .max]) }
        for party in parties.all {
            guard party.interface.map({ network.interfaces[$0].subnet == nil }) ?? true else {
                continue
            }
            let (v4, v6) = (party.v4Within ?? party.v4, party.v6Within ?? party.v6)
            if v4.contains(where: { range in own4.contains(where: range.overlaps) }) {
                ends.maybe4 += party.v4
            }
            if v6.contains(where: { range in own6.contains(where: range.overlaps) }) {
                ends.maybe6 += party.v6
            }
        }
        ends.merge()
        if !ends.maybe4.isEmpty || !ends.maybe6.isEmpty {
            ends.words = ["who is in \(subnet.name)"]
        }
        return ends
    }

    /// Machines of other networks than one.
    func others(than own: String) -> Ends {
        var ends = Ends()
        for party in parties.all {
            let subnet = party.interface.flatMap { network.interfaces[$0].subnet }
            guard let other = subnet.flatMap({ network.subnets[$0].network }), other != own else {
                continue
            }
            ends.v4 += party.v4
            ends.v6 += party.v6
        }
        ends.merge()
        return ends
    }

    mutating func ends(_ kind: Peer.Kind) -> Ends {
        if let ends = known[kind] { return ends }
        var made = make(kind)
        made.merge()
        known[kind] = made
        return made
    }

    private mutating func make(_ kind: Peer.Kind) -> Ends {
        switch kind {
        case .everybody: return .everything
        case .span(let span): return ends(span)
        case .prefixList(let index):
            let list = network.prefixLists[index]
            guard list.isGiven else { return Ends.everything.unsure("entries of \(list.name)") }
            var sum = Ends()
            for span in list.spans { sum.add(ends(span)) }
            return sum
        case .group(let index):
            var ends = Ends()
            for party in parties.wearers[index] {
                ends.v4 += parties.all[party].v4
                ends.v6 += parties.all[party].v6
            }
            for party in parties.mayWear[index] {
                ends.maybe4 += parties.all[party].v4
                ends.maybe6 += parties.all[party].v6
                let interface = parties.all[party].interface.map { network.interfaces[$0] }
                ends.words.formUnion(interface?.unknownGroups ?? [])
            }
            return ends
        }
    }

    private func ends(_ span: Span) -> Ends {
        var ends = Ends()
        switch span {
        case .v4(let range): (ends.v4, ends.maybe4) = parties.v4(range)
        case .v6(let range): (ends.v6, ends.maybe6) = parties.v6(range)
        }
        if !ends.maybe4.isEmpty || !ends.maybe6.isEmpty {
            ends.words = ["private addresses that the input does not tell"]
        }
        return ends
    }
}
