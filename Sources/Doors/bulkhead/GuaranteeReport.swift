internal import Addresses
internal import Assurance
internal import Compile
internal import Confinement
internal import Crew
internal import Findings
internal import Notation
internal import Platform
internal import Reach
internal import Segmentation

/// What `check` says of a platform's guarantees.
struct GuaranteeReport {
    private let assurance: Assurance
    private let platform: Platform
    private let mutants: [Mutant]
    /// Flows at the end of the file of which no change was tried.
    private let untried: Int
    private let listsMutants: Bool

    /// Nil for a file with errors.
    init?(
        _ file: PlatformFile, listsMutants: Bool, triesMutants: Bool = true
    ) throws(Failure) {
        guard let platform = file.platform else { return nil }
        let outline = Compile.outline(platform, file: file.path)
        guard let deployment = outline.deployment else {
            let error = outline.findings.first { $0.severity == .error }
            throw Failure(
                .refused, error?.code ?? "outline",
                "the guarantees cannot be proved: \(error?.problem ?? "the network has errors")",
                remedy: error?.remedy ?? "correct the file")
        }
        self.platform = platform
        self.listsMutants = listsMutants
        let isWanted = listsMutants || triesMutants && !platform.guarantees.isEmpty
        let (proved, tried) = Crew.both {
            Result { () throws(Failure) in try Self.assurance(platform, deployment) }
        } _: {
            isWanted ? Graph(platform).mutation() : ([], 0)
        }
        assurance = try proved.get()
        (mutants, untried) = tried
    }

    /// What became of guarantees that were asked elsewhere.
    init(_ platform: Platform, _ assurance: Assurance) {
        self.assurance = assurance
        self.platform = platform
        listsMutants = false
        mutants = []
        untried = 0
    }

    static func assurance(
        _ platform: Platform, _ deployment: Deployment
    ) throws(Failure) -> Assurance {
        do throws(Segmentation.Unreadable) {
            return Assurance(platform, deployment, try Segmentation(deployment))
        } catch {
            throw Failure(
                .machine, "rules-unreadable", "\(error.filter): \(error.problem)",
                remedy: "report this: our own rules could not be read back")
        }
    }

    var passes: Bool { assurance.passes }

    /// Fails with every guarantee that does not hold, its way and its packets.
    func require(_ path: String) throws(Failure) {
        guard !passes else { return }
        let failed = assurance.answers.filter { !$0.verdict.passes }
        let lines = failed.flatMap { answer in
            [
                "\(Excerpt.of(path, limit: 500)):\(answer.guarantee.place.line): "
                    + "\(answer.guarantee.claim): \(answer.verdict.name), \(answer.verdict.why)"
            ] + details(answer).dropFirst(2)
        }
        throw Failure(
            .refused, "guarantees", lines.joined(separator: "\n"),
            remedy: "nothing was changed; mend the flow, or decide about the guarantee in the file")
    }

    /// The first guarantee that does not hold, with what would repair it.
    var refuted: Finding? {
        assurance.answers.first { !$0.verdict.passes }.map { answer in
            let lines = answer.verdict.path.map { "\($0.place.line)" }.joined(separator: ", ")
            return Finding(
                .error, "refuted", at: answer.guarantee.place,
                "\(answer.guarantee.claim): \(answer.verdict.why)",
                remedy: answer.repair.map(assurance.graph.sentence)
                    ?? (lines.isEmpty
                        ? "open what it needs" : "take away what opens the way: line \(lines)"))
        }
    }

    var text: [String] {
        let answers = assurance.answers
        guard !answers.isEmpty else { return ["no guarantees: nothing is promised of it"] }
        var lines = ["", "guarantees"]
        lines += aligned(
            answers.map { answer in
                [
                    answer.verdict.name, "line \(answer.guarantee.place.line)",
                    answer.guarantee.claim, answer.verdict.why,
                ]
            })
        for answer in answers where !answer.verdict.passes { lines += details(answer) }
        let failed = answers.count { !$0.verdict.passes }
        guard failed == 0 else {
            return lines + ["", "\(failed) of \(answers.count) do not hold"]
        }
        return lines + [
            "",
            "all hold: by the file, by \(Segmentation.Layer.fabric.name) alone and by "
                + "\(Segmentation.Layer.hosts.name) alone; "
                + "\(counted(assurance.certificates, "certificate")) checked",
        ] + score
    }

