internal import Arguments
internal import Comparison
internal import Connectivity
internal import Drawing
internal import Findings
internal import Notation
internal import Packets
internal import Platform
internal import Reach

extension Verb {
    static let draw = Verb(
        Usage(
            "draw", operands: "FILE", counts: 1...1,
            about: "Draws zones, services and flows as SVG, and what a change opens and closes",
            flags: [
                Flag("output", value: "OUT", "write to this file instead of standard output"),
                Flag("diff", value: "OLD", "against an older state: opened red, closed dashed"),
                Flag("from-format", value: "FORMAT", "the files are of another format"), .json,
            ],
            details: """
                One picture without scripts, links or fonts; the same file gives the same bytes.
                Findings and guarantees that do not hold are marked. What is too large to be read is
                drawn by zones. A file or folder of these formats is drawn with --from-format:
                \(ImportFormat.all.map { "  \($0.name): \($0.about)" }.joined(separator: "\n"))
                """)
    ) { arguments throws(Failure) in
        guard let path = arguments.value("output") else {
            Output.line(String(try document(arguments).dropLast()))
            return .good
        }
        let file = try OutputFile(path)
        try file.write(try document(arguments))
        return .good
    }
}

/// The picture, or with `--json` a document that holds it.
private func document(_ arguments: Arguments) throws(Failure) -> String {
    let svg = try picture(arguments)
    guard arguments.has("json") else { return svg }
    let document: JSON = ["file": .optional(arguments.word(0)), "svg": .text(svg)]
    return document.renderPretty() + "\n"
}

private func picture(_ arguments: Arguments) throws(Failure) -> String {
    let (old, new) = try Sides.drawn(arguments)
    var comparison: Comparison?
    if let old { comparison = try Sides.compared(old, new) }
    guard new.format != nil else {
        let (platform, findings) = try Sides.platform(new)
        return SVG.render(
            Scene(platform, flaws: flaws(platform, findings), comparison: comparison))
    }
    let side = try Sides.side(new)
    do throws(PacketSet.TooLarge) {
        var connectivity = Connectivity(side.topology)
        return SVG.render(try Scene(title: side.name, &connectivity, comparison: comparison))
    } catch {
        throw Sides.tooLarge
    }
}

/// What the picture marks: findings of the file, and guarantees that do not hold.
private func flaws(
    _ platform: Platform, _ findings: [Finding]
) -> [(place: Place?, text: String)] {
    var flaws = findings.filter { $0.severity != .note }.map { finding in
        (place: finding.place, text: "\(finding.severity.rawValue): \(finding.problem)")
    }
    let graph = Graph(platform)
    for (guarantee, verdict) in graph.verdicts() where !verdict.passes {
        flaws.append((guarantee.place, "\(verdict.name): \(guarantee.claim): \(verdict.why)"))
        flaws += verdict.path.map { ($0.place, "on the way that breaks it: \(graph.sentence($0))") }
    }
    return flaws
}
