/// Words that have a better one: each with its replacement, and where it may stand all the same.
struct BannedWord {
    let word: String
    /// What to write instead, and why.
    let instead: String
    /// Path beginnings where it may stand.
    var allowed: [String] = []
    /// Path beginnings outside which the law does not look.
    var within: [String] = ["Sources/", "Tests/"]

    /// Tests of kernel counters that no descriptor announces: they look again until it moved.
    private static let counters = ["Tests/Kernel/CgroupsTests/"]

    static let inCode: [BannedWord] = [
        BannedWord(word: "try!", instead: "handle the error or throw it"),
        BannedWord(
            word: "precondition(", instead: "invariant(_:_:), which keeps its message in release"),
        BannedWord(
            word: "preconditionFailure(", instead: "fatalError, which keeps its message in release"),
        BannedWord(word: "assert(", instead: "invariant(_:_:); assert vanishes in release"),
        BannedWord(
            word: "assertionFailure(", instead: "fatalError; this one vanishes in release"),
        BannedWord(
            word: "print(", instead: "return text; a door prints it", allowed: ["Sources/Doors/"],
            within: ["Sources/"]),
        BannedWord(
            word: "debugPrint(", instead: "return text; a door prints it",
            allowed: ["Sources/Doors/"]),
        BannedWord(word: "Date()", instead: "a time that the caller hands in"),
        BannedWord(word: "Task.detached", instead: "a @concurrent function"),
        BannedWord(
            word: "sleep(", instead: "waiting for the event itself", within: ["Tests/"]),
        BannedWord(
            word: "usleep(", instead: "waiting for the event itself", allowed: counters,
            within: ["Tests/"]),
        BannedWord(
            word: "nanosleep(", instead: "waiting for the event itself", within: ["Tests/"]),
        BannedWord(word: "import Foundation", instead: "Glibc and the rooms of Ground"),
        BannedWord(word: "import FoundationEssentials", instead: "Glibc and the rooms of Ground"),
        BannedWord(
            word: "getenv(", instead: "a value from the door; rooms read no environment",
            // The attacker reads what the program that it replaced would have read.
            allowed: ["Sources/Doors/", "Sources/Response/Techniques/"], within: ["Sources/"]),
    ]

    static let inComments: [BannedWord] = [
        BannedWord(word: "FIXME", instead: "mending it"),
        BannedWord(word: "TODO", instead: "doing it, or a line in ARCHITECTURE.md"),
        BannedWord(word: "XXX", instead: "saying what is the matter"),
        BannedWord(word: "HACK", instead: "saying why it has to be so"),
    ]

    /// These weaken a check of the compiler: the three lines before must say why that is sound.
    static let needReason = ["@unchecked Sendable", "nonisolated(unsafe)"]

    func looks(at path: String) -> Bool {
        within.contains { path.hasPrefix($0) } && !allowed.contains { path.hasPrefix($0) }
    }
}

enum WordLaw {
    static func findings(in file: SourceFile) -> [String] {
        let text = SwiftText(file.text)
        let code = text.codeLines
        let comments = text.commentLines
        var found: [String] = []
        func look(_ words: [BannedWord], in lines: [ArraySlice<UInt8>]) {
            for word in words where word.looks(at: file.path) {
                for (index, line) in lines.enumerated() where Search.occurs(word.word, in: line) {
                    found.append(
                        "\(file.path):\(index + 1): \(word.word); instead: \(word.instead)")
                }
            }
        }
        look(BannedWord.inCode, in: code)
        look(BannedWord.inComments, in: comments)
        for mark in BannedWord.needReason {
            for (index, line) in code.enumerated() where Search.occurs(mark, in: line) {
                let near = comments[max(0, index - 3)...index]
                if near.allSatisfy({ line in line.allSatisfy { $0 <= 32 } }) {
                    found.append(
                        "\(file.path):\(index + 1): \(mark) without a comment that says why")
                }
            }
        }
        return found
    }

    /// Other languages have no view without literals: only the marks of unfinished work count.
    static func plainFindings(in file: SourceFile) -> [String] {
        file.lines.enumerated().flatMap { index, line in
            BannedWord.inComments.filter { Search.occurs($0.word, in: ArraySlice(line.utf8)) }
                .map { "\(file.path):\(index + 1): \($0.word); instead: \($0.instead)" }
        }
    }
}
