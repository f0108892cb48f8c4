internal import Testing

/// One issue for each finding, so that each is read alone.
private func expectNone(_ found: [String], at place: SourceLocation = #_sourceLocation) {
    for finding in found { Issue.record("\(finding)", sourceLocation: place) }
}

/// The house as it stands, held against its laws.
@Suite("House")
struct HouseTests {
    static let sources = SourceTree.files(in: "Sources", endings: [".swift"])
    static let tests = SourceTree.files(in: "Tests", endings: [".swift"])
    static let manifest = Manifest(SourceTree.file("Package.swift")?.text ?? "")

    /// The laws' own texts and samples name what they forbid.
    static let lawful = tests.filter { !$0.path.hasPrefix("Tests/House/") }

    @Test("the source tree and the manifest are where the laws look")
    func reach() {
        #expect(Self.sources.count > 40)
        #expect(Self.manifest.rooms.count > 20)
        #expect(Self.manifest.doors.count >= 4)
        #expect(Self.manifest.bindings.isSuperset(of: ["CLinux", "CYAML", "CJailPlan"]))
    }

    @Test("every file imports only what the manifest opens to its room")
    func imports() {
        let found = (Self.sources + Self.lawful).flatMap {
            ImportLaw.findings(in: $0, manifest: Self.manifest)
        }
        expectNone(found)
    }

    @Test("zones meet only in treaties, and every binding has its owner")
    func routes() {
        let found = ImportLaw.findings(in: Self.manifest)
        expectNone(found)
    }

    @Test("no route is open that no file takes")
    func unusedRoutes() {
        let found = ImportLaw.unused(in: Self.manifest, files: Self.sources + Self.lawful)
        expectNone(found)
    }

    @Test("files stay small")
    func fileSizes() {
        let found = (Self.sources + Self.tests).flatMap { SizeLaw.findings(in: $0) }
        expectNone(found)
    }

    @Test("functions stay small")
    func functionSizes() {
        let found = (Self.sources + Self.tests).flatMap { SizeLaw.functionFindings(in: $0) }
        expectNone(found)
    }

    @Test("the jail stays small enough to read in one sitting, and C stays in its two places")
    func jail() {
        let found = SizeLaw.jailFindings(in: SourceTree.files(in: "Jail", endings: [".c", ".h"]))
        expectNone(found)
        let elsewhere = SourceTree.paths().filter { path in
            (path.hasSuffix(".c") || path.hasSuffix(".h"))
                && !["Bindings/", "Jail/", "Fuzz/", "Tests/", "Benchmarks/"].contains {
                    path.hasPrefix($0)
                }
        }
        expectNone(elsewhere.map { "\($0): C stands in Bindings and Jail only" })
    }

    @Test("words with a better one are not used")
    func words() {
        let found = (Self.sources + Self.lawful).flatMap { WordLaw.findings(in: $0) }
        expectNone(found)
        let others = SourceTree.files(endings: [".c", ".h", ".sh", ".bash", ".py", ".yaml", ".md"])
            .flatMap { WordLaw.plainFindings(in: $0) }
        expectNone(others)
    }

    @Test("every parser and codec has a fuzz door")
    func fuzzDoors() {
        let doors = SourceTree.files(in: "Fuzz/Doors", endings: [".swift"])
        #expect(doors.count > 4)
        let text = doors.map(\.text).joined(separator: "\n")
        expectNone(DoorLaw.findings(in: Self.sources, doors: text))
    }

    @Test("unsafe stands only in the rooms that touch memory or the kernel")
    func unsafeRooms() {
        let found = Self.sources.flatMap { UnsafeLaw.findings(in: $0) }
        expectNone(found)
        let idle = UnsafeLaw.idle(in: Self.sources)
        expectNone(idle)
    }

    @Test("documents have one title, live links and commands that exist")
    func documents() {
        let documents = SourceTree.files(endings: [".md"])
        let verbs = MarkdownLaw.verbs(
            inDoor: Self.sources.filter { $0.path.hasPrefix("Sources/Doors/bulkhead/") })
        #expect(verbs.contains("version"))
        let found = documents.flatMap {
            MarkdownLaw.findings(in: $0, verbs: verbs, exists: SourceTree.exists)
        }
        expectNone(found)
        for name in ["README.md", "ARCHITECTURE.md", "THREATS.md", "PROMISES.md"] {
            #expect(documents.contains { $0.path == name }, "\(name) is missing")
        }
    }

    @Test("each promise names a test or benchmark that is there, or says `pending`")
    func promises() {
        let file = SourceTree.file("PROMISES.md") ?? SourceFile(path: "PROMISES.md", text: "")
        expectNone(MarkdownLaw.promiseFindings(in: file, exists: SourceTree.exists))
    }

    @Test("no file names a path of one machine")
    func paths() {
        let endings = [
            ".swift", ".c", ".h", ".sh", ".bash", ".py", ".yaml", ".md", "bulkhead", "run",
        ]
        let found = SourceTree.files(endings: endings).flatMap { MarkdownLaw.pathFindings(in: $0) }
        expectNone(found)
    }

    @Test("every room has tests, and no room is named after what it is not")
    func rooms() {
        for room in Self.manifest.rooms {
            #expect(
                SourceTree.exists("Tests/\(room.wing)/\(room.name)Tests"),
                "\(room.name) has no tests")
            let vague = ["Manager", "Service", "Utils", "Helpers", "Common", "Core", "Kit", "Base"]
                .filter { room.name.hasSuffix($0) }
            #expect(vague.isEmpty, "\(room.name): find the name in the domain")
        }
    }

    @Test("the licence is Apache 2.0, whole")
    func licence() {
        let text = SourceTree.file("LICENSE")?.text ?? ""
        #expect(text.firstRange(of: "Version 2.0, January 2004") != nil)
        #expect(text.firstRange(of: "END OF TERMS AND CONDITIONS") != nil)
    }
}
