internal import Arguments
internal import Descriptors
internal import Findings
internal import Glibc
internal import Notation
internal import Operator
internal import Permits

extension Verb {
    static let render = Verb(
        Usage(
            "render", operands: "FILE", counts: 1...1,
            about: "Writes a platform in another system's format, and proves what is written",
            flags: [
                Flag("to", value: "FORMAT", "the format"),
                Flag("output", value: "PATH", "write to this file, or folder for many"),
            ] + RenderFormat.flags + [.json],
            details: """
                The text is read back by the reader of that format and compared with the plan, packet by
                packet; nothing is printed or written unless both are equal. What a format cannot say is
                a finding. Formats:
                \(RenderFormat.all.map { "  \($0.name): \($0.about)" }.joined(separator: "\n"))
                """)
    ) { arguments throws(Failure) in
        let format = try RenderFormat.named(arguments.value("to"))
        if let path = arguments.value("output") {
            return try RenderedFiles.write(to: path, format, arguments)
        }
        let file = try PlatformFile.read(arguments.word(0) ?? "")
        let platform = try RenderedPlatform(try file.required(), in: file, arguments)
        let rendering = try format.render(platform)
        if arguments.has("json") {
            Output.line(document(rendering, format, file.path).render())
            return .good
        }
        for finding in rendering.findings {
            Output.error(finding.line(file: Excerpt.of(file.path, limit: 500)))
        }
        for line in rendering.proof { Output.error("proved: \(line)") }
        for (index, part) in rendering.files.enumerated() {
            if !format.isOneFile { Output.line("\(index == 0 ? "" : "\n")# ==> \(part.name) <==") }
            Output.line(part.text.hasSuffix("\n") ? String(part.text.dropLast()) : part.text)
        }
        return .good
    }
}

private func document(_ rendering: Rendering, _ format: RenderFormat, _ file: String) -> JSON {
    [
        "file": .text(file), "format": .text(format.name),
        "files": .list(
            rendering.files.map { ["name": .text($0.name), "text": .text($0.text)] }),
        "proof": .list(rendering.proof.map { .text($0) }),
        "findings": .list(rendering.findings.map(document)),
    ]
}

/// Files of a rendering on the disk.
///
/// Who may write there may be root, and root reads no platform file: a second process without
/// privileges does that, and hands over names and texts.
enum RenderedFiles {
    private static let bytesMax = 256 << 20
    private static let filesMax = 100_000

    static func write(
        to path: String, _ format: RenderFormat, _ arguments: Arguments
    ) throws(Failure) -> ExitCode {
        var asked = ["render", "--to", format.name, "--json"]
        for flag in RenderFormat.flags {
            for word in arguments.values(flag.name) { asked += ["--\(flag.name)", word] }
        }
        asked += ["--", arguments.word(0) ?? ""]
        let (bytes, exit) = try Deputy.run(asked, limit: bytesMax)
        guard exit == .good else { return exit }
        let answer = try parsed(bytes)
        let files = answer["files"]?.asList ?? []
        guard !files.isEmpty, files.count <= filesMax else {
            throw unreadable("it names no files")
        }
        var parts: [Rendering.File] = []
        for file in files {
            guard let name = file["name"]?.asText, let text = file["text"]?.asText, isName(name)
            else { throw unreadable("a file has no plain name") }
            parts.append(Rendering.File(name, text))
        }
        try save(parts, path, format)
        if arguments.has("json") {
            Output.line(answer.render())
        } else {
            for finding in answer["findings"]?.asList ?? [] {
                Output.error(words(finding, arguments.word(0) ?? ""))
            }
            for line in answer["proof"]?.asList ?? [] {
                Output.line("proved: \(line.asText ?? "")")
            }
            Output.line("wrote \(counted(parts.count, "file")) to \(Excerpt.of(path, limit: 500))")
        }
        return .good
    }

    private static func words(_ finding: JSON, _ file: String) -> String {
        let place = finding["line"]?.asInteger.map { ":\($0)" } ?? ""
        return "\(Excerpt.of(file, limit: 500))\(place): \(finding["severity"]?.asText ?? ""): "
            + "\(finding["problem"]?.asText ?? ""); \(finding["remedy"]?.asText ?? "") "
            + "[\(finding["code"]?.asText ?? "")]"
    }

    private static func parsed(_ bytes: [UInt8]) throws(Failure) -> JSON {
        var bounds = JSON.Bounds()
        bounds.bytes = bytesMax
        do throws(NotationFailure) {
            return try JSON.parse(bytes, within: bounds)
        } catch {
            throw unreadable(error.description)
        }
    }

    private static func unreadable(_ problem: String) -> Failure {
        Failure(
            .machine, "deputy", "what was rendered cannot be read: \(problem)",
            remedy: "render without --output, and write it yourself")
    }

    /// Letters, digits, `.`, `_`, `-` and `@`, a letter or digit first: never a way elsewhere.
    private static func isName(_ name: String) -> Bool {
        guard let first = name.utf8.first, (1...255).contains(name.utf8.count) else { return false }
        let isPlain = name.utf8.allSatisfy { isWord($0) || "._-@".utf8.contains($0) }
        return isWord(first) && isPlain
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        switch byte {
        case 48...57, 65...90, 97...122: true
        default: false
        }
    }

    private static func save(
        _ files: [Rendering.File], _ path: String, _ format: RenderFormat
    ) throws(Failure) {
        do throws(SystemFailure) {
            if format.isOneFile, let file = files.first {
                return try Files.replace(absolute(path), with: Array(file.text.utf8))
            }
            try Files.makeDirectories(absolute(path), mode: 0o755)
            for file in files {
                let place = "\(path)/\(file.name)"
                if let facts = Files.facts(at: place), !facts.isRegular {
                    throw SystemFailure("create", place, errno: EEXIST)
                }
                try Files.create(place).writeAll(Array(file.text.utf8))
            }
        } catch {
            let reason = unsafe strerror(error.errno).map { unsafe String(cString: $0) } ?? "error"
            throw Failure(
                .machine, "unwritable", "cannot write \(Excerpt.of(error.subject)): \(reason)",
                remedy: "name another place with --output")
        }
    }
}
