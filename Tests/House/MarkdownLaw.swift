/// Documents: one title, live links, commands that exist, no path of one machine.
enum MarkdownLaw {
    static func findings(
        in file: SourceFile, verbs: Set<String>, exists: (String) -> Bool
    ) -> [String] {
        var found: [String] = []
        var titles = 0
        var isFenced = false
        let folder = file.parts.dropLast().joined(separator: "/")
        for (index, line) in file.lines.enumerated() {
            let place = "\(file.path):\(index + 1)"
            if line.hasPrefix("```") {
                isFenced.toggle()
                continue
            }
            if !isFenced {
                if line.hasPrefix("# ") { titles += 1 }
                found += links(in: line).filter { target in
                    !exists(folder.isEmpty ? target : "\(folder)/\(target)")
                }.map { "\(place): the link to \($0) leads nowhere" }
            }
            let commands = isFenced ? [String(line)] : codeSpans(in: line)
            found += commands.compactMap(verb).filter { !verbs.contains($0) }
                .map { "\(place): `bulkhead \($0)` is no verb" }
        }
        if titles != 1 { found.append("\(file.path): \(titles) titles; a document has one `# `") }
        return found
    }

    /// Promises are numbered in order, and each names what holds it, or says that nothing does.
    static func promiseFindings(in file: SourceFile, exists: (String) -> Bool) -> [String] {
        var expected = 1
        var found: [String] = []
        for (index, line) in file.lines.enumerated() {
            let cells = line.split(separator: "|").map { $0.drop { $0 == " " } }
            guard cells.count == 3, let number = Int(cells[0].prefix { $0 != " " }) else {
                continue
            }
            let place = "\(file.path):\(index + 1)"
            if number != expected {
                found.append("\(place): promise \(number) follows \(expected - 1)")
            }
            expected = number + 1
            let holders = cells[2].split { " ,:;".contains($0) }.filter { $0.contains("/") }
            found += holders.filter { !exists(String($0)) }
                .map { "\(place): \($0) holds nothing, for it is not there" }
            let isOpen = cells[2].firstRange(of: "pending") != nil
            if holders.isEmpty && !isOpen && cells[2].firstRange(of: "fuzz tests") == nil {
                found.append("\(place): name what holds the promise, or write `pending`")
            }
        }
        return found + (expected > 1 ? [] : ["\(file.path): no promise in its table"])
    }

    /// Relative targets of `[text](target)`, without their fragments.
    static func links(in line: Substring) -> [String] {
        var found: [String] = []
        var rest = line
        while let start = rest.firstRange(of: "](") {
            let target = rest[start.upperBound...].prefix { $0 != ")" && $0 != " " }
            rest = rest[start.upperBound...]
            let path = target.prefix { $0 != "#" }
            if !path.isEmpty, path.firstRange(of: "://") == nil, !path.hasPrefix("mailto:") {
                found.append(String(path))
            }
        }
        return found
    }

    static func codeSpans(in line: Substring) -> [String] {
        line.split(separator: "`", omittingEmptySubsequences: false).enumerated()
            .filter { !$0.offset.isMultiple(of: 2) }.map { String($0.element) }
    }

    /// The verb of a command line that runs the program; nil for any other text.
    static func verb(of command: String) -> String? {
        let words = command.split(separator: " ").drop { ["$", "#", "sudo"].contains($0) }
        guard let program = words.first, ["bulkhead", "./bulkhead"].contains(program),
            let verb = words.dropFirst().first,
            verb.utf8.allSatisfy({ (97...122).contains($0) || $0 == UInt8(ascii: "-") }),
            !verb.hasPrefix("-")
        else { return nil }
        return String(verb)
    }

    /// The verbs of the program (`Usage("name"`) and those of the script before it.
    static func verbs(inDoor files: [SourceFile]) -> Set<String> {
        var found: Set<String> = ["test", "build", "install", "uninstall"]
        for file in files {
            var rest = file.text[...]
            while let start = rest.firstRange(of: "Usage(") {
                rest = rest[start.upperBound...]
                let literal = rest.drop { $0.isWhitespace }
                guard literal.first == "\"" else { continue }
                found.insert(String(literal.dropFirst().prefix { $0 != "\"" }))
            }
        }
        return found
    }

    /// Paths that exist on one machine only.
    ///
    /// Spelled in parts, or this file would break its law.
    static let machinePaths = ["/ro" + "ot/", "/wo" + "rk/", "/fa" + "rm/", ".lib" + "rary/"]

    /// Where the usual places of any host are named on purpose: an attacker looks there.
    static let namesPlaces = [
        "Sources/Response/Techniques/", "Sources/Response/Breach/Technique+",
    ]

    static func pathFindings(in file: SourceFile) -> [String] {
        if namesPlaces.contains(where: file.path.hasPrefix) { return [] }
        // `/proc/PID/root` is the kernel's name for a process's root.
        return file.lines.enumerated().filter { $0.element.firstRange(of: "/proc/") == nil }
            .flatMap { index, line in
                machinePaths.filter { Search.contains($0, in: ArraySlice(line.utf8)) }
                    .map {
                        "\(file.path):\(index + 1): \($0) is a path of one machine; make it relative"
                    }
            }
    }
}

extension Search {
    /// Whether `text` is in `line`, anywhere.
    static func contains(_ text: String, in line: ArraySlice<UInt8>) -> Bool {
        let wanted = Array(text.utf8)
        guard let first = wanted.first, line.count >= wanted.count else { return false }
        return (line.startIndex...(line.endIndex - wanted.count)).contains { start in
            line[start] == first && line[start..<(start + wanted.count)].elementsEqual(wanted)
        }
    }
}
