/// Ordered maps from keys to slots in one bounded pool of nodes: 64-way tries with a bit for each
/// child, as high as their largest key needs.
///
/// The lowest, the highest and the next key are found by counting zero bits, one word a storey.
public struct Ladders: Sendable {
    /// No node, no slot.
    public static let none = UInt32.max
    /// Most storeys of one ladder: six bits of a key each.
    public static let storeysMax = 11

    /// One ladder: where it begins.
    public struct Root: Sendable {
        @usableFromInline var node = Ladders.none
        @usableFromInline var storeys: UInt64 = 0

        /// Empty.
        public init() {}

        /// No key is in it.
        @inlinable
        public var isEmpty: Bool { node == Ladders.none }
    }

    @usableFromInline var bitmaps: [UInt64] = []
    @usableFromInline var children: [UInt32] = []
    @usableFromInline var parents: [UInt32] = []
    @usableFromInline var free = Ladders.none
    /// Nodes in use.
    @usableFromInline var used = 0
    private let nodesMax: Int

    /// Empty, with at most that many nodes of 268 bytes in all ladders.
    public init(nodesMax: Int) {
        self.nodesMax = min(max(nodesMax, 0), Int(Self.none))
    }

    /// Any one key still finds its nodes.
    public var hasRoom: Bool { used + 2 * Self.storeysMax <= nodesMax }

    /// The slot at a key of a leaf that `leaf(of:in:)` gave, `none` when the key is not there.
    @inlinable
    public func slot(at leaf: UInt32, _ key: UInt64) -> UInt32 {
        let place = key & 63
        guard bitmaps[Int(leaf)] & (1 &<< place) != 0 else { return Self.none }
        return children[Int(leaf) << 6 + Int(place)]
    }

    /// The slot at a key, `none` when the key is not there.
    @inlinable
    public func find(_ key: UInt64, in root: Root) -> UInt32 {
        guard !root.isEmpty, key >> (6 * root.storeys) == 0 else { return Self.none }
        var node = root.node
        var shift = 6 &* (root.storeys &- 1)
        while true {
            let place = (key &>> shift) & 63
            guard bitmaps[Int(node)] & (1 &<< place) != 0 else { return Self.none }
            node = children[Int(node) << 6 + Int(place)]
            if shift == 0 { return node }
            shift &-= 6
        }
    }

    /// The leaf of a key, made when it is not there: put something into it before anything else.
    @inlinable
    public mutating func leaf(of key: UInt64, in root: inout Root) -> UInt32 {
        if root.isEmpty || key >> (6 * root.storeys) != 0 { raise(&root, to: key) }
        var node = root.node
        var shift = 6 &* (root.storeys &- 1)
        while shift > 0 {
            let place = (key &>> shift) & 63
            if bitmaps[Int(node)] & (1 &<< place) != 0 {
                node = children[Int(node) << 6 + Int(place)]
            } else {
                let made = make(under: node)
                bitmaps[Int(node)] |= 1 &<< place
                children[Int(node) << 6 + Int(place)] = made
                node = made
            }
            shift &-= 6
        }
        return node
    }

    /// Puts a slot at a key of its leaf.
    @inlinable
    public mutating func put(_ slot: UInt32, at leaf: UInt32, _ key: UInt64) {
        let place = key & 63
        bitmaps[Int(leaf)] |= 1 &<< place
        children[Int(leaf) << 6 + Int(place)] = slot
    }

    /// Takes a key out of its leaf, and with it the nodes that are empty then.
    @inlinable
    public mutating func remove(_ key: UInt64, from leaf: UInt32, in root: inout Root) {
        var node = leaf
        var rest = key
        while true {
            bitmaps[Int(node)] &= ~(1 &<< (rest & 63))
            if bitmaps[Int(node)] != 0 { return }
            let parent = parents[Int(node)]
            release(node)
            if parent == Self.none {
                root = Root()
                return
            }
            node = parent
            rest &>>= 6
        }
    }

    /// The slot of the lowest key, `none` in an empty ladder.
    @inlinable
    public func lowest(in root: Root) -> UInt32 {
        root.isEmpty ? Self.none : lowest(under: root.node, root.storeys)
    }

    /// The slot of the highest key, `none` in an empty ladder.
    @inlinable
    public func highest(in root: Root) -> UInt32 {
        root.isEmpty ? Self.none : highest(under: root.node, root.storeys)
    }

    /// The slot of the next higher key than one of this leaf, `none` behind the highest.
    public func above(_ key: UInt64, from leaf: UInt32) -> UInt32 {
        var node = leaf
        var rest = key
        var storey: UInt64 = 0
        while node != Self.none {
            let higher = bitmaps[Int(node)] & ~(UInt64.max >> (63 - (rest & 63)))
            if higher != 0 {
                let child = children[Int(node) << 6 + higher.trailingZeroBitCount]
                return storey == 0 ? child : lowest(under: child, storey)
            }
            node = parents[Int(node)]
            rest >>= 6
            storey += 1
        }
        return Self.none
    }

    /// The slot of the next lower key than one of this leaf, `none` below the lowest.
    public func below(_ key: UInt64, from leaf: UInt32) -> UInt32 {
        var node = leaf
        var rest = key
        var storey: UInt64 = 0
        while node != Self.none {
            let lower = bitmaps[Int(node)] & ((1 << (rest & 63)) - 1)
            if lower != 0 {
                let child = children[Int(node) << 6 + 63 - lower.leadingZeroBitCount]
                return storey == 0 ? child : highest(under: child, storey)
            }
            node = parents[Int(node)]
            rest >>= 6
            storey += 1
        }
        return Self.none
    }

    @inlinable
    func lowest(under start: UInt32, _ storeys: UInt64) -> UInt32 {
        var node = start
        for _ in 0..<storeys {
            node = children[Int(node) << 6 + bitmaps[Int(node)].trailingZeroBitCount]
        }
        return node
    }

    @inlinable
    func highest(under start: UInt32, _ storeys: UInt64) -> UInt32 {
        var node = start
        for _ in 0..<storeys {
            node = children[Int(node) << 6 + 63 - bitmaps[Int(node)].leadingZeroBitCount]
        }
        return node
    }

    @usableFromInline
    mutating func raise(_ root: inout Root, to key: UInt64) {
        if root.isEmpty {
            root.node = make(under: Self.none)
            root.storeys = 1
            while key >> (6 * root.storeys) != 0 { root.storeys += 1 }
            return
        }
        while key >> (6 * root.storeys) != 0 {
            let top = make(under: Self.none)
            bitmaps[Int(top)] = 1
            children[Int(top) << 6] = root.node
            parents[Int(root.node)] = top
            root.node = top
            root.storeys += 1
        }
    }

    @usableFromInline
    mutating func make(under parent: UInt32) -> UInt32 {
        used += 1
        if free != Self.none {
            let node = free
            free = parents[Int(node)]
            bitmaps[Int(node)] = 0
            parents[Int(node)] = parent
            return node
        }
        let node = UInt32(bitmaps.count)
        bitmaps.append(0)
        parents.append(parent)
        for _ in 0..<64 { children.append(Self.none) }
        return node
    }

    @usableFromInline
    mutating func release(_ node: UInt32) {
        used -= 1
        parents[Int(node)] = free
        free = node
    }
}
