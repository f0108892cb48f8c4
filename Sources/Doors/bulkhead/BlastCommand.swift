internal import Arguments
internal import Findings
internal import Notation
internal import Platform
internal import Reach

extension Verb {
    static let blast = Verb(
        Usage(
            "blast", operands: "FILE SERVICE", counts: 2...2,
            about: "Shows what an attacker who owns a service reaches, and what would cut it",
            flags: [
                Flag("steps", value: "N", "further services that fall, one after another (0)"),
                .json,
            ],
            details: """
                Flows and channels count, the owned service's own and its zone's. The cut is the
                smallest set of them without which no way leads there, however many services fall.
                """)
    ) { arguments throws(Failure) in
        let file = try PlatformFile.read(arguments.word(0) ?? "")
        let graph = Graph(try file.required())
        let name = arguments.word(1) ?? ""
        guard let service = graph.service(name) else {
            let known = graph.platform.services.map(\.name)
            throw Failure(
                .usage, "unknown-name", "\(Excerpt.of(name)) is no service of this file",
                remedy: Nearest.name(to: name, among: known).map { "did you mean \($0)?" }
                    ?? "the file knows \(known.prefix(20).joined(separator: ", "))")
        }
        let exposure = graph.exposure(of: service, steps: try arguments.steps())
        if arguments.has("json") {
            Output.line(graph.document(exposure).renderPretty())
        } else {
            for line in graph.text(exposure) { Output.line(line) }
        }
        return .good
    }
}

extension Arguments {
    fileprivate func steps() throws(Failure) -> Int {
        guard let text = value("steps") else { return 0 }
        guard text.utf8.count <= 5, let steps = Int(text), steps >= 0 else {
            throw Failure(
                .usage, "bad-number", "--steps \(Excerpt.of(text)) is no number of services",
                remedy: "give 0 to 99,999")
        }
        return steps
    }
}

extension Graph {
    fileprivate func text(_ exposure: Exposure) -> [String] {
        let owned = platform.services[exposure.owned].name
        guard !exposure.reached.isEmpty else {
            return ["\(owned), owned, reaches nothing: no flow and no channel leads out"]
        }
        let rows = exposure.reached.map { reached in
            [
                platform.services[reached.service].name,
                platform.services[reached.service].zone,
                reached.path.map { "\(platform.services[$0.to].name).\($0.by.name)" }
                    .joined(separator: " > "),
                "line " + reached.cut.map { String($0.place.line) }.joined(separator: ", "),
            ]
        }
        return [
            "\(owned), owned, reaches \(exposure.reached.count) of "
                + "\(platform.services.count - 1) other services", "",
        ]
            + aligned([["service", "zone", "by way of", "cut by removing"]] + rows)
    }

    fileprivate func document(_ exposure: Exposure) -> JSON {
        [
            "platform": .text(platform.name),
            "owned": .text(platform.services[exposure.owned].name),
            "reached": .list(
                exposure.reached.map { reached in
                    [
                        "service": .text(platform.services[reached.service].name),
                        "zone": .text(platform.services[reached.service].zone),
                        "steps": .count(reached.path.count - 1),
                        "path": .list(reached.path.map(document)),
                        "cut": .list(reached.cut.map(document)),
                    ]
                }),
        ]
    }
}
