internal import Findings
internal import Glibc

/// Where a door writes: whole lines, answers to standard output, trouble to standard error.
///
/// An answer that cannot be written is none: the process says so and ends. A reader that went away
/// wants no more of it, so that end is quiet and good.
enum Output {
    /// Writes a line to standard output, or ends the process.
    static func line(_ text: String = "") {
        let problem = write(text + "\n", to: 1)
        if problem == EPIPE { exit(ExitCode.good.rawValue) }
        require(problem)
    }

    /// Writes a line to standard output that the work behind it does not wait for: when the reader
    /// goes away, the work goes on.
    static func progress(_ text: String) {
        let problem = write(text + "\n", to: 1)
        if problem != EPIPE { require(problem) }
    }

    /// Writes a line to standard error; where that fails, nothing is left but the exit status.
    static func error(_ text: String) { _ = write(text + "\n", to: 2) }

    private static func require(_ problem: Int32) {
        guard problem != 0 else { return }
        let reason = unsafe strerror(problem).map { unsafe String(cString: $0) } ?? "\(problem)"
        error("bulkhead: cannot write the answer: \(reason); free space, or write elsewhere")
        exit(ExitCode.machine.rawValue)
    }

    /// Replaces the terminal's last line on standard error.
    static func bar(_ text: String) { _ = write("\r\u{1B}[K" + text, to: 2) }

    /// Writes all of it; 0, or the errno of what stopped it.
    private static func write(_ text: String, to descriptor: Int32) -> Int32 {
        // Only meanwhile: programs that are started later inherit what is ignored.
        let before = signal(SIGPIPE, SIG_IGN)
        defer { _ = signal(SIGPIPE, before) }
        let bytes = Array(text.utf8)
        var sent = 0
        while sent < bytes.count {
            let count = unsafe bytes[sent...].withUnsafeBytes { part in
                unsafe Glibc.write(descriptor, part.baseAddress, part.count)
            }
            if count < 0 && errno == EINTR { continue }
            if count < 0 && errno == EAGAIN {
                var waiting = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                _ = unsafe poll(&waiting, 1, -1)
                continue
            }
            guard count > 0 else { return count == 0 ? EIO : errno }
            sent += count
        }
        return 0
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
