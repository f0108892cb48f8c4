/// Where everything of a scene stands, in pixels.
struct Layout {
    static let gutter = 118.0
    private static let margin = 24.0
    private static let gap = 28.0
    private static let lane = 16.0
    private static let padding = 16.0
    private static let betweenBands = 14.0
    private static let emptyBand = 34.0
    private static let rounds = 24
    private static let gravity = 0.2

    private(set) var frames: [Frame]
    private(set) var bands: [(group: Int, frame: Frame)] = []
    /// For each edge the points from where it begins to where it ends; every second stretch, from
    /// the second on, is a curve between two rows.
    private(set) var paths: [[Point]] = []
    private(set) var width = 0.0
    private(set) var bottom = 0.0

    private let scene: Scene
    private let ranks: Ranks
    private let lanes: Lanes
    private var centres: [Double]
    private var middle = 0.0
    private var tops: [Double] = []
    private var bottoms: [Double] = []
    /// For each edge its ports' offsets from the middle of the upper and of the lower box.
    private var starts: [Double]
    private var ends: [Double]
    /// For each node the edges of which it is the upper end, and the lower.
    private var begins: [[Int]]
    private var arrives: [[Int]]
    /// For each cell what it is joined to in the rows beside its own.
    private var joints: [[(other: Int, isUp: Bool, edge: Int)]]

    init(_ scene: Scene, top: Double) {
        self.scene = scene
        ranks = Ranks(scene)
        lanes = Lanes(scene, ranks)
        frames = scene.nodes.map(Self.size)
        centres = [Double](repeating: 0, count: lanes.row.count)
        starts = [Double](repeating: 0, count: scene.edges.count)
        ends = starts
        begins = Array(repeating: [], count: scene.nodes.count)
        arrives = begins
        joints = Array(repeating: [], count: lanes.row.count)
        for (edge, chain) in lanes.chains.enumerated() {
            begins[chain[0]].append(edge)
            arrives[chain[chain.count - 1]].append(edge)
            for (upper, lower) in zip(chain, chain.dropFirst()) {
                joints[upper].append((lower, false, edge))
                joints[lower].append((upper, true, edge))
            }
        }
        placeAcross()
        placeDown(from: top)
        route()
    }

    /// A box as large as its text.
    private static func size(_ node: Scene.Node) -> Frame {
        let name = Metrics.short(node.name, limit: Metrics.nameMax)
        let texts = node.lines + node.published
        let widest = texts.map { Metrics.width($0, size: Metrics.lineSize) }.max() ?? 0
        let own = Metrics.width(name, size: Metrics.nameSize, isBold: true)
        let count = Double(texts.count)
        let isRound = node.kind == .outside || node.kind == .anybody
        return Frame(
            x: 0, y: 0, width: max(own, widest) + (isRound ? 36 : 28),
            height: isRound ? 30 + count * Metrics.lineHeight : 31 + count * Metrics.lineHeight)
    }

    private func half(_ cell: Int) -> Double {
        cell < lanes.nodes ? frames[cell].width / 2 : Self.lane / 2
    }

    private func space(_ left: Int, _ right: Int) -> Double {
        let isLane = left >= lanes.nodes && right >= lanes.nodes
        return half(left) + half(right) + (isLane ? 2 : Self.gap * 0.6)
    }

    /// Columns: each cell as near to what it is joined to as its neighbours let it.
    private mutating func placeAcross() {
        for cells in lanes.rows {
            var x = 0.0
            for (index, cell) in cells.enumerated() {
                if index > 0 { x += space(cells[index - 1], cell) }
                centres[cell] = x
            }
            let shift = x / 2
            for cell in cells { centres[cell] -= shift }
        }
        for round in 0..<Self.rounds {
            let isDown = round % 2 == 0
            findMiddle()
            for index in isDown ? Array(lanes.rows.indices) : lanes.rows.indices.reversed() {
                settle(lanes.rows[index], up: isDown, down: !isDown)
            }
        }
        // Then with the ports where lines really begin and end, so that they are straight there.
        for round in 0..<Self.rounds {
            if round % 4 == 0 { placePorts() }
            findMiddle()
            let isDown = round % 2 == 0
            for index in isDown ? Array(lanes.rows.indices) : lanes.rows.indices.reversed() {
                settle(lanes.rows[index], up: true, down: true)
            }
        }
        for _ in 0..<3 { straighten() }
        placePorts()
        let left = lanes.row.indices.map { centres[$0] - half($0) }.min() ?? 0
        let shift = Self.margin + Self.gutter + Self.padding - left
        for cell in centres.indices { centres[cell] += shift }
        let right = lanes.row.indices.map { centres[$0] + half($0) }.max() ?? 0
        width = max(right + Self.padding + Self.margin, 620)
        // A narrow picture stands in the middle of its bands.
        let slack = (width - Self.margin - Self.padding - right) / 2
        for cell in centres.indices { centres[cell] += max(slack, 0) }
        for node in frames.indices { frames[node].x = centres[node] - frames[node].width / 2 }
    }

