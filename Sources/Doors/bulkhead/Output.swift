internal import Glibc

/// Where a door writes: whole lines, answers to standard output, trouble to standard error.
enum Output {
    /// Writes a line to standard output.
    static func line(_ text: String = "") { write(text + "\n", to: 1) }

    /// Writes a line to standard error.
    static func error(_ text: String) { write(text + "\n", to: 2) }

    /// Writes all of it; a reader that went away is no failure of ours.
    private static func write(_ text: String, to descriptor: Int32) {
        let bytes = Array(text.utf8)
        var sent = 0
        while sent < bytes.count {
            let count = unsafe bytes[sent...].withUnsafeBytes { part in
                unsafe Glibc.write(descriptor, part.baseAddress, part.count)
            }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { return }
            sent += count
        }
    }
}

/// Lines up columns: each as wide as its widest cell, two spaces between, nothing behind the last.
func aligned(_ rows: [[String]], indent: String = "  ") -> [String] {
    var widths: [Int] = []
    for row in rows {
        for (column, cell) in row.enumerated() {
            if column == widths.count { widths.append(0) }
            widths[column] = max(widths[column], cell.count)
        }
    }
    return rows.map { row in
        var line = indent
        for (column, cell) in row.enumerated() {
            line += cell
            guard row[(column + 1)...].contains(where: { !$0.isEmpty }) else { break }
            line += String(repeating: " ", count: widths[column] - cell.count + 2)
        }
        return line
    }
}
