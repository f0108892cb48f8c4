/// Every reader of outside bytes has a fuzz door.
///
/// Readers are found by their names, `decode` and `parse`, and by `init(parsing:)`; a door names the
/// reader with its type, as in `Block.decode`.
enum DoorLaw {
    /// Type and reader, to the reason why it needs no door of its own.
    static let exempt: [String: String] = [
        "Arguments.parse": "reads the words of the operator who runs the program",
        "SupervisorStart.parse": "reads lines of the supervisor, which runs as root",
        "RuleCounter.parse": "reads what libnftables prints of the kernel's own rules",
        "RuleElements.parse": "reads the kernel's own answers about our tables",
        "ProcessFacts.parse": "reads the kernel's text of a process",
    ]

    /// Readers by other names, which the rule would not find.
    static let others = [
        "RequestParser(", "AnswerParser(", "FrameHead.read", "ReplayFlow(", "Blueprint.read",
        "Journal.open", "TrailReader.read", "LogDatagram.read", "AuditDatagram.read",
        "jail_plan_begin",
    ]

    /// `Type.reader` of each reader that other rooms may call.
    static func readers(in file: SourceFile) -> [String] {
        let code = SwiftText(file.text).codeLines.map { String(decoding: $0, as: UTF8.self) }
        var types: [(depth: Int, name: String)] = []
        var found: [String] = []
        for line in code {
            let depth = line.prefix { $0 == " " }.count
            let words = line.split { !$0.isLetter && !$0.isNumber && $0 != "_" && $0 != "." }
            if let kind = words.firstIndex(where: { Self.kinds.contains($0) }),
                kind + 1 < words.count, !words[..<kind].contains("func")
            {
                types.removeAll { $0.depth >= depth }
                types.append((depth, String(words[kind + 1])))
            }
            let isOpen = words.first == "public" || words.first == "package"
            guard isOpen, let type = types.last(where: { $0.depth < depth })?.name else { continue }
            for reader in ["decode", "parse"] where line.contains("func \(reader)(") {
                found.append("\(type).\(reader)")
            }
            if line.contains("init(parsing ") { found.append("\(type)(parsing") }
        }
        return found
    }

    private static let kinds: Set<Substring> = ["struct", "enum", "extension", "class"]

    static func findings(
        in files: [SourceFile], doors: String, exempt: [String: String] = exempt,
        others: [String] = others
    ) -> [String] {
        var known: Set<String> = []
        let missing = files.flatMap { file in
            readers(in: file).compactMap { reader -> String? in
                known.insert(reader)
                let isNamed = doors.firstRange(of: reader) != nil
                if exempt[reader] != nil {
                    return isNamed ? "\(reader) has a door; take it off the list" : nil
                }
                return isNamed ? nil : "\(file.path): \(reader) has no door in Fuzz/Doors"
            }
        }
        let idle = exempt.keys.sorted().filter { !known.contains($0) }
            .map { "\($0) is no reader any more; take it off the list" }
        let absent = others.filter { doors.firstRange(of: $0) == nil }
            .map { "\($0)…) has no door in Fuzz/Doors" }
        return Set(missing).sorted() + idle + absent
    }
}
