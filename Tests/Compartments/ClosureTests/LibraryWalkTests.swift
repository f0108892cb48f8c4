internal import Closure
internal import Descriptors
internal import Findings
internal import Glibc
internal import Testing

@Suite("Closure of a program")
struct LibraryWalkTests {
    /// A directory that ends with its owner.
    final class Folder {
        let path: String
        init() throws {
            var template = Array("/tmp/bulkhead-closure-XXXXXX".utf8CString)
            path = unsafe template.withUnsafeMutableBufferPointer { room in
                guard let base = room.baseAddress, let made = unsafe mkdtemp(base) else {
                    return ""
                }
                return unsafe String(cString: made)
            }
            _ = unsafe chmod(path, 0o755)
        }
        func file(_ name: String, _ bytes: [UInt8], mode: mode_t = 0o755) throws -> String {
            let place = path + "/" + name
            let parent = place.split(separator: "/").dropLast().joined(separator: "/")
            try Files.makeDirectories("/" + parent)
            try Files.create(place).writeAll(bytes)
            _ = unsafe chmod(place, mode)
            return place
        }
        deinit {
            var waiting = [path]
            var folders: [String] = []
            while let folder = waiting.popLast() {
                folders.append(folder)
                for name in (try? Files.list(folder)) ?? [] {
                    let entry = folder + "/" + name
                    if Files.facts(at: entry)?.isDirectory == true {
                        waiting.append(entry)
                    } else {
                        _ = unsafe unlink(entry)
                    }
                }
            }
            for folder in folders.reversed() { _ = unsafe rmdir(folder) }
        }
    }

    private let ours = Ownership(operators: [geteuid()])
    private let nowhere = LibraryDirectories(builtIn: [], configured: [])

