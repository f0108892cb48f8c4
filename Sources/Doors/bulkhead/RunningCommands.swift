internal import Arguments
internal import ControlTreaty
internal import Descriptors
internal import Findings
internal import Glibc
internal import Notation
internal import Operator

let stateFlag = Flag("state", value: "DIR", "the instance with its state there")

/// The running platform that the arguments mean: named, or the only one.
func running(_ arguments: Arguments) throws(Failure) -> Locations {
    let isRoot = geteuid() == 0
    let ids = Locations.running(isRoot: isRoot, uid: geteuid())
    func locations(_ platform: String, _ state: String?) -> Locations {
        Locations.of(
            platform: platform, state: state, home: Environment.value("HOME"), isRoot: isRoot,
            uid: geteuid())
    }
    if let state = arguments.value("state").map({ absolute($0) }) {
        let suffix = locations("x", state).id.dropFirst(1)
        guard let id = ids.first(where: { $0.hasSuffix(suffix) }) else {
            throw Failure(
                .refused, "not-running", "no platform with its state in \(state) runs",
                remedy: "start one with `bulkhead up --state \(state)`")
        }
        return locations(String(id.dropLast(suffix.count)), state)
    }
    let plain = ids.filter { !$0.contains(".") }
    if let name = arguments.value("platform") {
        guard plain.contains(name) else {
            throw Failure(
                .refused, "not-running", "platform \(Excerpt.of(name)) does not run",
                remedy: "running: " + (plain.isEmpty ? "none" : plain.joined(separator: ", ")))
        }
        return locations(name, nil)
    }
    guard let only = plain.first else {
        throw Failure(
            .refused, "not-running", "no platform runs", remedy: "start one with `bulkhead up`")
    }
    guard plain.count == 1 else {
        throw Failure(
            .usage, "which-platform", "several platforms run: \(plain.joined(separator: ", "))",
            remedy: "name one with --platform NAME")
    }
    return locations(only, nil)
}

let platformFlag = Flag("platform", value: "NAME", "which, when several run")

extension Verb {
    static let down = Verb(
        Usage("down", about: "Ends a running platform", flags: [platformFlag, stateFlag])
    ) { arguments throws(Failure) in
        let locations = try running(arguments)
        guard try ControlClient.end(at: locations.control, seconds: 30) else {
            throw Failure(
                .machine, "down", "\(locations.id) is still going down after 30 s",
                remedy: "see `bulkhead status`")
        }
        Output.line("\(locations.id): down, nothing left")
        return .good
    }

    static let status = Verb(
        Usage(
            "status", about: "Shows compartments, memory, restarts, connections, refusals",
            flags: [
                Flag("watch", "refresh every second until interrupted"),
                Flag("all", "show the recorders too"), .json, platformFlag, stateFlag,
            ])
    ) { arguments throws(Failure) in
        let locations = try running(arguments)
        while true {
            let reply = try ControlClient.ask(.status, at: locations.control)
            guard case .status(let status) = reply else {
                try expectDone(reply)
                return .refused
            }
            if arguments.has("json") {
                Output.line(statusJSON(status).renderPretty())
            } else {
                if arguments.has("watch") { Output.line("\u{1B}[H\u{1B}[2J") }
                Output.line(StatusTable.render(status, all: arguments.has("all")))
            }
            guard arguments.has("watch") else { return .good }
            sleep(1)
        }
    }

    static let logs = Verb(
        Usage(
            "logs", operands: "SERVICE", counts: 1...1, about: "Shows what a service printed",
            flags: [
                Flag("lines", value: "N", "the last N lines only"), platformFlag, stateFlag,
                Flag("down", value: "PLATFORM", "a platform that does not run now"),
            ])
    ) { arguments throws(Failure) in
        let lines = try arguments.integer("lines", in: 1...1_000_000)
        let name = arguments.word(0) ?? ""
        let locations: Locations
        if let platform = arguments.value("down") {
            locations = Locations.of(
                platform: platform, state: arguments.value("state").map { absolute($0) },
                home: Environment.value("HOME"), isRoot: geteuid() == 0, uid: geteuid())
        } else {
            locations = try running(arguments)
        }
        let path = locations.log(of: name)
        guard !name.contains("/"), Files.facts(of: path) != nil else {
            throw Failure(
                .usage, "unknown-service", "there is no log of `\(Excerpt.of(name))`",
                remedy: "see `bulkhead status --all` for the names")
        }
        do {
            let older = (try? Files.read(path + ".1", limit: 64 << 20)) ?? []
            let text = Printable.lines(older + (try Files.read(path, limit: 64 << 20)))
            var rows = text.split(separator: "\n", omittingEmptySubsequences: false)
            if rows.last == "" { rows.removeLast() }
            for row in rows.suffix(lines ?? rows.count) { Output.line(String(row)) }
        } catch {
            throw Failure(
                .usage, "log", "\(path) cannot be read: \(error)", remedy: "run it as root")
        }
        return .good
    }

    static let restart = Verb(
        Usage(
            "restart", operands: "SERVICE", counts: 1...1,
            about: "Asks a service's program to end, or kills it; it starts again",
            flags: [platformFlag, stateFlag])
    ) { arguments throws(Failure) in
        let locations = try running(arguments)
        let request = ControlRequest.restart(compartment: arguments.word(0) ?? "")
        try expectDone(try ControlClient.ask(request, at: locations.control))
        return .good
    }

    static let revoke = Verb(
        Usage(
            "revoke", operands: "FROM TO[.PORT]", counts: 2...2,
            about: "Ends a flow now, its open connections with it, until the next `up`",
            flags: [platformFlag, stateFlag])
    ) { arguments throws(Failure) in
        let locations = try running(arguments)
        let request = ControlRequest.revoke(
            from: Excerpt.of(arguments.word(0) ?? "", limit: 64),
            to: Excerpt.of(arguments.word(1) ?? "", limit: 70))
        try expectDone(try ControlClient.ask(request, at: locations.control))
        return .good
    }
}

/// Prints what was done, or throws what was refused.
func expectDone(_ reply: ControlReply) throws(Failure) {
    switch reply {
    case .done(let text): Output.line(text)
    case .status: break
    case .refused(let problem, let remedy):
        throw Failure(.refused, "refused", problem, remedy: remedy)
    }
}

private func statusJSON(_ status: PlatformStatus) -> JSON {
    [
        "platform": .text(status.platform), "file": .text(status.file),
        "isolation": .text(status.isolation),
        "up_milliseconds": .count(status.upMilliseconds),
        "without": .list(status.without.map { .text($0) }),
        "drift": .list(status.drift.map { .text($0) }),
        "compartments": .list(
            status.compartments.map { one in
                [
                    "name": .text(one.name), "zone": .text(one.zone),
                    "address": .text(one.address), "state": .text(one.state.name),
                    "service": .boolean(one.isService), "pid": .count(one.pid),
                    "uid": .count(one.uid), "memory_bytes": .count(one.memoryBytes),
                    "restarts": .count(one.restarts), "connections": .count(one.connections),
                    "refusals": .count(one.refusals),
                    "ports": .list(one.ports.map { .text($0) }),
                ]
            }),
        "flows": .list(
            status.flows.map { flow in
                [
                    "id": .count(flow.id), "from": .text(flow.from), "to": .text(flow.to),
                    "port": .text(flow.port), "line": .count(flow.line),
                    "open": .boolean(flow.open),
                ]
            }),
        "published": .list(status.published.map { .text($0) }),
    ]
}
