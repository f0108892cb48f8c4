internal import Addresses
internal import Arguments
internal import Findings
internal import Notation
internal import Platform
internal import Reach

extension Verb {
    static let reach = Verb(
        Usage(
            "reach", operands: "FILE...", counts: 1...256,
            about: "Shows who can reach what, on which ports, by which flows",
            flags: [
                Flag("from", value: "A", "only from this service, zone, internet or office"),
                Flag("to", value: "B", "only to this service, zone or service.port"),
                Flag("from-format", value: "FORMAT", "the files are of another format"), .json,
            ],
            details: """
                Reach is one hop: what flows and channels allow when nobody is owned.
                With both --from and --to, exit 1 says that nothing leads there; what is missing, what
                forbids it, and by which services it could be got around is told as well.
                With --from-format, files and folders of these formats are read instead:
                \(ImportFormat.all.map { "  \($0.name): \($0.about)" }.joined(separator: "\n"))
                """)
    ) { arguments throws(Failure) in
        if let format = arguments.value("from-format") {
            return try importedReach(format, arguments)
        }
        guard arguments.words.count == 1 else {
            throw Failure(
                .usage, "words", "`reach` takes one platform file",
                remedy: "name one, or say the format of the files with --from-format")
        }
        let file = try PlatformFile.read(arguments.word(0) ?? "")
        let graph = Graph(try file.required())
        let from = try arguments.value("from").map { text throws(Failure) in
            try graph.start(text)
        }
        let to = try arguments.value("to").map { text throws(Failure) in
            try graph.target(text)
        }
        let links = graph.links(from: from, to: to?.party, port: to?.port)
        var absence: Absence?
        if let from, let to, links.isEmpty {
            absence = graph.absence(from: from, to: to.party, port: to.port)
        }
        if arguments.has("json") {
            let document: JSON = [
                "platform": .text(graph.platform.name), "from": .optional(from?.name),
                "to": .optional(arguments.value("to")),
                "reach": .list(links.map(graph.document)),
                "missing": absence.map(graph.document) ?? .null,
            ]
            Output.line(document.renderPretty())
        } else if links.isEmpty {
            Output.line(
                "\(from?.name ?? "nobody") \(from == nil ? "reaches" : "does not reach") "
                    + "\(arguments.value("to") ?? "anything"): no flow and no channel leads there")
            for line in absence.map(graph.text) ?? [] { Output.line("  " + line) }
        } else {
            let lines =
                (from == nil && to == nil ? graph.matrix() + [""] : []) + graph.table(links)
            for line in lines { Output.line(line) }
        }
        return from != nil && to != nil && links.isEmpty ? .refused : .good
    }
}

extension Graph {
    /// What `--from` names.
    fileprivate func start(_ text: String) throws(Failure) -> Party {
        if let party = party(text) { return party }
        throw unknown("--from", text, also: ["internet", "office"])
    }

    /// What `--to` names: a party, or a port of a service.
    fileprivate func target(_ text: String) throws(Failure) -> (party: Party, port: String?) {
        if let party = party(text) { return (party, nil) }
        let parts = text.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        if parts.count == 2, let service = platform.service(parts[0]) {
            if service.port(parts[1]) != nil { return (.service(parts[0]), parts[1]) }
            let known = service.ports.map { "\(parts[0]).\($0.name)" }
            throw unknown("--to", text, among: known)
        }
        throw unknown("--to", text)
    }

    private func unknown(
        _ flag: String, _ text: String, also: [String] = [], among: [String]? = nil
    ) -> Failure {
        let known = among ?? platform.services.map(\.name) + platform.zones.map(\.name) + also
        let remedy =
            Nearest.name(to: text, among: known).map { "did you mean \($0)?" }
            ?? "the file knows \(known.prefix(20).joined(separator: ", "))"
        return Failure(
            .usage, "unknown-name", "\(flag) \(Excerpt.of(text)) is nothing in this file",
            remedy: remedy)
    }