    private func details(_ answer: Assurance.Answer) -> [String] {
        let graph = assurance.graph
        var lines = ["", "line \(answer.guarantee.place.line): \(answer.guarantee.claim)"]
        for link in answer.verdict.path { lines += assurance.lines(link, indent: "  ") }
        for one in answer.layers where one.verdict.name != answer.verdict.name {
            lines.append("  \(one.layer.name) alone: \(one.verdict.name), \(one.verdict.why)")
        }
        if let repair = answer.repair { lines.append("  to repair it: \(graph.sentence(repair))") }
        return lines
    }

    /// How much of what could go wrong with a flow the guarantees notice.
    private var score: [String] {
        guard !mutants.isEmpty else { return [] }
        let unnoticed = mutants.filter { $0.caughtBy == nil }
        var lines = [
            "the guarantees notice \(mutants.count - unnoticed.count) of "
                + "\(counted(mutants.count, "wrong change")) of a flow"
                + (unnoticed.isEmpty || listsMutants ? "" : "; --mutants lists the others")
        ]
        if untried > 0 {
            lines.append("of the last \(counted(untried, "flow")) no change was tried")
        }
        guard listsMutants, !unnoticed.isEmpty else { return lines }
        lines += ["", "not noticed"]
        lines += aligned(
            unnoticed.map { mutant in
                let flow = platform.flows[mutant.flow]
                return [
                    "line \(flow.place.line)", "\(flow.from.name) to \(flow.to).\(flow.port)",
                    mutant.change.name,
                ]
            })
        return lines
    }

    var documents: [JSON] { assurance.answers.map(document) }

    /// Those that do not hold.
    var failed: [JSON] { assurance.answers.filter { !$0.verdict.passes }.map(document) }

    private func document(_ answer: Assurance.Answer) -> JSON {
        let graph = assurance.graph
        return [
            "guarantee": .text(answer.guarantee.claim),
            "line": .count(answer.guarantee.place.line),
            "column": .count(answer.guarantee.place.column),
            "verdict": .text(answer.verdict.name), "why": .text(answer.verdict.why),
            "path": .list(answer.verdict.path.map(assurance.document)),
            "layers": .list(
                answer.layers.map { one in
                    [
                        "layer": .text(one.layer == .fabric ? "fabric" : "hosts"),
                        "verdict": .text(one.verdict.name), "why": .text(one.verdict.why),
                        "certificates": one.certificates.map { .count($0) } ?? .null,
                    ]
                }),
            "repair": .optional(answer.repair.map(graph.sentence)),
        ]
    }

    /// Guarantees that do not hold, with the lines of the way that breaks each.
    var broken: [BrokenGuarantee] {
        assurance.answers.filter { !$0.verdict.passes }.map { answer in
            BrokenGuarantee(
                claim: answer.guarantee.claim, place: answer.guarantee.place,
                isUnanswered: answer.verdict.name == "unanswered", why: answer.verdict.why,
                way: answer.verdict.path.map { ($0.place, assurance.graph.sentence($0)) })
        }
    }

    /// Changes that were tried, and those that nobody notices.
    var mutation: JSON {
        guard !mutants.isEmpty else { return .null }
        let unnoticed = mutants.filter { $0.caughtBy == nil }
        var members: [JSON.Member] = [
            JSON.Member("tried", .count(mutants.count)),
            JSON.Member("noticed", .count(mutants.count - unnoticed.count)),
            JSON.Member(
                "unnoticed",
                .list(
                    unnoticed.map { mutant in
                        [
                            "line": .count(platform.flows[mutant.flow].place.line),
                            "change": .text(mutant.change.name),
                        ]
                    })),
        ]
        if untried > 0 { members.append(JSON.Member("flowsUntried", .count(untried))) }
        return .object(members)
    }
}

extension Assurance {
    /// A hop in words, and a packet by which it is made.
    func lines(_ link: Link, indent: String) -> [String] {
        let hop = ["\(indent)\(graph.sentence(link)): \(link.because)"]
        guard let example = example(link) else { return hop }
        let source = example.source.map(String.init(describing:)) ?? "anywhere"
        return hop + ["\(indent)  as \(source) to \(example.destination) \(example.port)"]
    }

    /// The hop with its `packet`.
    func document(_ link: Link) -> JSON {
        let packet: JSON =
            example(link).map { example in
                [
                    "source": .optional(example.source?.description),
                    "destination": .text(example.destination.description),
                    "protocol": .text(example.port.transport.name),
                    "port": .count(Int(example.port.number)),
                ]
            } ?? .null
        guard case .object(let members) = graph.document(link) else { return packet }
        return .object(members + [JSON.Member("packet", packet)])
    }
}
