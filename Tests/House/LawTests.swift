internal import Testing

/// Each law catches what it forbids: a law that cannot fail holds nothing.
@Suite("House laws")
struct LawTests {
    static let manifest = Manifest(
        """
        let rooms = [
            // room("Ground", "Ghost"),
            room("Ground", "Bytes"),
            room("Watch", "Trail", opens: ["Bytes", "AuditTreaty"]),
            room("Response", "Breach", opens: ["Bytes", "Trail"]),
            room("Treaties", "AuditTreaty", opens: ["Bytes"], tests: ["Trail"]),
            room(
                "Plan", "Reach",
                opens: [
                    "Bytes", "CYAML", "Nowhere",
                ]),
            binding("CYAML", pkgConfig: "yaml"),
            [.target(name: "CLinux", path: "Bindings/CLinux")],
            door("bulkhead", opens: ["Trail", "Breach"]),
        ]
        """)

    static func file(_ path: String, _ text: String) -> SourceFile {
        SourceFile(path: path, text: text)
    }

    @Test("the manifest is read as it is written")
    func manifestRead() {
        #expect(
            Self.manifest.rooms.map(\.name) == ["Bytes", "Trail", "Breach", "AuditTreaty", "Reach"])
        #expect(Self.manifest.rooms.last?.opens == ["Bytes", "CYAML", "Nowhere"])
        #expect(Self.manifest.bindings == ["CYAML", "CLinux"])
        #expect(Self.manifest.doors.map(\.opens) == [["Trail", "Breach"]])
    }

    @Test(
        "an import that the table does not open is found",
        arguments: [
            ("Sources/Watch/Trail/A.swift", "internal import Bytes\nimport Synchronization", 0),
            ("Sources/Watch/Trail/A.swift", "internal import Glibc", 0),
            ("Sources/Watch/Trail/A.swift", "import Breach", 1),
            ("Sources/Watch/Trail/A.swift", "package import struct Breach.Technique", 1),
            ("Sources/Watch/Trail/A.swift", "import Bytes\nimport Reach\nimport Breach", 2),
            ("Sources/Ground/Bytes/A.swift", "internal import Glibc", 1),
            ("Tests/Ground/BytesTests/A.swift", "internal import Glibc\nimport Bytes", 0),
            ("Tests/Ground/BytesTests/A.swift", "@testable import Bytes", 1),
            ("Tests/Ground/BytesTests/A.swift", "import Trail", 1),
            ("Tests/Treaties/AuditTreatyTests/A.swift", "import Trail", 0),
            ("Sources/Treaties/AuditTreaty/A.swift", "import Trail", 1),
            ("Sources/Watch/Ghost/A.swift", "", 1),
            ("Sources/Doors/bulkhead/main.swift", "import Trail\nimport Breach", 0),
        ])
    func imports(path: String, text: String, count: Int) {
        let found = ImportLaw.findings(in: Self.file(path, text), manifest: Self.manifest)
        #expect(found.count == count, "\(report(found))")
    }

    @Test("a route between zones, a foreign binding and an unknown room are found in the table")
    func table() {
        let found = ImportLaw.findings(in: Self.manifest)
        #expect(found.count == 4, "\(report(found))")
        #expect(found.contains { $0.hasPrefix("AuditTreaty (Treaties) opens Trail") })
        #expect(found.contains { $0.hasPrefix("Breach (Response) opens Trail") })
        #expect(found.contains { $0.hasPrefix("Reach opens CYAML") })
        #expect(found.contains { $0.hasPrefix("Reach opens Nowhere") })
    }

    @Test("what tests share is opened by tests only, and held to the table itself")
    func support() {
        let manifest = Manifest(
            """
            room("Ground", "Bytes"), room("Watch", "Trail", opens: ["Bytes"], tests: ["Stage"]),
            room("Watch", "Sensors", opens: ["Stage"]), support("Stage", opens: ["Trail"]),
            door("bulkhead", opens: ["Stage"]),
            """)
        #expect(manifest.supports.map(\.name) == ["Stage"])
        let found = ImportLaw.findings(in: manifest)
        #expect(found.count == 2, "\(report(found))")
        #expect(found.contains { $0.hasPrefix("Sensors opens Stage") })
        #expect(found.contains { $0.hasPrefix("bulkhead opens Stage") })
        for (path, module, count) in [
            ("Tests/Watch/TrailTests/A.swift", "Stage", 0),
            ("Sources/Watch/Trail/A.swift", "Stage", 1),
            ("Tests/Support/Stage/A.swift", "Trail", 0),
            ("Tests/Support/Stage/A.swift", "Bytes", 1), ("Tests/Support/Ghost/A.swift", "", 1),
        ] {
            let file = Self.file(path, "internal import \(module)")
            #expect(ImportLaw.findings(in: file, manifest: manifest).count == count, "\(path)")
        }
    }

    @Test("a route that nobody takes is found")
    func unused() {
        let files = [Self.file("Sources/Watch/Trail/A.swift", "import Bytes")]
        let found = ImportLaw.unused(in: Self.manifest, files: files)
        #expect(found.contains { $0.hasPrefix("Trail opens AuditTreaty") })
        #expect(!found.contains { $0.hasPrefix("Trail opens Bytes") })
    }

    @Test(
        "a banned word is found in code, and only there",
        arguments: [
            ("let a = try! b()", 1), ("// try! is banned", 0), ("let a = \"try! this\"", 0),
            ("let a = \"\\(try! b())\"", 1), ("precondition(x)", 1), ("myprecondition(x)", 0),
            ("print(x)", 1), ("blueprint(x)", 0), ("Task.detached { }", 1), ("let d = Date()", 1),
            ("import Foundation", 1), ("/* a /* nested */ try! */ let x = 1", 0),
            ("let r = #\"raw \" try! \"#", 0), ("\"\"\"\n try! \n\"\"\"", 0),
            ("// TODO: later", 1), ("let TODO = 1", 0), ("// FIXME", 1),
            ("struct A: @unchecked Sendable {}", 1),
            ("// The pointer is written once.\nstruct A: @unchecked Sendable {}", 0),
            ("nonisolated(unsafe) var x = 1", 1), ("assert(x)", 1), ("getenv(x)", 1),
        ])
    func words(text: String, count: Int) {
        let found = WordLaw.findings(in: Self.file("Sources/Watch/Trail/A.swift", text))
        #expect(found.count == count, "\(text): \(report(found))")
    }

    @Test("a reader without a fuzz door is found, and an exemption that nothing needs")
    func fuzzDoors() {
        let files = [
            Self.file(
                "Sources/Treaties/AuditTreaty/A.swift",
                """
                public struct Whole {
                    package enum Part {
                        package static func decode(_ a: Int) -> Part {}
                    }
                    public static func decode(_ a: Int) -> Whole {}
                    static func parse(_ a: Int) {}
                }
                extension Table {
                    package init(parsing bytes: [UInt8]) {}
                }
                package enum Old { package static func encode() {} }
                """)
        ]
        #expect(DoorLaw.readers(in: files[0]) == ["Part.decode", "Whole.decode", "Table(parsing"])
        func count(_ doors: String, _ exempt: [String: String] = [:]) -> Int {
            DoorLaw.findings(in: files, doors: doors, exempt: exempt, others: ["Reader("]).count
        }
        let all = "Part.decode Whole.decode Table(parsing: Reader("
        #expect(count(all) == 0)
        #expect(count("Part.decode Whole.decode Table(parsing:") == 1)
        #expect(count("Whole.decode Reader(") == 2)
        #expect(count("Whole.decode Table(parsing: Reader(", ["Part.decode": "why"]) == 0)
        #expect(count(all, ["Part.decode": "why", "Gone.decode": "why"]) == 2)
    }

    @Test("places that may use a word are not found, others are")
    func places() {
        func count(_ path: String, _ text: String) -> Int {
            WordLaw.findings(in: Self.file(path, text)).count
        }
        #expect(count("Sources/Doors/bulkhead/main.swift", "print(x)") == 0)
        #expect(count("Tests/Ground/BytesTests/A.swift", "usleep(10)") == 1)
        #expect(count("Sources/Kernel/Loop/A.swift", "usleep(10)") == 0)
        #expect(WordLaw.plainFindings(in: Self.file("a.c", "// TODO x\nint FIXME;")).count == 2)
    }

    @Test("unsafe outside its rooms is found")
    func unsafeWords() {
        let text = "let a = unsafe b()\n// unsafe\nlet unsafely = 1\n"
        #expect(UnsafeLaw.findings(in: Self.file("Sources/Plan/Reach/A.swift", text)).count == 1)
        #expect(UnsafeLaw.findings(in: Self.file("Sources/Kernel/Loop/A.swift", text)).isEmpty)
        #expect(UnsafeLaw.findings(in: Self.file("Tests/Plan/ReachTests/A.swift", text)).isEmpty)
    }

    @Test("a file over the bound is found, and an exception that is no longer needed")
    func fileSize() {
        let small = Self.file("a.swift", String(repeating: "let a = 1\n", count: 400))
        let big = Self.file("a.swift", String(repeating: "let a = 1\n", count: 401))
        #expect(SizeLaw.findings(in: small).isEmpty)
        #expect(SizeLaw.findings(in: big).count == 1)
        #expect(SizeLaw.findings(in: big, exceptions: ["a.swift": "a table"]).isEmpty)
        #expect(SizeLaw.findings(in: small, exceptions: ["a.swift": "a table"]).count == 1)
    }

    @Test("functions are measured from their first line to their last")
    func functionSize() {
        let text = """
            protocol P {
                func required(a: Int)
                init(b: Int)
            }
            struct A {
                func short() { one() }
                init(a: (Int) -> Void = { _ in }) {
                    self.init()
                    call { "}" }
                }
            }
            func tall(
                a: Int
            ) -> [Int] {
                // }
                return []
            }
            """
        let found = SizeLaw.functions(in: SwiftText(text).code)
        #expect(
            found == [
                .init(name: "short", line: 6, lines: 1), .init(name: "init", line: 7, lines: 4),
                .init(name: "tall", line: 12, lines: 6),
            ])
        let long = "func f() {\n" + String(repeating: "    g()\n", count: 59) + "}\n"
        #expect(SizeLaw.functionFindings(in: Self.file("a.swift", long)).count == 1)
        #expect(
            SizeLaw.functionFindings(in: Self.file("a.swift", long), exceptions: ["a.swift f": "x"])
                .isEmpty)
    }

    @Test("a jail over its bound is found")
    func jailSize() {
        let jail = [Self.file("Jail/a.c", "a\nb\n"), Self.file("Jail/b.h", "c\n")]
        #expect(SizeLaw.jailFindings(in: jail, limit: 3).isEmpty)
        #expect(SizeLaw.jailFindings(in: jail, limit: 2).count == 1)
    }

    @Test(
        "a document with a dead link, two titles or a command that is none is found",
        arguments: [
            ("# A\n[b](B.md) `./bulkhead up`\n", 0), ("# A\n# B\n", 1), ("no title\n", 1),
            ("# A\n[b](C.md)\n", 1), ("# A\n[b](B.md#part) [c](https://example.org/x)\n", 0),
            ("# A\n```\n# not a title\nbulkhead fly\n```\n", 1),
            ("# A\n`sudo ./bulkhead down --now` `bulkhead dawn`\n", 1),
            ("# A\nbulkhead is a word here, `bulkhead-jail run` too\n", 0),
        ])
    func documents(text: String, count: Int) {
        let found = MarkdownLaw.findings(
            in: Self.file("Docs/A.md", text), verbs: ["up", "down"], exists: { $0 == "Docs/B.md" })
        #expect(found.count == count, "\(report(found))")
    }

    @Test(
        "a promise that nothing holds is found",
        arguments: [
            ("| # | a | b |\n|---|---|---|\n| 1 | a | Tests/A: b |\n| 2 | b | pending |\n", 0),
            ("| 1 | a | Tests/B, Tests/A |\n", 1), ("| 1 | a | surely |\n", 1),
            ("| 1 | a | pending |\n| 3 | b | pending |\n", 1), ("no table\n", 1),
        ])
    func promises(text: String, count: Int) {
        let found = MarkdownLaw.promiseFindings(
            in: Self.file("PROMISES.md", text), exists: { $0 == "Tests/A" })
        #expect(found.count == count, "\(report(found))")
    }

    @Test("a path of one machine is found, and the verbs of the door are read")
    func pathsAndVerbs() {
        let path = "see /ro" + "ot/bulkhead"
        #expect(MarkdownLaw.pathFindings(in: Self.file("a.md", path)).count == 1)
        #expect(MarkdownLaw.pathFindings(in: Self.file("a.md", "see /var/lib/bulkhead")).isEmpty)
        let door = Self.file("a.swift", "Verb(Usage(\n    \"reach\", \"FILE\", 1...1))")
        #expect(MarkdownLaw.verbs(inDoor: [door]).contains("reach"))
    }
}
