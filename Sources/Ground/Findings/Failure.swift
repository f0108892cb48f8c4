/// The process's exit codes, the same for every verb.
public enum ExitCode: Int32, Sendable {
    case good = 0
    /// Findings, or the answer is a refusal.
    case refused = 1
    /// Wrong usage or unreadable input.
    case usage = 2
    /// The machine cannot do it.
    case machine = 3
}

/// Something that could not be done: what, on which thing, why, and what to do.
public struct Failure: Error, Sendable, CustomStringConvertible {
    /// What the process should exit with when nobody handles this.
    public let exit: ExitCode
    /// Stable kebab-case name of the kind of failure; the only part that tests compare.
    public let code: String
    /// What failed, on which thing, and why.
    public let problem: String
    /// What to do about it.
    public let remedy: String

    /// Puts a failure together.
    public init(_ exit: ExitCode, _ code: String, _ problem: String, remedy: String) {
        self.exit = exit
        self.code = code
        self.problem = problem
        self.remedy = remedy
    }

    /// `problem; remedy`.
    public var description: String { remedy.isEmpty ? problem : "\(problem); \(remedy)" }
}

/// Stops the process with its reason when `condition` is false: a bug, never bad input.
///
/// `precondition` loses its message in release builds; this keeps it.
@inline(__always)
public func invariant(
    _ condition: @autoclosure () -> Bool, _ reason: @autoclosure () -> String,
    file: StaticString = #file, line: UInt = #line
) {
    if !condition() { fatalError(reason(), file: file, line: line) }
}
