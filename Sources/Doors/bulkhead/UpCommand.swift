internal import Addresses
internal import Arguments
internal import Compile
internal import Confinement
internal import Findings
internal import Glibc
internal import Machine
internal import Operator
internal import Platform
internal import Reach

extension Verb {
    static let up = Verb(
        Usage(
            "up", operands: "[FILE]", counts: 0...1,
            about: "Runs a platform, each service in its own compartment",
            flags: [
                Flag("detach", "return when it is ready; `bulkhead down` ends it"),
                Flag("isolation", value: "full|none", "how strongly compartments are kept apart"),
                Flag("require", value: "full|none", "refuse when the machine offers less"),
                Flag("state", value: "DIR", "keep its state there: an instance of its own"),
                Flag("reassert", "put rules back that somebody else changes"),
                Flag("twin", "a drill's copy: nothing is published, walls may be left out"),
                Flag(
                    "without", value: "WALL", repeats: true,
                    "leave a wall out of a drill's copy, or take it from its probes"),
            ],
            details: """
                Without FILE it runs the exchange at the strongest isolation this machine has.
                FILE needs `full` unless --isolation or the file itself names a weaker one.
                """),
        bringUp)
}

/// What the operator asked for, checked.
private struct UpRequest {
    let file: String
    let isDemonstration: Bool
    let isolation: Isolation?
    let required: Isolation?
    let state: String?
    let detach: Bool
    let isTwin: Bool
    let reasserts: Bool
    let without: Walls

    init(_ arguments: Arguments) throws(Failure) {
        if let named = arguments.word(0) {
            file = named
            isDemonstration = false
        } else {
            file = try Places.demonstration()
            isDemonstration = true
        }
        isolation = try Self.level(arguments, "isolation")
        required = try Self.level(arguments, "require")
        state = arguments.value("state").map { absolute($0) }
        detach = arguments.has("detach")
        isTwin = arguments.has("twin")
        reasserts = arguments.has("reassert")
        var walls: Walls = []
        for name in arguments.values("without") {
            walls.insert(try wall(named: name))
        }
        without = walls
        guard without == [] || isTwin else {
            throw Failure(
                .usage, "walls", "only a drill's copy runs with a wall left out",
                remedy: "use `bulkhead drill breach --without …`")
        }
    }

    private static func level(
        _ arguments: Arguments, _ flag: String
    ) throws(Failure) -> Isolation? {
        guard let text = arguments.value(flag) else { return nil }
        guard let level = Isolation(name: text), level != .user else {
            throw Failure(
                .usage, "isolation", "--\(flag) does not take `\(Excerpt.of(text))`",
                remedy: text == "user"
                    ? "`user` is reserved; give full or none"
                    : "give full or none")
        }
        return level
    }
}

/// The wall that a word on the command line means.
func wall(named name: String) throws(Failure) -> Walls {
    guard let wall = Walls.names.first(where: { $0.name == name })?.wall else {
        throw Failure(
            .usage, "unknown-wall", "there is no wall `\(Excerpt.of(name))`",
            remedy: "the walls are " + Walls.names.map(\.name).joined(separator: ", "))
    }
    return wall
}

private func bringUp(_ arguments: Arguments) throws(Failure) -> ExitCode {
    let request = try UpRequest(arguments)
    let strength = Machine.strongest()
    let isRoot = geteuid() == 0
    let programs = try Places.programs()
    var started: SupervisorStart?
    // What needs privileges comes first; from `read` on this process is nobody, and only then does
    // it parse what others wrote.
    var name: String?
    let file = try PlatformFile.read(
        request.file,
        whileRoot: { () throws(Failure) in
            started = try startSupervisor(request, programs: programs)
        },
        unparsed: { bytes throws(Failure) in
            name = PlatformName.stated(in: bytes)
            if let name { try started?.bind(to: name) }
        })
    let platform = try file.required()
    guard name != nil else {
        throw Failure(
            .usage, "platform-name", "no line of \(request.file) begins with `platform: NAME`",
            remedy: "write the name there: it must be seen before the file is parsed")
    }
    if isRoot, let distrust = file.distrust { throw distrust }
    for finding in file.findings where finding.severity == .warning {
        Output.error(finding.line(file: request.file))
    }
    try requireGuarantees(platform, request.file)
    let level = try chooseIsolation(request, platform, strength)
    var deployment = try Compile.deployment(
        platform, file: request.file, folder: file.folder,
        isolation: level == .full ? .full : .none,
        host: Host(programs: programs, operators: file.operators))
    if request.isTwin { deployment.makeTwin(without: request.without, state: request.state ?? "") }
    guard var supervisor = started.take() else { return .machine }
    try supervisor.send(deployment)
    return follow(&supervisor, request, deployment)
}

/// A platform whose guarantees do not hold is not started.
func requireGuarantees(_ platform: Platform, _ file: String) throws(Failure) {
    let broken = Graph(platform).verdicts().filter { !$0.verdict.passes }
    guard !broken.isEmpty else { return }
    throw Failure(
        .refused, "guarantees",
        broken.map {
            "\(file):\($0.guarantee.place.line): \($0.guarantee.claim): \($0.verdict.name)"
        }
        .joined(separator: "\n"),
        remedy: "`bulkhead check \(file)` shows each with its flow")
}

