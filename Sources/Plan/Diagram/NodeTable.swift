// Diagram: rules as ordered decision diagrams in flat arrays (Bryant 1986; multi-terminal as in
// Fujita, McGeer and Yang 1997). Equal sets of packets are the same node, so comparing two lists
// costs one comparison, and counting is exact. It shares nothing with Cover but the types of
// Packets: each is the other's judge. Bounds: as many nodes as its maker allows.
internal import Packets

/// A node by its place in the arrays; the first three are the terminals.
typealias Node = UInt32

/// All nodes, each once.
struct NodeTable: Sendable {
    /// No rule has decided; refused; allowed.
    static let undecided: Node = 0
    static let refused: Node = 1
    static let allowed: Node = 2
    private static let terminals = 3

    /// The variable of each node: a bit of a packet, the first at the root, terminals below all.
    private(set) var levels: [UInt8] = [.max, .max, .max]
    /// Where the bit is 0, and where it is 1.
    private(set) var lows: [Node] = [0, 1, 2]
    private(set) var highs: [Node] = [0, 1, 2]
    private let limit: Int
    /// Open addressing; 0 is a free slot, because no terminal is ever looked up.
    private var slots: [Node]

    init(limit: Int) {
        self.limit = min(limit, Int(Node.max))
        slots = Array(repeating: 0, count: 1 << 12)
    }

    var count: Int { levels.count }

    static func isTerminal(_ node: Node) -> Bool { node < terminals }

    /// The node that decides by one bit; either child when both are the same.
    mutating func make(_ level: UInt8, _ low: Node, _ high: Node) throws(TooManyNodes) -> Node {
        if low == high { return low }
        var slot = hash(level, low, high)
        while slots[slot] != 0 {
            let node = Int(slots[slot])
            if levels[node] == level, lows[node] == low, highs[node] == high {
                return slots[slot]
            }
            slot = (slot + 1) & (slots.count - 1)
        }
        guard levels.count < limit else { throw TooManyNodes() }
        let node = Node(truncatingIfNeeded: levels.count)
        slots[slot] = node
        levels.append(level)
        lows.append(low)
        highs.append(high)
        if levels.count * 2 > slots.count { grow() }
        return node
    }

    private func hash(_ level: UInt8, _ low: Node, _ high: Node) -> Int {
        var word = UInt64(low) << 32 | UInt64(high)
        word = (word ^ UInt64(level)) &* 0x9E37_79B9_7F4A_7C15
        word ^= word >> 29
        return Int(truncatingIfNeeded: (word &* 0xBF58_476D_1CE4_E5B9) >> 20) & (slots.count - 1)
    }

    private mutating func grow() {
        slots = Array(repeating: 0, count: slots.count * 2)
        for node in Self.terminals..<levels.count {
            var slot = hash(levels[node], lows[node], highs[node])
            while slots[slot] != 0 { slot = (slot + 1) & (slots.count - 1) }
            slots[slot] = Node(truncatingIfNeeded: node)
        }
    }
}

/// The diagram would need more nodes than its maker allowed.
package struct TooManyNodes: Error {}