    @Test("libraries of libraries are found by RUNPATH, and each once")
    func transitive() throws {
        let folder = try Folder()
        let program = try folder.file(
            "bin/program", Specimen.elf(needed: ["liba.so", "libb.so"], runpath: "$ORIGIN/../lib"))
        _ = try folder.file("lib/liba.so", Specimen.elf(needed: ["libb.so"], runpath: "$ORIGIN"))
        _ = try folder.file("lib/libb.so", Specimen.elf(needed: ["liba.so"], runpath: "$ORIGIN"))
        var walk = LibraryWalk(directories: nowhere, ownership: ours)
        var closure = Closure()
        try walk.add(program: program, to: &closure)
        #expect(
            closure.libraries.map(\.target)
                == ["liba.so", "libb.so"].map { folder.path + "/lib/" + $0 })
    }

    @Test("a library that only this host's configuration finds moves to the loader's own place")
    func configured() throws {
        let folder = try Folder()
        let program = try folder.file("program", Specimen.elf(needed: ["liba.so"]))
        let library = try folder.file("odd/liba.so", Specimen.elf(needed: []))
        var walk = LibraryWalk(
            directories: .init(builtIn: ["/lib"], configured: [folder.path + "/odd"]),
            ownership: ours)
        var closure = Closure()
        try walk.add(program: program, to: &closure)
        #expect(closure.libraries.map(\.source) == [library])
        #expect(
            closure.libraries.map(\.target)
                == ["/usr/" + LibraryDirectories.library + "/liba.so"])
    }

    @Test("a program without one of its libraries is refused, a plug-in is passed over")
    func missing() throws {
        let folder = try Folder()
        let program = try folder.file("program", Specimen.elf(needed: ["libnowhere.so"]))
        var walk = LibraryWalk(directories: nowhere, ownership: ours)
        var closure = Closure()
        #expect(code { try walk.add(program: program, to: &closure) } == "library-missing")
        try walk.add(plugin: program, to: &closure)
        #expect(closure.libraries.isEmpty)
    }

    @Test("scripts, foreign programs and missing loaders are refused by their own names")
    func refused() throws {
        let folder = try Folder()
        var walk = LibraryWalk(directories: nowhere, ownership: ours)
        var closure = Closure()
        let cases: [([UInt8], String)] = [
            (Array("#!/bin/sh\n".utf8), "program-script"), (Array("text".utf8), "program-format"),
            (Specimen.elf(needed: [], machine: 8), "program-format"),
            (Specimen.elf(needed: [], interpreter: "/nowhere/ld.so"), "loader-missing"),
        ]
        for (index, (bytes, expected)) in cases.enumerated() {
            let path = try folder.file("p\(index)", bytes)
            #expect(code { try walk.add(program: path, to: &closure) } == expected)
        }
    }

    @Test("modes that would let others in, or the compartment not, are refused with their remedy")
    func modes() throws {
        let folder = try Folder()
        let search = ProgramSearch(own: folder.path, ownership: ours)
        let bytes = Specimen.elf(needed: [])
        let cases: [(mode_t, String)] = [
            (0o4755, "program-setuid"), (0o775, "writable-by-others"),
            (0o757, "writable-by-others"), (0o750, "unreadable"), (0o744, "program-mode"),
        ]
        for (mode, expected) in cases {
            _ = try folder.file("own-\(mode)", bytes, mode: mode)
            #expect(code { _ = try search.find("own-\(mode)") } == expected)
        }
        let good = try folder.file("good", bytes)
        #expect(try search.find("good") == good)
        #expect(code { _ = try search.find("absent-program") } == "program-missing")
        #expect(code { _ = try search.find("../good") } == "program-missing")
        #expect(code { _ = try search.find(folder.path) } == "program-kind")
    }

    @Test("a tree's code is found, and a file in it that others can write is refused")
    func tree() throws {
        let folder = try Folder()
        let plugin = try folder.file("tree/deep/x.so", Specimen.elf(needed: []), mode: 0o644)
        _ = try folder.file("tree/text.so.txt", Array("no".utf8), mode: 0o644)
        var walk = LibraryWalk(directories: nowhere, ownership: ours)
        #expect(try TreeScan(folder.path + "/tree", walk: &walk).code == [plugin])
        _ = try folder.file("tree/open.txt", [], mode: 0o666)
        #expect(
            code { _ = try TreeScan(folder.path + "/tree", walk: &walk) } == "writable-by-others")
        #expect(code { _ = try TreeScan(folder.path + "/no", walk: &walk) } == "files-missing")
    }

    @Test(
        "programs, libraries and trees of another user's, or below a directory of theirs, are refused",
        .enabled(if: geteuid() == 0, "only root gives files away"))
    func owners() throws {
        let cases: [(foreign: String, codes: [String?])] = [
            ("bin/program", ["foreign-owner", nil, nil]), ("bin", ["foreign-owner", nil, nil]),
            ("lib/liba.so", [nil, "foreign-owner", nil]), ("lib", [nil, "foreign-owner", nil]),
            ("tree/deep/text", [nil, nil, "foreign-owner"]),
            ("tree/deep", [nil, nil, "foreign-owner"]),
            ("", ["foreign-owner", "foreign-owner", "foreign-owner"]),
        ]
        for (foreign, codes) in cases {
            let folder = try Folder()
            let program = try folder.file(
                "bin/program",
                Specimen.elf(needed: ["liba.so"], runpath: "$ORIGIN/../lib"))
            _ = try folder.file("lib/liba.so", Specimen.elf(needed: []))
            _ = try folder.file("tree/deep/text", [], mode: 0o644)
            #expect(unsafe chown("\(folder.path)/\(foreign)", 12_345, 12_345) == 0)
            var walk = LibraryWalk(directories: nowhere, ownership: ours)
            var closure = Closure()
            let search = ProgramSearch(own: "/nowhere", ownership: ours)
            let found = [
                code { _ = try search.find(program) },
                code { try walk.add(program: program, to: &closure) },
                code { _ = try TreeScan(folder.path + "/tree", walk: &walk) },
            ]
            #expect(found == codes, "\(foreign)")
            // Theirs is good enough for an operator who is that user.
            let theirs = Ownership(operators: [geteuid(), 12_345])
            #expect(
                code { _ = try ProgramSearch(own: "/nowhere", ownership: theirs).find(program) }
                    == nil)
        }
    }

    @Test("a directory above that others may write to is refused, unless it is sticky")
    func above() throws {
        let folder = try Folder()
        let program = try folder.file("bin/program", Specimen.elf(needed: []))
        let search = ProgramSearch(own: "/nowhere", ownership: ours)
        for (mode, expected) in [(0o777, "writable-by-others"), (0o1777, nil)]
            as [(mode_t, String?)]
        {
            _ = unsafe chmod(folder.path + "/bin", mode)
            #expect(code { _ = try search.find(program) } == expected)
        }
    }

    @Test("the closure of a system program agrees with the loader's own list")
    func system() throws {
        var walk = LibraryWalk(ownership: ours)
        var closure = Closure()
        let program = try ProgramSearch(own: "/nowhere", ownership: ours).find("env")
        try walk.add(program: program, to: &closure)
        #expect(closure.loaders.count == 1)
        #expect(closure.libraries.contains { $0.target.hasSuffix("/libc.so.6") })
        for library in closure.libraries {
            #expect(Files.resolve(library.source) == library.source)
        }
    }

    private func code(_ body: () throws -> Void) -> String? {
        do {
            try body()
            return nil
        } catch {
            return (error as? Failure)?.code
        }
    }
}
