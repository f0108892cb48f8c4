package import Confinement

/// What a drill with walls left out showed, beside what the table of techniques predicted.
package struct Ablation: Sendable, Equatable {
    /// A technique that one of the missing walls stands before, or that got through.
    package struct Line: Sendable, Equatable {
        package var id: String
        package var compartment: String
        /// Walls and standing obstacles that are left; empty: it is predicted to get through.
        package var left: [String]
        package var cell: Cell

        package var isPredictedThrough: Bool { left.isEmpty }
        /// What was seen is what the table said.
        package var agrees: Bool {
            switch cell {
            case .through: isPredictedThrough
            case .stopped: !isPredictedThrough
            case .inapplicable: true
            case .unrecorded, .couldNotRun: false
            }
        }
    }

    package let without: Walls
    package let lines: [Line]

    /// Nil when no wall was left out.
    package init?(_ matrix: Matrix) {
        guard matrix.without != [] else { return nil }
        without = matrix.without
        lines = matrix.techniques.flatMap { technique -> [Line] in
            matrix.columns.compactMap { column -> Line? in
                let cell = matrix.cell(technique, column)
                let walls = technique.walls(in: column.traits)
                guard cell.isThrough || !walls.isDisjoint(with: matrix.without) else { return nil }
                let left = Self.left(
                    of: technique, without: matrix.without, traits: column.traits)
                return Line(id: technique.id, compartment: column.name, left: left, cell: cell)
            }
        }
    }

    /// What still stands before a technique, by name.
    package static func left(
        of technique: Technique, without: Walls, traits: Set<String> = []
    ) -> [String] {
        let walls = technique.walls(in: traits).subtracting(without)
        return Walls.names.filter { walls.contains($0.wall) }.map(\.name)
            + technique.checks + (technique.standing.isEmpty ? [] : ["standing"])
    }

    package var through: [Line] { lines.filter(\.cell.isThrough) }
    package var differences: [Line] { lines.filter { !$0.agrees } }

    /// Ids that got through, with their compartments, in the table's order.
    package static func grouped(_ lines: [Line]) -> [(id: String, lines: [Line])] {
        var order: [String] = []
        var groups: [String: [Line]] = [:]
        for line in lines {
            if groups[line.id] == nil { order.append(line.id) }
            groups[line.id, default: []].append(line)
        }
        return order.map { ($0, groups[$0] ?? []) }
    }

    /// The layer that stopped a technique instead, by how many compartments saw it.
    package var instead: [(layer: String, count: Int)] {
        var counts: [String: Int] = [:]
        for line in lines {
            if case .stopped(let layers, _, _, _) = line.cell, let first = layers.first {
                counts[first, default: 0] += 1
            }
        }
        return counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
            .map { (layer: $0.key, count: $0.value) }
    }
}
