package import Confinement

/// Compartment by technique: what stopped each attempt, and who knows of it.
package struct Matrix: Sendable, Equatable {
    /// One compartment's row of cells.
    package struct Column: Sendable, Equatable {
        package var name: String
        /// Why the probe was not in the program's place; nil when it was.
        package var difference: String?
        /// What its role and plan give it: `Technique.yields` speaks of these.
        package var traits: Set<String>
        /// By technique id.
        package var cells: [String: Cell]

        package init(
            name: String, difference: String? = nil, traits: Set<String> = [],
            cells: [String: Cell] = [:]
        ) {
            self.name = name
            self.traits = traits
            self.difference = difference
            self.cells = cells
        }
    }

    package var platform: String
    package var file: String
    package var without: Walls
    /// On the running platform, without what disturbs.
    package var isLive: Bool
    package var milliseconds: UInt64
    package var techniques: [Technique]
    package var proofs: [String: Proof]
    package var columns: [Column]
    /// Whole parts of the drill that went wrong: what, in a sentence.
    package var troubles: [String]

    package init(platform: String, file: String, techniques: [Technique], columns: [Column]) {
        self.platform = platform
        self.file = file
        without = []
        isLive = false
        milliseconds = 0
        self.techniques = techniques
        proofs = [:]
        self.columns = columns
        troubles = []
    }

    /// How many cells came to what.
    package struct Totals: Sendable, Equatable {
        package var stopped = 0
        package var logged = 0
        package var through = 0
        package var unrecorded = 0
        package var couldNotRun = 0
        package var inapplicable = 0
        /// Techniques that the open twin could not show to work, though it must.
        package var unproven = 0
    }

    package var totals: Totals {
        var totals = Totals()
        for column in columns {
            for technique in techniques {
                switch cell(technique, column) {
                case .stopped(_, _, let trace, _):
                    totals.stopped += 1
                    if trace != .nothing { totals.logged += 1 }
                case .through: totals.through += 1
                case .unrecorded: totals.unrecorded += 1
                case .couldNotRun: totals.couldNotRun += 1
                case .inapplicable: totals.inapplicable += 1
                }
            }
        }
        totals.unproven = techniques.count { technique in
            if case .failed? = proofs[technique.id] { return true }
            return proofs[technique.id] == nil
        }
        return totals
    }

    /// Nothing got through, everything ran, everything that must be on record is.
    package var passed: Bool {
        let totals = totals
        return totals.through + totals.unrecorded + totals.couldNotRun + totals.unproven == 0
            && troubles.isEmpty && !columns.isEmpty && columns.allSatisfy { $0.difference == nil }
    }

    /// A technique without a cell was not run.
    package func cell(_ technique: Technique, _ column: Column) -> Cell {
        column.cells[technique.id] ?? .couldNotRun("not run")
    }

    /// Cells that make the drill fail, in the order of techniques.
    package var failures: [(technique: Technique, compartment: String, cell: Cell)] {
        techniques.flatMap { technique in
            columns.compactMap { column in
                let cell = cell(technique, column)
                return cell.isFailure ? (technique, column.name, cell) : nil
            }
        }
    }

    /// Techniques that one wall, or one check of a program, alone stops and nothing else: by its
    /// name.
    package var singles: [(wall: String, techniques: [String])] {
        let walls = Walls.names.map { name, wall in
            (
                name,
                techniques.filter {
                    $0.walls == wall && $0.checks.isEmpty && $0.standing.isEmpty
                }.map(\.id)
            )
        }
        let bare = techniques.filter {
            $0.walls.isEmpty && $0.standing.isEmpty && $0.checks.count == 1
        }
        var checks: [String] = []
        for check in bare.flatMap(\.checks) where !checks.contains(check) { checks.append(check) }
        let single = checks.map { check in
            (check, bare.filter { $0.checks == [check] }.map(\.id))
        }
        return (walls + single).filter { !$0.1.isEmpty }.map { (wall: $0.0, techniques: $0.1) }
    }

    /// How many attempts each layer stopped.
    package var layers: [(layer: Layer, stopped: Int)] {
        var counts: [Layer: Int] = [:]
        for column in columns {
            for technique in techniques {
                guard case .stopped(let by, _, _, _) = cell(technique, column),
                    let first = by.first
                else { continue }
                counts[technique.layer(of: first), default: 0] += 1
            }
        }
        return Layer.allCases.compactMap { layer in counts[layer].map { (layer, $0) } }
    }
}
