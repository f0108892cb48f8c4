/// A position in a text file, counted from one.
public struct Place: Hashable, Sendable, Comparable {
    /// Line, from 1; 0 when the file as a whole is meant.
    public let line: Int
    /// Column in characters, from 1; 0 when the whole line is meant.
    public let column: Int

    /// A line and a column, both counted from 1.
    public init(line: Int, column: Int) {
        self.line = line
        self.column = column
    }

    /// Order of reading.
    public static func < (left: Place, right: Place) -> Bool {
        (left.line, left.column) < (right.line, right.column)
    }
}

/// How much a finding weighs: only an error makes a check fail.
public enum Severity: String, Sendable {
    case error
    case warning
    /// Something that is accepted but does nothing yet or here.
    case note
}

/// One thing found in an input: a stable code, where, what is wrong, and what to do.
public struct Finding: Equatable, Sendable {
    /// Weight.
    public let severity: Severity
    /// Stable kebab-case name of the kind of finding, for machines: `unknown-key`.
    public let code: String
    /// Where in the input; nil when it has no place.
    public let place: Place?
    /// What is wrong, with the names it concerns.
    public let problem: String
    /// What to do about it, as an instruction.
    public let remedy: String
    /// The file, where there are several; empty for the one that was named.
    public let file: String

    /// Puts a finding together.
    public init(
        _ severity: Severity, _ code: String, at place: Place?, _ problem: String, remedy: String,
        file: String = ""
    ) {
        self.severity = severity
        self.code = code
        self.place = place
        self.problem = problem
        self.remedy = remedy
        self.file = file
    }

    /// `file:line:column: error: problem; remedy [code]`, as compilers print it.
    ///
    /// The finding's own file goes before the one handed in.
    public func line(file: String) -> String {
        let file = self.file.isEmpty ? file : Excerpt.of(self.file, limit: 500)
        let position = place.map { "\(file):\($0.line):\($0.column)" } ?? file
        return "\(position): \(severity.rawValue): \(problem); \(remedy) [\(code)]"
    }
}
