internal import Arguments
internal import Compile
internal import Confinement
internal import ControlTreaty
internal import Findings
internal import Glibc
internal import Notation
internal import Operator
internal import Platform

extension Verb {
    static let apply = Verb(
        Usage(
            "apply", operands: "FILE", counts: 1...1,
            about: "Gives a running platform the flows of a file, without restarting anything",
            flags: [
                Flag(
                    "confirm", value: "TIME",
                    "undo it by itself unless `bulkhead confirm` follows within this time, as 30s"),
                Flag("dry-run", "show what would change, and stop there"), platformFlag, stateFlag,
                .json,
            ],
            details: """
                Before anything changes, every guarantee of the file must hold, by the file and by each
                layer of the rules to come alone; these are read back and proved to open exactly its
                flows; and the operators' own ways must stay. Connections that a flow still allows go
                on; all others end. What a program is given when it starts needs a restart: such a
                change is refused, with the services by name.
                """)
    ) { arguments throws(Failure) in
        let seconds = try confirmSeconds(arguments)
        let locations = try running(arguments)
        let plan = try ControlClient.plan(at: locations.control)
        var stream: AmendmentStream?
        let programs = try Places.programs()
        let path = arguments.word(0) ?? ""
        let isDry = arguments.has("dry-run")
        var name: String?
        // The way to the supervisor is bound to this one change while this process is root; what a
        // file makes of its parser afterwards can ask for nothing else.
        let file = try PlatformFile.read(
            path,
            whileRoot: { () throws(Failure) in
                guard !isDry else { return }
                stream = try AmendmentStream(at: locations.control, confirmSeconds: seconds)
            },
            unparsed: { name = PlatformName.stated(in: $0) })
        let platform = try file.required()
        guard name == plan.deployment.platform else {
            throw Failure(
                .usage, "platform-name",
                "\(Excerpt.of(path, limit: 500)) names \(name ?? "no platform"), "
                    + "\(plan.deployment.platform) runs",
                remedy: "begin a line of it with `platform: \(plan.deployment.platform)`")
        }
        if plan.deployment.isolation == .full, let distrust = file.distrust { throw distrust }
        for finding in file.findings where finding.severity == .warning {
            Output.error(finding.line(file: path))
        }
        let isJSON = arguments.has("json")
        let show = { (report: GuaranteeReport) in
            if isJSON, !report.passes {
                Output.line(document(platform.name, refusedBy: report.failed).renderPretty())
            }
        }
        // By the file first: what it breaks is told before what a restart would need.
        if let report = try GuaranteeReport(file, listsMutants: false, triesMutants: false) {
            show(report)
            try report.require(path)
        }
        let next = try Compile.deployment(
            platform, file: path, folder: file.folder, isolation: plan.deployment.isolation,
            host: Host(programs: programs, operators: file.operators))
        let proposal = try Proposal(plan, next)
        let report = proposal.report(platform)
        show(report)
        try report.require(path)
        if !isJSON { for line in proposal.lines { Output.line(line) } }
        var done: String?
        if let stream = stream.take() { done = try stream.send(next) }
        if isJSON {
            Output.line(proposal.document(platform.name, done, seconds).renderPretty())
            return .good
        }
        Output.line(done ?? "nothing was changed (--dry-run)")
        if done != nil, seconds > 0 { Output.line("`bulkhead confirm` keeps it") }
        return .good
    }

    static let confirm = Verb(
        Usage(
            "confirm", about: "Keeps what `apply --confirm` did", flags: [platformFlag, stateFlag])
    ) { arguments throws(Failure) in
        let locations = try running(arguments)
        try expectDone(try ControlClient.ask(.confirm, at: locations.control))
        return .good
    }

    /// `30s`, `5m`, or a number of seconds.
    private static func confirmSeconds(_ arguments: Arguments) throws(Failure) -> UInt32 {
        guard let text = arguments.value("confirm") else { return 0 }
        let unit: UInt32 = text.hasSuffix("m") ? 60 : 1
        let digits = text.last.map { "sm".contains($0) } == true ? String(text.dropLast()) : text
        guard let number = UInt32(digits), number > 0,
            number <= ControlRequest.confirmSecondsMax / unit
        else {
            throw Failure(
                .usage, "confirm", "--confirm does not take `\(Excerpt.of(text))`",
                remedy: "give a time from 1s to a day, as 30s or 5m")
        }
        return number * unit
    }
}

/// What is said of a change that was refused because of guarantees.
private func document(_ platform: String, refusedBy guarantees: [JSON]) -> JSON {
    [
        "platform": .text(platform), "applied": .boolean(false), "opens": .list([]),
        "closes": .list([]), "guarantees": .list(guarantees), "done": .null,
        "undone_in_seconds": .null,
    ]
}
