/// Rows of cells: boxes, and lanes that long lines have through the rows between their ends; in an
/// order in which few lines cross.
struct Lanes {
    private static let sweeps = 16

    /// Cells of each row from left to right: nodes, then lanes by `lane`.
    private(set) var rows: [[Int]]
    /// The row of each cell.
    private(set) var row: [Int]
    /// The cells of each edge from the upper end to the lower.
    private(set) var chains: [[Int]] = []
    private var above: [[Int]]
    private var below: [[Int]]
    let nodes: Int

    init(_ scene: Scene, _ ranks: Ranks) {
        nodes = scene.nodes.count
        rows = ranks.rows
        row = [Int](repeating: 0, count: scene.nodes.count)
        for (index, members) in ranks.rows.enumerated() {
            for node in members { row[node] = index }
        }
        for edge in scene.edges {
            let isDown = row[edge.from] < row[edge.to]
            let upper = isDown ? edge.from : edge.to
            let lower = isDown ? edge.to : edge.from
            var chain = [upper]
            if row[lower] > row[upper] + 1 {
                for between in row[upper] + 1..<row[lower] {
                    chain.append(row.count)
                    rows[between].append(row.count)
                    row.append(between)
                }
            }
            chains.append(chain + [lower])
        }
        above = Array(repeating: [], count: row.count)
        below = above
        for chain in chains {
            for (upper, lower) in zip(chain, chain.dropFirst()) where row[upper] != row[lower] {
                below[upper].append(lower)
                above[lower].append(upper)
            }
        }
        order()
    }

    func neighbours(_ cell: Int, up: Bool) -> [Int] { up ? above[cell] : below[cell] }

    private mutating func order() {
        var best = rows
        var fewest = crossings()
        for sweep in 0..<Self.sweeps where fewest > 0 {
            let isDown = sweep % 2 == 0
            for index in isDown ? Array(rows.indices) : rows.indices.reversed() {
                arrange(index, up: isDown)
            }
            let count = crossings()
            if count < fewest {
                fewest = count
                best = rows
            }
        }
        rows = best
    }

    /// Sorts a row by the middle of what each cell is joined to in the row above, or below.
    private mutating func arrange(_ index: Int, up: Bool) {
        var places = [Double](repeating: 0, count: row.count)
        for cells in rows {
            for (place, cell) in cells.enumerated() {
                places[cell] = (Double(place) + 0.5) / Double(cells.count)
            }
        }
        let keys = rows[index].map { cell in
            let others = neighbours(cell, up: up)
            guard !others.isEmpty else { return places[cell] }
            return others.reduce(0.0) { $0 + places[$1] } / Double(others.count)
        }
        rows[index] = rows[index].indices.sorted { (keys[$0], $0) < (keys[$1], $1) }
            .map { rows[index][$0] }
    }

    private func crossings() -> Int {
        var places = [Int](repeating: 0, count: row.count)
        for cells in rows {
            for (place, cell) in cells.enumerated() { places[cell] = place }
        }
        var count = 0
        for cells in rows {
            let lines = cells.flatMap { cell in
                below[cell].map { (places[cell], places[$0]) }
            }
            for (index, line) in lines.enumerated() {
                for other in lines[(index + 1)...] {
                    if (line.0 < other.0 && line.1 > other.1)
                        || (line.0 > other.0 && line.1 < other.1)
                    {
                        count += 1
                    }
                }
            }
        }
        return count
    }
}