    /// One row a hop: who, where, what port, by which line, why.
    fileprivate func table(_ links: [Link]) -> [String] {
        let rows = links.map { link in
            let target = platform.services[link.to].name
            switch link.by {
            case .flow(_, let name, let port):
                let shown = publication(of: link.to, port: name).flatMap { publication in
                    link.isFromOutside ? " at \(publication.address):\(publication.number)" : nil
                }
                return [
                    self.name(link.from), "\(target).\(name)", "\(port)\(shown ?? "")",
                    "line \(link.place.line)", link.because,
                ]
            case .channel(_, let name):
                return [
                    self.name(link.from), target, "channel \(name)", "line \(link.place.line)",
                    link.because,
                ]
            }
        }
        return aligned([["from", "to", "port", "by", "because"]] + rows)
    }

    fileprivate func text(_ absence: Absence) -> [String] {
        var lines: [String] = []
        if let missing = absence.missing {
            lines.append(
                "it would take {from: \(missing.from.name), to: \(missing.service).\(missing.port), "
                    + "because: …}")
        }
        for guarantee in absence.broken {
            lines.append("which line \(guarantee.place.line) forbids: \(guarantee.claim)")
        }
        if !absence.detour.isEmpty {
            let way = absence.detour.map { "\(platform.services[$0.to].name).\($0.by.name)" }
            lines.append(
                "who owns services on the way comes by \(way.joined(separator: ", then "))")
        }
        lines.append(
            absence.callers.isEmpty
                ? "nobody reaches it"
                : "reached by " + absence.callers.map(name).joined(separator: ", "))
        return lines
    }

    fileprivate func document(_ absence: Absence) -> JSON {
        [
            "flow": absence.missing.map { missing in
                [
                    "from": .text(missing.from.name),
                    "to": .text("\(missing.service).\(missing.port)"),
                ]
            } ?? .null,
            "forbidden": .list(
                absence.broken.map { guarantee in
                    [
                        "line": .count(guarantee.place.line), "guarantee": .text(guarantee.claim),
                    ]
                }),
            "detour": .list(absence.detour.map(document)),
            "callers": .list(absence.callers.map { .text(name($0)) }),
        ]
    }

    /// Widest platform that is shown as a matrix, in services.
    private static let matrixMax = 16

    /// Sources down, services across, ports in the cells; nothing for a wide platform.
    fileprivate func matrix() -> [String] {
        guard platform.services.count <= Self.matrixMax else { return [] }
        var rows = [["from \\ to"] + platform.services.map(\.name)]
        for source in sources {
            let links = links(from: source)
            let cells = platform.services.indices.map { target in
                let ports = links.filter { $0.to == target }.map { link in
                    switch link.by {
                    case .flow(_, _, let port): "\(port.number)"
                    case .channel: "channel"
                    }
                }
                return ports.isEmpty ? "-" : ports.joined(separator: " ")
            }
            rows.append([name(source)] + cells)
        }
        return aligned(rows)
    }

    /// A hop as every JSON answer shows it.
    func document(_ link: Link) -> JSON {
        var members: [JSON.Member] = [
            JSON.Member("from", .text(name(link.from))),
            JSON.Member("to", .text(platform.services[link.to].name)),
        ]
        switch link.by {
        case .flow(_, let name, let port):
            members += [
                JSON.Member("by", "flow"), JSON.Member("port", .text(name)),
                JSON.Member("transport", .text(port.transport.name)),
                JSON.Member("number", .count(port.number)),
            ]
        case .channel(_, let name):
            members += [JSON.Member("by", "channel"), JSON.Member("channel", .text(name))]
        }
        members += [
            JSON.Member("line", .count(link.place.line)),
            JSON.Member("because", .text(link.because)),
        ]
        return .object(members)
    }
}

extension Link {
    fileprivate var isFromOutside: Bool { from == .internet || from == .office }
}
