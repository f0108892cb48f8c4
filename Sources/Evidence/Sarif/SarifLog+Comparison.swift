package import Comparison
internal import Findings

extension SarifLog {
    /// Every change as a result: what is opened is an error, what is closed a note, or with
    /// `strict` an error too.
    package mutating func add(_ comparison: Comparison, strict: Bool) {
        describe("diff-opened", "The change lets something through that was refused before")
        describe("diff-may-open", "The change may let something through; not all is modelled")
        describe("diff-closed", "The change refuses what was let through before")
        describe("diff-unknown", "What passes hangs on a condition that is not modelled")
        for change in comparison.changes { add(change, comparison, strict) }
        for pair in comparison.undecided {
            add(
                Result(
                    "diff-unknown", strict ? .error : .note,
                    "what \(pair.from) sends to \(pair.to) hangs on "
                        + pair.unless.joined(separator: "; "),
                    at: Location(comparison.new, nil)))
        }
    }

    private mutating func add(
        _ change: Comparison.Change, _ comparison: Comparison, _ strict: Bool
    ) {
        let new = change.newLines.map { location($0, comparison.new) }
        let old = change.oldLines.map { location($0, comparison.old) }
        let isOpened = change.direction == .opened
        let rule = isOpened ? (change.isCertain ? "diff-opened" : "diff-may-open") : "diff-closed"
        let what = "\(change.from) to \(change.to): \(change.subject.text)"
        let example = change.example.map { ", as \($0)" } ?? ""
        let owners =
            change.owners.isEmpty ? "" : "; of \(change.owners.joined(separator: ", "))"
        // Shown in the file that is proposed; what is gone has its line in the other.
        let first = new.first ?? Location(comparison.new, nil)
        add(
            Result(
                rule, isOpened || strict ? .error : .note,
                "\(change.direction.rawValue): \(what)\(example)\(owners)", at: first,
                related: Array(new.dropFirst()) + old, identity: what))
    }

    private func location(_ line: Line, _ side: String) -> Location {
        Location(line.file.isEmpty ? side : line.file, line.place, text: line.text)
    }
}
