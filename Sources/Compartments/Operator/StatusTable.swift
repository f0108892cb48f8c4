package import ControlTreaty

/// A platform's status as a table for people.
package enum StatusTable {
    /// One line a compartment; implicit ones only when `all` is set.
    package static func render(_ status: PlatformStatus, all: Bool = false) -> String {
        var rows = [
            [
                "SERVICE", "ZONE", "STATE", "ADDRESS", "MEMORY", "RESTARTS", "CONNECTIONS",
                "REFUSED",
            ]
        ]
        for one in status.compartments where all || one.isService {
            rows.append([
                one.name, one.zone, one.state.name, one.address.isEmpty ? "-" : one.address,
                bytes(one.memoryBytes), String(one.restarts), String(one.connections),
                String(one.refusals),
            ])
        }
        let hidden = status.compartments.count { !$0.isService }
        var lines = [
            "\(status.platform): isolation \(status.isolation), up "
                + duration(status.upMilliseconds)
        ]
        if !status.without.isEmpty {
            lines.append("WALLS LEFT OUT: " + status.without.joined(separator: ", "))
        }
        lines += status.drift.map { "RULES CHANGED by others: \($0)" }
        lines += table(rows, rightAligned: [4, 5, 6, 7])
        if !all, hidden > 0 { lines.append("(and \(hidden) that record and watch: --all)") }
        lines += status.published.map { "published  \($0)" }
        return lines.joined(separator: "\n")
    }

    /// Columns padded to their widest cell, two blanks apart.
    package static func table(_ rows: [[String]], rightAligned: Set<Int> = []) -> [String] {
        var widths: [Int] = []
        for row in rows {
            for (column, cell) in row.enumerated() {
                if column == widths.count { widths.append(0) }
                widths[column] = max(widths[column], cell.count)
            }
        }
        return rows.map { row in
            var line = ""
            for (column, cell) in row.enumerated() {
                let blanks = String(repeating: " ", count: widths[column] - cell.count)
                line += rightAligned.contains(column) ? blanks + cell : cell + blanks
                line += "  "
            }
            while line.last == " " { line.removeLast() }
            return line
        }
    }

    /// Binary units with one digit where that says more.
    package static func bytes(_ count: UInt64) -> String {
        guard count > 0 else { return "-" }
        let units = ["B", "KiB", "MiB", "GiB", "TiB"]
        var value = count * 10
        var unit = 0
        while value >= 10_240, unit + 1 < units.count {
            value /= 1024
            unit += 1
        }
        return value >= 1000 || value % 10 == 0
            ? "\(value / 10) \(units[unit])" : "\(value / 10).\(value % 10) \(units[unit])"
    }

    /// Days, hours, minutes, seconds: the two largest.
    package static func duration(_ milliseconds: UInt64) -> String {
        let seconds = milliseconds / 1000
        if seconds >= 86_400 { return "\(seconds / 86_400) d \(seconds % 86_400 / 3600) h" }
        if seconds >= 3600 { return "\(seconds / 3600) h \(seconds % 3600 / 60) min" }
        if seconds >= 60 { return "\(seconds / 60) min \(seconds % 60) s" }
        return "\(seconds) s"
    }
}

/// Text of a service made fit for a terminal.
package enum Printable {
    /// Replaces control characters, except line ends and tabs, and bytes that are no UTF-8.
    ///
    /// A hostile program could otherwise send escape sequences to the terminal of the operator who
    /// reads its log: retitle it, overwrite earlier lines, or answer back as if typed.
    package static func lines(_ bytes: some Sequence<UInt8>) -> String {
        var text = ""
        for scalar in String(decoding: Array(bytes), as: UTF8.self).unicodeScalars {
            switch scalar.value {
            case 9, 10: text.unicodeScalars.append(scalar)
            case 0..<32, 127..<160, 0x200E, 0x200F, 0x202A...0x202E, 0x2066...0x2069:
                text += "\u{FFFD}"
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text
    }
}
