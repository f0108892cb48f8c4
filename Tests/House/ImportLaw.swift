/// An import is a route: a file imports what the manifest's table opens to its room, nothing else.
enum ImportLaw {
    /// Modules of the toolchain, open to all; Glibc is not among them.
    static let toolchain: Set<String> = ["Synchronization", "Testing"]

    /// Wings that stand for zones.
    ///
    /// They never import one another and meet only in Treaties.
    static let zones: Set<String> = [
        "DMZ", "Application", "Data", "Vault", "Watch", "Response", "Console",
    ]

    /// Wings that decide and compute: no system calls, so no C library.
    static let pureWings: Set<String> = [
        "Ground", "Plan", "Formats", "Renderings", "Treaties", "Evidence",
    ]

    /// Who may own a binding: the rooms that turn C into Swift, and nobody else.
    static let owners: [String: Set<String>] = [
        "COpenSSL": ["Digests", "Signatures", "Certificates"],
        "CTLS": ["TLSEngine"],
        "CYAML": ["YAMLTree"],
        "CSeccomp": ["Seccomp"],
        "CNftables": ["PacketFilter"],
    ]

    /// Findings of one file against the table.
    static func findings(in file: SourceFile, manifest: Manifest) -> [String] {
        guard let home = home(of: file, manifest: manifest) else {
            return ["\(file.path): belongs to no room of Package.swift; add the room or remove it"]
        }
        var allowed = Set(home.room.opens).union(toolchain)
        if home.isTest { allowed.formUnion(home.room.tests + [home.room.name]) }
        if home.isTest || !pureWings.contains(home.room.wing) { allowed.insert("Glibc") }
        return imports(in: file).compactMap { line, module, attribute in
            if let attribute {
                return "\(file.path):\(line): \(attribute) erases the import law; import plainly"
            }
            if allowed.contains(module) { return nil }
            if module == "Glibc" {
                return
                    "\(file.path):\(line): \(home.room.wing) is pure; system calls belong in Kernel"
            }
            return "\(file.path):\(line): imports \(module), which the manifest does not open to "
                + "\(home.room.name); move the type to a treaty or open it there with a reason"
        }
    }

    /// Findings of the table itself.
    static func findings(in manifest: Manifest) -> [String] {
        var wings: [String: String] = [:]
        for room in manifest.rooms + manifest.supports { wings[room.name] = room.wing }
        return manifest.all.flatMap { room in
            (room.opens + room.tests).compactMap { opened -> String? in
                if wings[opened] == "Support", room.wing != "Support", room.opens.contains(opened) {
                    return "\(room.name) opens \(opened), which is for tests only"
                }
                if let owners = owners[opened], !owners.contains(room.name) {
                    return "\(room.name) opens \(opened), whose owners are \(owners.sorted())"
                }
                guard let wing = wings[opened] else {
                    return manifest.bindings.contains(opened)
                        ? nil : "\(room.name) opens \(opened), which is no room"
                }
                guard !["Doors", "Support"].contains(room.wing), zones.contains(wing),
                    wing != room.wing
                else {
                    return nil
                }
                return "\(room.name) (\(room.wing)) opens \(opened) of zone \(wing); "
                    + "zones meet only in Treaties"
            }
        }
    }

    /// Routes that the table opens and no file takes: a door left open.
    static func unused(in manifest: Manifest, files: [SourceFile]) -> [String] {
        var taken: [String: Set<String>] = [:]
        for file in files {
            guard let home = home(of: file, manifest: manifest) else { continue }
            taken[home.room.name, default: []].formUnion(imports(in: file).map(\.module))
        }
        return manifest.all.flatMap { room in
            (room.opens + room.tests).filter { !(taken[room.name]?.contains($0) ?? false) }
                .map { "\(room.name) opens \($0), which no file of it imports; close it" }
        }
    }

    private static func home(
        of file: SourceFile, manifest: Manifest
    ) -> (room: Manifest.Room, isTest: Bool)? {
        let parts = file.parts
        guard parts.count >= 4 else { return nil }
        let isTest = parts[0] == "Tests" && parts[1] != "Support"
        guard
            let room = manifest.all.first(where: {
                $0.wing == parts[1] && $0.name + (isTest ? "Tests" : "") == parts[2]
            })
        else { return nil }
        return (room, isTest)
    }

    /// Line, module and the attribute that is not wanted, of each import.
    static func imports(
        in file: SourceFile
    ) -> [(line: Int, module: String, attribute: String?)] {
        file.lines.enumerated().compactMap { index, line in
            let words = line.split(separator: " ")
            guard let place = words.firstIndex(of: "import"), place + 1 < words.count,
                words[..<place].allSatisfy({ prefixes.contains(String($0)) })
            else { return nil }
            let kinds: Set<Substring> = [
                "struct", "enum", "class", "func", "protocol", "typealias",
            ]
            let name = kinds.contains(words[place + 1]) ? words[words.count - 1] : words[place + 1]
            let module = name.split(separator: ".").first.map(String.init) ?? String(name)
            let attribute = words[..<place].first { $0 == "@_exported" || $0 == "@testable" }
            return (index + 1, module, attribute.map(String.init))
        }
    }

    private static let prefixes: Set<String> = [
        "internal", "package", "public", "private", "fileprivate", "@preconcurrency",
        "@_exported", "@testable", "@_spi",
    ]
}
