internal import Packets
internal import Ruleset
internal import Topology

/// New connections on their way through the chains of a hook that rewrites destinations: a set of
/// packets as they go in, and what of it comes out.
struct Translation {
    enum Failed: Error {
        case tooLarge
        case unfolding(UnfoldingError)
    }

    struct Arrival {
        var box: Box
        /// The rule that gave it its destination.
        var owner: UInt32
        var isRewritten: Bool
        /// It is for the machine itself, by whatever address.
        var isOwn: Bool
    }

    private let ruleset: Ruleset
    private let unfolding: Unfolding
    private let family: Families
    private let atoms: AddressAtoms
    private let hook: Hook
    private let bound: Bound
    private var open: [Arrival]

    init(
        _ ruleset: Ruleset, _ unfolding: Unfolding, _ family: Families, _ atoms: AddressAtoms,
        _ hook: Hook, _ bound: Bound
    ) {
        self.ruleset = ruleset
        self.unfolding = unfolding
        self.family = family
        self.atoms = atoms
        self.hook = hook
        self.bound = bound
        // Before the way is chosen there is no departure.
        let box: Box =
            hook == .output
            ? .sent.with(.departure, Box.leaving[.departure])
            : .received.with(.departure, 0...0)
        open = [Arrival(box: box.in(.new), owner: .max, isRewritten: false, isOwn: false)]
    }

    /// What has come through, as the next hooks see it.
    var arrivals: [Arrival] {
        guard hook != .output else { return open.filter { !$0.isOwn } }
        return open.map { arrival in
            guard !arrival.isOwn else { return arrival }
            var arrival = arrival
            arrival.box = arrival.box.with(.departure, 0...Field.departure.last)
            return arrival
        }
    }

    /// Leaves packets alone.
    mutating func leave(out boxes: [Box]) throws(Failed) {
        var rest: [Arrival] = []
        for arrival in open {
            do throws(PacketSet.TooLarge) {
                var packets = PacketSet(arrival.box)
                for box in boxes { try packets.remove(box) }
                rest += packets.boxes.map { box in
                    var own = arrival
                    own.box = box
                    return own
                }
            } catch { throw .tooLarge }
        }
        open = rest
    }

    /// Sends everything through a base chain.
    mutating func pass(_ base: Int) throws(Failed) {
        let written: WrittenRules
        do throws(UnfoldingError) { written = try unfolding.written(of: base) } catch {
            throw .unfolding(error)
        }
        let isTranslating = ruleset.chains[base].base?.kind == .nat
        var passed: [Arrival] = []
        for arrival in open {
            // Only the first translation counts.
            if isTranslating, arrival.isRewritten {
                passed.append(arrival)
            } else {
                passed += try pass(arrival, written)
            }
            guard passed.count <= Machine.Limits.translated else { throw .tooLarge }
        }
        open = passed
    }

    private func pass(
        _ arrival: Arrival, _ written: WrittenRules
    ) throws(Failed) -> [Arrival] {
        var passed: [Arrival] = []
        var doubtful: [Int] = []
        for index in written.unsure.sorted()
        where written.list.boxes[index].overlaps(arrival.box) { doubtful.append(index) }
        do throws(PacketSet.TooLarge) {
            for cell in try written.list.cells(in: arrival.box) where cell.isAllowed {
                var packets = cell.packets
                if bound == .must {
                    // Whatever an open rule may take has no sure way.
                    for index in doubtful { try packets.remove(written.list.boxes[index]) }
                }
                for box in packets.joined().boxes { passed += come(box, arrival, cell.owner) }
            }
        } catch { throw .tooLarge }
        guard bound == .may else { return passed }
        for index in doubtful {
            guard let box = written.list.boxes[index].intersection(arrival.box) else { continue }
            passed += come(box, arrival, written.list.owners[index])
        }
        return passed
    }

    /// What becomes of packets that a rule decides, or none.
    private func come(_ box: Box, _ arrival: Arrival, _ owner: UInt32?) -> [Arrival] {
        var next = arrival
        next.box = box
        guard let owner, let place = unfolding.rule(of: owner) else { return [next] }
        switch ruleset.chains[place.chain].rules[place.rule].action {
        case .rewrite(let rewrite) where rewrite.side == .destination:
            return rewritten(next, rewrite, owner)
        case .drop, .reject: return []
        default: return [next]
        }
    }

    private func rewritten(
        _ arrival: Arrival, _ rewrite: Rewrite, _ owner: UInt32
    ) -> [Arrival] {
        var next = arrival
        next.owner = owner
        next.isRewritten = true
        next.isOwn = rewrite.isOwnAddress
        // Which of several addresses or ports it is, nobody knows before.
        let isOne = (rewrite.address?.count ?? 1) == 1 && (rewrite.port?.count ?? 1) == 1
        guard isOne || bound == .may else { return [] }
        if let address = rewrite.address {
            guard let values = family.values(address, atoms) else { return [] }
            next.box = next.box.with(.destination, values)
        } else if rewrite.isOwnAddress {
            next.box = next.box.with(.destination, 0...Field.destination.last)
        }
        if let port = rewrite.port {
            next.box = next.box.with(
                .destinationPort, UInt32(port.lowerBound)...UInt32(port.upperBound))
        }
        return [next]
    }
}