/// The level to run at, or why the machine cannot.
private func chooseIsolation(
    _ request: UpRequest, _ platform: Platform, _ strength: Strength
) throws(Failure) -> Isolation {
    let offered = strength.isolation
    let wanted: Isolation
    if let asked = request.isolation ?? platform.isolation {
        wanted = asked
    } else {
        wanted = request.isDemonstration ? offered : .full
    }
    let needed = max(wanted, request.required ?? wanted)
    guard offered >= needed else {
        throw Failure(
            .machine, "isolation",
            "this machine cannot isolate at `\(needed.name)`: "
                + strength.missing.joined(separator: "; "),
            remedy: "run `bulkhead doctor`, or accept less with `bulkhead up "
                + "\(request.file) --isolation \(offered.name)`")
    }
    if wanted < .full {
        let walls = wanted == .none ? "namespaces, own roots, own uids, firewalls, cgroups" : ""
        let reason =
            strength.missing.isEmpty ? "as asked" : strength.missing.joined(separator: "; ")
        Output.progress(
            "isolation \(wanted.name): WITHOUT \(walls) (\(reason)); all services run as one user")
    } else {
        Output.progress("isolation full: all walls stand")
    }
    return wanted
}

private func startSupervisor(
    _ request: UpRequest, programs: String
) throws(Failure) -> SupervisorStart {
    var arguments: [String] = []
    if let state = request.state { arguments += ["--state", state] }
    for (name, wall) in Walls.names where request.without.contains(wall) {
        arguments += ["--without", name]
    }
    if request.reasserts { arguments.append("--reassert") }
    if let home = Environment.value("HOME") { arguments += ["--home", home] }
    if let uid = Environment.value("SUDO_UID") { arguments += ["--observer", uid] }
    return try SupervisorStart(program: programs + "/bulkhead-supervisor", arguments: arguments)
}

/// Shows what the supervisor says until the platform is up (detached) or down again.
private func follow(
    _ supervisor: inout SupervisorStart, _ request: UpRequest, _ deployment: Deployment
) -> ExitCode {
    if !request.detach { supervisor.stopOnInterrupt() }
    var isReady = false
    while true {
        switch supervisor.next() {
        case .progress(let text): Output.progress("  \(Printable.lines(text.utf8))")
        case .address(let text):
            let parts = text.split(separator: " ")
            let port = parts.first?.split(separator: ".").last ?? ""
            // A port's name is the firm's word; only these two say what a client types.
            let scheme = port == "http" || port == "https" ? "\(port)://" : ""
            Output.progress("  \(parts.first ?? "") at \(scheme)\(parts.last ?? "")")
        case .ready(let text):
            isReady = true
            Output.progress("\(deployment.platform): \(text)")
            RefusalText.lines(deployment).forEach { Output.progress($0) }
            if request.detach {
                supervisor.detach()
                return .good
            }
            Output.progress("Ctrl-C ends it")
        case .failed(let code, let problem, let remedy):
            Output.error("bulkhead: \(Printable.lines(problem.utf8)); \(remedy)")
            return ExitCode(rawValue: code) ?? .machine
        case .end where isReady:
            return .good
        case .end:
            Output.error(
                "bulkhead: \(deployment.platform) ended before it was ready; if nobody asked it to, "
                    + "see \(SupervisorStart.log)")
            return .refused
        }
    }
}

extension Deployment {
    /// A drill's copy: published on loopback addresses that nothing else uses, another copy beside
    /// it neither; walls left out.
    fileprivate mutating func makeTwin(without walls: Walls, state: String) {
        without = walls
        // FNV-1a of where its state lies picks one of 16,384 blocks of 256 addresses.
        let hash = state.utf8.reduce(UInt32(0x811C_9DC5)) { ($0 ^ UInt32($1)) &* 0x0100_0193 }
        let base = 0x7F40_0001 + (hash >> 18) << 8
        for index in listeners.indices {
            listeners[index].address = Address(base + UInt32(index))
        }
        for index in channels.indices {
            guard case .table(let owner, let name, let bytes) = channels[index] else { continue }
            channels[index] = .table(
                of: owner, name: name, bytes: published(String(decoding: bytes, as: UTF8.self)))
        }
    }

    /// A table whose published addresses are those of the listeners: `public ADDRESS` in a service's
    /// own, `public NAME ADDRESS` in that of who certifies them.
    private func published(_ table: String) -> [UInt8] {
        let lines = table.split(separator: "\n")
        let own = lines.first?.split(separator: " ").dropFirst().first
        var text = ""
        var done: Set<Substring> = []
        for line in lines {
            let words = line.split(separator: " ")
            guard words.first == "public",
                let name = words.count == 2 ? own : words.dropFirst().first
            else {
                text += line + "\n"
                continue
            }
            guard done.insert(name).inserted else { continue }
            for listener in listeners where compartments[listener.compartment].name == name {
                text += words.dropLast().joined(separator: " ") + " \(listener.address)\n"
            }
        }
        return Array(text.utf8)
    }
}
