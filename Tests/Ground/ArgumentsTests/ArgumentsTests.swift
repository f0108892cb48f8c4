import Arguments
import Findings
import Testing

@Suite("Arguments")
struct ArgumentsTests {
    let usage = Usage(
        "reach", operands: "FILE", counts: 1...2, about: "Answers",
        flags: [
            Flag("from", value: "A", "from where"), Flag("without", value: "W", repeats: true, "w"),
            .json,
        ])

    @Test("flags and words come in any order, values by `=` or as the next word")
    func reads() throws {
        let arguments = try Arguments.parse(
            ["--from", "a", "file", "--without=x=y", "--json", "--without", "z", "--", "-q"],
            for: usage)
        #expect(arguments.words == ["file", "-q"])
        #expect(arguments.value("from") == "a")
        #expect(arguments.values("without") == ["x=y", "z"])
        #expect(arguments.has("json") && !arguments.has("to"))
        #expect(arguments.word(1) == "-q" && arguments.word(2) == nil)
    }

    @Test(
        "what does not fit is refused as wrong usage",
        arguments: [
            (["f", "--jsno"], "unknown-flag", "did you mean --json?"),
            (["f", "-x"], "unknown-flag", "`reach` knows --from, --without, --json, --help"),
            (["f", "--from"], "flag-value", "write --from A"),
            (["f", "--from", "--json"], "flag-value", "write --from A"),
            (["f", "--json=1"], "flag-value", "write --json"),
            (["f", "--json", "--json"], "flag-twice", "give it once"),
            ([], "words", "write: bulkhead reach FILE [--from A] [--without W] [--json]"),
            (
                ["f", "g", "h"], "words",
                "write: bulkhead reach FILE [--from A] [--without W] [--json]"
            ),
            (
                Array(repeating: "f", count: 300), "too-long",
                "give at most 256 words of 16384 bytes"
            ),
        ])
    func refuses(raw: [String], code: String, remedy: String) {
        let failure = #expect(throws: Failure.self) { try Arguments.parse(raw, for: usage) }
        #expect(failure?.code == code)
        #expect(failure?.remedy == remedy)
        #expect(failure?.exit == .usage)
    }

    @Test("help wins over every mistake, but not behind `--`")
    func help() throws {
        #expect(try Arguments.parse(["--nonsense", "--help"], for: usage).wantsHelp)
        #expect(try !Arguments.parse(["--", "--help"], for: usage).wantsHelp)
        #expect(usage.help.contains("  --json       print one JSON document"))
    }

    @Test("a number has a range")
    func numbers() throws {
        let arguments = try Arguments.parse(["f", "--from", "12"], for: usage)
        #expect(try arguments.integer("from", in: 1...12) == 12)
        #expect(throws: Failure.self) { try arguments.integer("from", in: 1...11) }
        #expect(try arguments.integer("without", in: 1...11) == nil)
    }

    @Test("input is shown without what a terminal acts on")
    func shown() {
        let failure = #expect(throws: Failure.self) {
            try Arguments.parse(["--\u{1b}[2J"], for: usage)
        }
        #expect(failure?.problem == "unknown flag `--\\u{1b}[2J` of `reach`")
    }
}
