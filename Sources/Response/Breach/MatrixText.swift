internal import Confinement

/// A matrix as text for people: a table by family, then totals, then what was found.
package enum MatrixText {
    /// Compartments side by side in one table; more of them make another table.
    private static let columnsMax = 5
    /// Findings of one kind that are listed one by one.
    private static let listedMax = 200

    package static func lines(_ matrix: Matrix) -> [String] {
        var lines = [heading(matrix), ""]
        var start = 0
        while start < matrix.columns.count {
            let end = min(start + columnsMax, matrix.columns.count)
            lines += table(matrix, Array(matrix.columns[start..<end])) + [""]
            start = end
        }
        lines += legend + [""] + totals(matrix)
        lines += findings(matrix)
        if let ablation = Ablation(matrix) { lines += [""] + self.ablation(ablation) }
        lines += ["", verdict(matrix)]
        return lines
    }

    private static func heading(_ matrix: Matrix) -> String {
        let walls =
            matrix.without == []
            ? "all walls stand"
            : "WITHOUT " + names(matrix.without).joined(separator: ", ")
        return "breach drill: \(matrix.platform), \(matrix.columns.count) compartments, "
            + "\(matrix.techniques.count) techniques, \(seconds(matrix.milliseconds)); \(walls)"
            + (matrix.isLive ? "; live, without what disturbs" : "")
    }

    private static func seconds(_ milliseconds: UInt64) -> String {
        "\(milliseconds / 1000).\(milliseconds % 1000 / 100) s"
    }

    static func names(_ walls: Walls) -> [String] {
        Walls.names.filter { walls.contains($0.wall) }.map(\.name)
    }

    private static func table(_ matrix: Matrix, _ columns: [Matrix.Column]) -> [String] {
        var rows = [["TECHNIQUE", "ATT&CK", "OPEN"] + columns.map(\.name)]
        var family = ""
        for technique in byFamily(matrix.techniques) {
            if technique.family != family {
                family = technique.family
                rows.append([title(of: family)])
            }
            rows.append(
                ["  " + technique.id, technique.attack, word(matrix.proofs[technique.id])]
                    + columns.map { word(matrix.cell(technique, $0)) })
        }
        return aligned(rows)
    }

    /// Families in the order of their first technique: those that run last for what they break
    /// stand with their own.
    private static func byFamily(_ techniques: [Technique]) -> [Technique] {
        var order: [String] = []
        for technique in techniques where !order.contains(technique.family) {
            order.append(technique.family)
        }
        return order.flatMap { family in techniques.filter { $0.family == family } }
    }

    /// What a family's techniques are after.
    private static func title(of family: String) -> String {
        switch family {
        case "net": "network"
        case "out": "inherited sockets"
        case "file": "files, devices, evidence"
        case "priv": "identities and privileges"
        case "mem": "other processes' memory"
        case "proc": "other processes"
        case "kern": "the kernel"
        case "exec": "foreign code"
        case "event": "the event channel"
        case "notify": "the readiness socket"
        case "unix": "local sockets"
        case "res": "resources"
        case "pass": "passages between services (application)"
        case "order": "clients' requests (application)"
        case "book": "postings (data)"
        case "trust": "passages while the authority is away (application)"
        case "fill": "reports of fills (application)"
        default: family
        }
    }

    private static func word(_ proof: Proof?) -> String {
        switch proof {
        case .works: "works"
        case .lacking: "lacking"
        case .failed, nil: "FAILED"
        }
    }

    static func word(_ cell: Cell) -> String {
        switch cell {
        case .stopped(let layers, _, let trace, _):
            (layers.first ?? "?") + (layers.count > 1 ? "+" : "") + (trace == .nothing ? "" : "*")
        case .through: "THROUGH"
        case .unrecorded: "NO RECORD"
        case .inapplicable: "-"
        case .couldNotRun: "NOT RUN"
        }
    }

    private static let legend = [
        "A wall's name, or that of a program's check: it stopped the attempt; * on record, + with",
        "another beside it, neither: nothing was there, or the kernel records no such refusal.",
        "standing: stopped by how it is built, which no drill takes away. -: nothing of the kind is",
        "there. OPEN: whether the technique works where no wall stands, or, for what programs stop,",
        "whether the honest way beside it works; lacking: what it attacks is not there.",
    ]

    private static func totals(_ matrix: Matrix) -> [String] {
        let totals = matrix.totals
        return [
            "\(totals.stopped) stopped (\(totals.logged) on record, "
                + "\(totals.stopped - totals.logged) with nothing to log), \(totals.through) got "
                + "through, \(totals.unrecorded) without the record they need, "
                + "\(totals.couldNotRun) not run, \(totals.inapplicable) with nothing to attack, "
                + "\(totals.unproven) unproven",
            "stopped by layer: "
                + matrix.layers.map { "\($0.layer.rawValue) \($0.stopped)" }
                .joined(separator: ", "),
        ]
    }

    private static func findings(_ matrix: Matrix) -> [String] {
        var lines: [String] = []
        func section(_ title: String, _ items: [String]) {
            guard !items.isEmpty else { return }
            lines += ["", title] + items.prefix(listedMax).map { "  " + $0 }
            if items.count > listedMax { lines.append("  and \(items.count - listedMax) more") }
        }
        section("WENT WRONG", matrix.troubles)
        section(
            "NOT EQUIVALENT: the probe was not in the program's place",
            matrix.columns.compactMap { column in
                column.difference.map { "\(column.name): \($0)" }
            })
        for (state, title) in [
            ("through", "GOT THROUGH"), ("unrecorded", "MISSING RECORDS"),
            ("could-not-run", "COULD NOT RUN"),
        ] {
            section(title, failures(matrix, state))
        }
        section(
            "UNPROVEN: stopped even where no wall stands, so being stopped proves nothing",
            unproven(matrix))
        section(
            "SHOWN IN PART: what getting through would prove",
            matrix.techniques.filter { !$0.note.isEmpty }.map { "\($0.id): \($0.note)" })
        section(
            "ONE WALL ONLY: taking it away opens the way",
            matrix.singles.map { "\($0.wall): " + $0.techniques.joined(separator: ", ") })
        return lines
    }

    /// One line a reason, with the techniques that it holds for.
    private static func unproven(_ matrix: Matrix) -> [String] {
        var order: [String] = []
        var ids: [String: [String]] = [:]
        for technique in matrix.techniques {
            let reason: String
            switch matrix.proofs[technique.id] {
            case .works, .lacking: continue
            case .failed(let text): reason = text
            case nil: reason = "the open twin did not try it"
            }
            if ids[reason] == nil { order.append(reason) }
            ids[reason, default: []].append(technique.id)
        }
        return order.map { "\($0): " + (ids[$0] ?? []).joined(separator: ", ") }
    }

    /// One line a technique and detail, with the compartments it is true of.
    private static func failures(_ matrix: Matrix, _ state: String) -> [String] {
        var order: [String] = []
        var places: [String: [String]] = [:]
        for failure in matrix.failures where failure.cell.state == state {
            let text: String
            switch failure.cell {
            case .through(let detail), .unrecorded(let detail), .couldNotRun(let detail):
                text = "\(failure.technique.id) (\(failure.technique.attack)): \(detail)"
            case .stopped, .inapplicable: continue
            }
            if places[text] == nil { order.append(text) }
            places[text, default: []].append(failure.compartment)
        }
        return order.map { "\((places[$0] ?? []).joined(separator: ", ")): \($0)" }
    }

    private static func ablation(_ ablation: Ablation) -> [String] {
        let walls = names(ablation.without).joined(separator: ", ")
        var lines = ["ABLATION: without \(walls)"]
        for group in Ablation.grouped(ablation.through) {
            let places = group.lines.map(\.compartment).joined(separator: ", ")
            lines.append("  now gets through: \(group.id) in \(places)")
        }
        if ablation.through.isEmpty { lines.append("  nothing gets through that did not before") }
        let instead = ablation.instead.map { "\($0.layer) \($0.count)" }
        if !instead.isEmpty {
            lines.append("  stopped by the next layer: " + instead.joined(separator: ", "))
        }
        for group in Ablation.grouped(ablation.differences) {
            let left = group.lines.first.map(\.left) ?? []
            let seen = group.lines.map { "\($0.compartment) \(word($0.cell))" }
            lines.append(
                "  not as predicted: \(group.id): predicted "
                    + (left.isEmpty ? "through" : "stopped by " + left.joined(separator: " or "))
                    + ", seen " + seen.joined(separator: ", "))
        }
        if ablation.differences.isEmpty { lines.append("  all as the table predicted") }
        return lines
    }

    private static func verdict(_ matrix: Matrix) -> String {
        if matrix.passed { return "every attempt was stopped, and every record is there" }
        let through = matrix.totals.through
        return through > 0
            ? "FAILED: \(through) attempts got through"
            : "FAILED: the drill cannot vouch for every wall"
    }

    private static func aligned(_ rows: [[String]]) -> [String] {
        var widths: [Int] = []
        for row in rows where row.count > 1 {
            for (column, cell) in row.enumerated() {
                if column == widths.count { widths.append(0) }
                widths[column] = max(widths[column], cell.count)
            }
        }
        return rows.map { row in
            guard row.count > 1 else { return row.first ?? "" }
            var line = ""
            for (column, cell) in row.enumerated() {
                line += cell
                guard column + 1 < row.count else { break }
                line += String(repeating: " ", count: widths[column] - cell.count + 2)
            }
            return line
        }
    }
}