    /// The middle of all boxes that lines join.
    private mutating func findMiddle() {
        let joined = scene.nodes.indices.filter { !joints[$0].isEmpty }
        guard !joined.isEmpty else { return }
        middle = joined.reduce(0.0) { $0 + centres[$1] } / Double(joined.count)
    }

    /// Least squares with the order and the distances kept (pool adjacent violators).
    private mutating func settle(_ cells: [Int], up: Bool, down: Bool) {
        guard !cells.isEmpty else { return }
        var offsets = [0.0]
        for (left, right) in zip(cells, cells.dropFirst()) {
            offsets.append((offsets.last ?? 0) + space(left, right))
        }
        var blocks: [(sum: Double, weight: Double, count: Int)] = []
        for (index, cell) in cells.enumerated() {
            let (wanted, weight) = pull(cell, up: up, down: down)
            blocks.append(((wanted - offsets[index]) * weight, weight, 1))
            while blocks.count > 1 {
                let last = blocks[blocks.count - 1]
                let before = blocks[blocks.count - 2]
                guard before.sum / before.weight > last.sum / last.weight else { break }
                blocks.removeLast(2)
                blocks.append(
                    (before.sum + last.sum, before.weight + last.weight, before.count + last.count))
            }
        }
        var index = 0
        for block in blocks {
            for _ in 0..<block.count {
                centres[cells[index]] = block.sum / block.weight + offsets[index]
                index += 1
            }
        }
    }

    /// Gives neighbouring lanes of a line one column where those beside them leave room for it.
    private mutating func straighten() {
        var places = [Int](repeating: 0, count: lanes.row.count)
        for cells in lanes.rows {
            for (place, cell) in cells.enumerated() { places[cell] = place }
        }
        for chain in lanes.chains where chain.count > 3 {
            var run: [Int] = []
            var room = -Double.infinity...Double.infinity
            for cell in chain.dropFirst().dropLast() {
                let own = self.room(of: cell, places[cell])
                if own.overlaps(room) {
                    room = own.clamped(to: room)
                } else {
                    align(run, room)
                    run = []
                    room = own
                }
                run.append(cell)
            }
            align(run, room)
        }
    }

    private mutating func align(_ run: [Int], _ room: ClosedRange<Double>) {
        guard run.count > 1 else { return }
        let sorted = run.map { centres[$0] }.sorted()
        let column = min(max(sorted[sorted.count / 2], room.lowerBound), room.upperBound)
        for cell in run { centres[cell] = column }
    }

    /// Where a cell can be while its neighbours stay.
    private func room(of cell: Int, _ place: Int) -> ClosedRange<Double> {
        let cells = lanes.rows[lanes.row[cell]]
        let least =
            place > 0 ? centres[cells[place - 1]] + space(cells[place - 1], cell) : -.infinity
        let most =
            place + 1 < cells.count
            ? centres[cells[place + 1]] - space(cell, cells[place + 1]) : .infinity
        return least...max(least, most)
    }

