import Chance
import Findings
import Testing
import UnitFiles

@Suite("Files of systemd's")
struct UnitFilesTests {
    private static func lines(_ text: String) -> [String]? {
        UnitFile.read(Array(text.utf8)).file?.entries.map { "\($0.section).\($0.key)=\($0.value)" }
    }

    @Test(
        "sections, comments, lines that go on, and space are read as systemd reads them",
        arguments: [
            ("[A]\nb = c d \n", ["A.b=c d"]), ("[A]\n# x\n; y\n\n  b=c\n", ["A.b=c"]),
            ("[A]\nb=c \\\n  d\\\ne\n", ["A.b=c  d e"]),
            ("[A]\nb=c \\\n# between\n;too\nd\n", ["A.b=c  d"]),
            ("[A]\nb=c\\\\\nd=e", ["A.b=c\\\\", "A.d=e"]), ("[A]\nb=c\\", ["A.b=c"]),
            ("\u{FEFF}[A]\nb=\n", ["A.b="]),
            ("[A]\nb=1\n[B]\nb=2\n[A]\nb=3\n", ["A.b=1", "B.b=2", "A.b=3"]),
            ("[A]\nb=c#d\n", ["A.b=c#d"]), ("[A]\nb=c\\\n\nd=e\n", ["A.b=c", "A.d=e"]),
        ])
    func reading(text: String, entries: [String]) {
        #expect(Self.lines(text) == entries)
    }

    @Test(
        "what systemd would skip is refused with its line",
        arguments: [
            ("b=c\n", 1), ("[A]\nbc\n", 2), ("[A\nb=c\n", 1), ("[]\n", 1), ("[A]\n=c\n", 2),
            ("[A]\nb c=d\n", 2), ("[A]\nb=c\rd=e\n", 2), ("[A]\nb=\u{0}\n", 2), ("[A] x\n", 1),
            ("[A]\nb=c \\\n d\n[B\n", 4),
        ])
    func refused(text: String, line: Int) {
        let (file, findings) = UnitFile.read(Array(text.utf8))
        #expect(file == nil)
        #expect(findings.map { $0.place?.line } == [line])
    }

    @Test("an empty assignment forgets what a list had; a key without any is none")
    func resets() throws {
        let text = "[A]\nb=1 2\nb=\nb=3\nb=\"4 5\"\nc=6\nc=\n"
        let file = try #require(UnitFile.read(Array(text.utf8)).file)
        #expect(try file.words("A", "b") == ["3", "4 5"])
        #expect(try file.words("A", "c") == [])
        #expect(try file.words("A", "d") == nil)
        #expect(file.single("A", "b") == "\"4 5\"")
        #expect(file.keys("A") == ["b", "c"])
    }

    @Test(
        "words are taken apart with quotes and escapes",
        arguments: [
            ("a  b\tc", ["a", "b", "c"]), ("\"a b\" 'c \"d'", ["a b", "c \"d"]),
            (#""a\"b" \x41\101\s\u00e9"#, ["a\"b", "AA é"]), ("\"\"", [""]), ("", []),
            (#"'a\'b'"#, ["a'b"]),
        ])
    func words(value: String, words: [String]) throws {
        #expect(try UnitText.words(value).map(\.text) == words)
    }

    @Test(
        "what could be read in two ways is refused",
        arguments: [
            "a\"b\"", "\"a\"b", "\"a", "'a\"", #"\q"#, #"a\"#, #"\x4"#, #"\x+4"#, #"\000"#,
            #"\xff"#, #"\ud800"#, #"\777"#,
        ])
    func refusedWords(value: String) {
        #expect(throws: UnitText.Fault.self) { try UnitText.words(value) }
    }

    @Test("specifiers are known ones, and a command is one program without variables")
    func commands() throws {
        #expect(try UnitText.expanded("100%% of %n", ["n": "x"]) == "100% of x")
        for text in ["%q", "a%"] {
            #expect(throws: UnitText.Fault.specifier) { try UnitText.expanded(text) }
        }
        #expect(try UnitText.command("/a \"b $$c\" \";\" %%") == ["/a", "b $c", ";", "%"])
        for text in [
            "", "-/a", "+/a", "!!/a", ":/a", "@/a b", "/a ; /b", "/a $HOME", "/$$a", "|/a",
        ] {
            #expect(throws: UnitText.Fault.self) { try UnitText.command(text) }
        }
    }

    @Test("no bytes stop it", arguments: 0..<32)
    func hostile(seed: UInt64) {
        var chance = Seeded(state: seed)
        let marks = Array("[]=#;\\\n\"'%$ aA\t\u{0}é".utf8)
        for _ in 0..<500 {
            let bytes = (0..<chance.below(60)).map { _ in marks[chance.below(marks.count)] }
            let (file, findings) = UnitFile.read(bytes)
            #expect((file == nil) == !findings.isEmpty)
            for entry in file?.entries ?? [] { _ = try? UnitText.command(entry.value) }
        }
    }
}
