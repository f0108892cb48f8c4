internal import Addresses
internal import Arguments
internal import Compile
internal import Confinement
internal import ControlTreaty
internal import Findings
internal import Glibc
internal import Operator
internal import Platform
internal import Reach
internal import Segmentation

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
            ],
            details: """
                Before anything changes, every guarantee of the file must hold, the rules to come are
                read back and proved to open exactly its flows, and the operators' own ways must stay.
                Connections that a flow still allows go on; all others end.
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
        try requireGuarantees(platform, path)
        let next = try Compile.deployment(
            platform, file: path, folder: file.folder, isolation: plan.deployment.isolation,
            host: Host(programs: programs, operators: file.operators))
        let proposal = try Proposal(plan, next)
        for line in proposal.lines { Output.line(line) }
        guard let stream = stream.take() else {
            Output.line("nothing was changed (--dry-run)")
            return .good
        }
        Output.line(try stream.send(next))
        if seconds > 0 { Output.line("`bulkhead confirm` keeps it") }
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

/// A change of flows that was proved, and what it opens and closes.
private struct Proposal {
    let lines: [String]

    init(_ running: RunningPlan, _ next: Deployment) throws(Failure) {
        try Self.requireAmendable(running, next)
        let plan: RunningPlan
        do throws(RunningPlan.NotAmendable) { plan = try running.amended(by: next) } catch {
            throw Failure(
                .refused, "restart", error.problem,
                remedy: "take the platform down and up with this file")
        }
        let changes: [[String]]
        do {
            changes = try Self.changes(running, plan)
        } catch let failure as Failure {
            throw failure
        } catch {
            throw Failure(
                .machine, "proof", "what would pass cannot be proved: \(error)",
                remedy: "nothing was changed")
        }
        guard Set(changes[0]) == Set(changes[1]) else {
            throw Failure(
                .machine, "proof", "the fabric and the compartments would not change alike",
                remedy: "report it: nothing was changed")
        }
        lines =
            (changes[0].isEmpty ? ["no packet between services is decided otherwise"] : changes[0])
            + [
                "proved: both layers of rules open what the file's flows say and nothing else, "
                    + "every guarantee holds, operators keep their ways"
            ]
    }

    private static func requireAmendable(
        _ running: RunningPlan, _ next: Deployment
    ) throws(Failure) {
        let needs = running.restarts(for: next)
        guard needs.isEmpty else {
            throw Failure(
                .refused, "restart", needs.joined(separator: "\n"),
                remedy: "these are given to a program when it starts: take the platform down and "
                    + "up with this file, or leave them as they run")
        }
        let lost = running.lostWays(in: next)
        guard lost.isEmpty else {
            throw Failure(
                .refused, "operators",
                "operators would lose their way: \(lost.joined(separator: "; "))",
                remedy: "keep these flows, or end them with `bulkhead revoke` on purpose")
        }
    }

    /// What each layer opens and closes, once each is proved to open exactly the flows to come.
    private static func changes(_ running: RunningPlan, _ plan: RunningPlan) throws -> [[String]] {
        let old = try Segmentation(running.deployment, closed: running.closed)
        let new = try Segmentation(plan.deployment, closed: plan.closed)
        return try Segmentation.Layer.allCases.map { layer in
            let before = try old.openings(layer).map { plan.line($0) }
            let after = try new.openings(layer).map { plan.line($0) }
            let (were, are) = (Set(before), Set(after))
            guard are == plan.wanted else {
                throw Failure(
                    .machine, "proof", "the rules of \(layer.name) would not be the flows",
                    remedy: "report it: nothing was changed")
            }
            return after.filter { !were.contains($0) }.map { "opens  \($0)" }
                + before.filter { !are.contains($0) }.map { "closes \($0)" }
        }
    }
}

extension RunningPlan {
    /// As `web -> store tcp 5432`.
    fileprivate func line(_ opening: Opening) -> String {
        let from = opening.from.map { deployment.compartments[$0].name } ?? "nobody's address"
        let to = deployment.compartments[opening.to].name
        return Self.line(from, to, opening.protocols, opening.ports)
    }

    private static func line(
        _ from: String, _ to: String, _ protocols: ClosedRange<UInt32>,
        _ ports: ClosedRange<UInt32>
    ) -> String {
        let names: [UInt32: String] = [6: "tcp", 17: "udp"]
        let transport =
            protocols.count == 1
            ? names[protocols.lowerBound] ?? "protocol \(protocols.lowerBound)"
            : "protocols \(protocols.lowerBound)-\(protocols.upperBound)"
        return "\(from) -> \(to) \(transport) "
            + (ports.count == 1
                ? "\(ports.lowerBound)" : "\(ports.lowerBound)-\(ports.upperBound)")
    }

    /// What the open flows between services are, in the words of `line`.
    fileprivate var wanted: Set<String> {
        var wanted: Set<String> = []
        for (index, flow) in deployment.flows.enumerated() where !closed.contains(index) {
            guard case .compartment(let from) = flow.from, from != flow.to else { continue }
            let number = UInt32(flow.port.transport.rawValue)
            let port = UInt32(flow.port.number)
            wanted.insert(
                Self.line(
                    deployment.compartments[from].name, deployment.compartments[flow.to].name,
                    number...number, port...port))
        }
        return wanted
    }
}