    /// Where the lines of a cell want it, and how much: long lines are straight before short ones.
    private func pull(_ cell: Int, up: Bool, down: Bool) -> (wanted: Double, weight: Double) {
        var sum = 0.0
        var weight = 0.0
        for joint in joints[cell] where joint.isUp ? up : down {
            let isLane = cell >= lanes.nodes
            let isOther = joint.other >= lanes.nodes
            let pull = isLane && isOther ? 8.0 : isLane || isOther ? 2.0 : 1.0
            let isFirst = lanes.chains[joint.edge][0] == cell
            let own = isLane ? 0 : (isFirst ? starts : ends)[joint.edge]
            let there =
                isOther
                ? 0 : (lanes.chains[joint.edge][0] == joint.other ? starts : ends)[joint.edge]
            sum += pull * (centres[joint.other] + there - own)
            weight += pull
        }
        // What nothing holds stands near the middle, not where it happened to begin.
        if cell < lanes.nodes {
            let pull = joints[cell].isEmpty ? Self.gravity : Self.gravity / 100
            sum += pull * middle
            weight += pull
        }
        return (sum / weight, weight)
    }

    /// The ports of each box, in the order of what they lead to: offsets from its middle.
    private mutating func placePorts() {
        for node in scene.nodes.indices {
            spread(begins[node], node, { $0[1] }, \.starts)
            spread(arrives[node], node, { $0[$0.count - 2] }, \.ends)
        }
    }

    private mutating func spread(
        _ edges: [Int], _ node: Int, _ next: ([Int]) -> Int,
        _ places: WritableKeyPath<Layout, [Double]>
    ) {
        guard !edges.isEmpty else { return }
        let keys = edges.map { centres[next(lanes.chains[$0])] }
        let sorted = edges.indices.sorted { (keys[$0], edges[$0]) < (keys[$1], edges[$1]) }
        let room = frames[node].width - 28
        let step = edges.count > 1 ? min(15, room / Double(edges.count - 1)) : 0
        for (index, place) in sorted.enumerated() {
            self[keyPath: places][edges[place]] =
                (Double(index) - Double(edges.count - 1) / 2) * step
        }
    }

    private mutating func placeDown(from top: Double) {
        var y = top
        var bandTop = top
        for (index, cells) in lanes.rows.enumerated() {
            let group = ranks.groups[index]
            let isFirst = index == 0 || ranks.groups[index - 1] != group
            let isLast = index == lanes.rows.count - 1 || ranks.groups[index + 1] != group
            let isFramed = group.map { scene.groups[$0].isFramed } ?? false
            if isFirst {
                bandTop = y
                if isFramed { y += Self.padding }
            }
            let nodes = cells.filter { $0 < lanes.nodes }
            let height = nodes.map { frames[$0].height }.max() ?? 0
            tops.append(y)
            for node in nodes { frames[node].y = y + (height - frames[node].height) / 2 }
            y += nodes.isEmpty ? Self.emptyBand - 2 * Self.padding + 8 : height
            bottoms.append(y)
            if isLast, isFramed, let group {
                y += Self.padding
                bands.append(
                    (
                        group,
                        Frame(
                            x: Self.margin, y: bandTop, width: width - 2 * Self.margin,
                            height: y - bandTop)
                    ))
            }
            guard index < lanes.rows.count - 1 else { break }
            let lines = lanes.chains.count { chain in
                lanes.row[chain[0]] <= index && lanes.row[chain[chain.count - 1]] > index
            }
            let room = 26 + min(Double(lines) * 2.5, 46)
            y += isLast ? max(room - Self.padding * (isFramed ? 2 : 1), Self.betweenBands) : room
        }
        bottom = y
    }

    /// Lines: from ports of one box through lanes to ports of the other.
    private mutating func route() {
        for (edge, chain) in lanes.chains.enumerated() {
            let upper = chain[0]
            let lower = chain[chain.count - 1]
            let start = frames[upper].middle + starts[edge]
            let end = frames[lower].middle + ends[edge]
            var points = [
                Point(x: start, y: frames[upper].bottom),
                Point(x: start, y: bottoms[lanes.row[upper]]),
            ]
            for cell in chain.dropFirst().dropLast() {
                points.append(Point(x: centres[cell], y: tops[lanes.row[cell]]))
                points.append(Point(x: centres[cell], y: bottoms[lanes.row[cell]]))
            }
            points.append(Point(x: end, y: tops[lanes.row[lower]]))
            points.append(Point(x: end, y: frames[lower].y))
            paths.append(scene.edges[edge].from == upper ? points : points.reversed())
        }
    }
}
