internal import Platform

/// Keys of the whole file.
enum PlatformKey: String, KeySet {
    case platform, zones, services, flows, channels, guarantees, expect, packs, publish, isolation
    case office

    var rule: Rule {
        switch self {
        case .platform: Rule(.name, required: true, "The platform's name")
        case .zones:
            Rule(
                .map(
                    key: .name, value: .record(Record("zone", ZoneKey.self)), noun: "zone",
                    atMost: 256),
                required: true, "Trust levels, each with a network, by name")
        case .services:
            Rule(
                .map(
                    key: .name, value: .record(Record("service", ServiceKey.self)), noun: "service",
                    atMost: 10_000),
                required: true, "Programs, each in its own compartment, by name")
        case .flows:
            Rule(
                .list(.record(Record("flow", FlowKey.self)), counts: 0...100_000),
                "Allowed connections; nothing else is allowed")
        case .channels:
            Rule(
                .list(.record(Record("channel", ChannelKey.self)), counts: 0...100_000),
                "Descriptors that a compartment inherits")
        case .guarantees:
            Rule(
                .list(
                    .oneOf([
                        Record("guarantee", NeverKey.self), Record("guarantee", OnlyKey.self),
                        Record("guarantee", MustKey.self), Record("guarantee", ContainKey.self),
                    ]), counts: 0...10_000), "Properties that every check proves")
        case .expect:
            Rule(
                .list(.scalar(.expectation), counts: 0...10_000),
                "Single connections that every check proves possible or impossible")
        case .packs:
            Rule(
                .oneOrMany(.word(PackName.allCases.map(\.rawValue))),
                "Packs of rules that every check holds it to")
        case .publish:
            Rule(
                .map(
                    key: .reference, value: .scalar(.socket), noun: "published port", atMost: 1024),
                "Service ports at addresses of the host: service.port to address:port")
        case .isolation:
            Rule(
                .word(["full", "user", "none"]),
                "Weakest isolation that `up` accepts; full when left out")
        case .office: Rule(.oneOrMany(.network), "Networks of the operators' side")
        }
    }
}

/// Keys of a zone.
enum ZoneKey: String, KeySet {
    case network, vlan

    var rule: Rule {
        switch self {
        case .network: Rule(.network, required: true, "IPv4 network in CIDR form, no host bits")
        case .vlan: Rule(.whole(1...4094), "802.1Q id; rendering alone uses it")
        }
    }
}

/// Keys of a service.
enum ServiceKey: String, KeySet {
    case zone, host, instances, run, ports, limits, needs, after, role, files, prepare, ready
    case stop, environment, wx, database

    var rule: Rule {
        switch self {
        case .zone: Rule(.name, required: true, "The zone it lives in")
        case .host: Rule(.word(["here"]), "The host it runs on; `here` is the only one for now")
        case .instances: Rule(.whole(1...64), "How many compartments run it; 1 when left out")
        case .run:
            Rule(
                .list(.scalar(.argument), counts: 1...500), required: true,
                "Program and arguments; a bare name is looked up in PATH")
        case .ports:
            Rule(
                .map(key: .name, value: .scalar(.port), noun: "port", atMost: 64),
                "Ports it listens on, by name: tcp/8443")
        case .limits: Rule(.record(Record("limits", LimitKey.self)), "Bounds of one compartment")
        case .needs:
            Rule(.record(Record("needs", NeedKey.self)), "What it needs from vault and watch")
        case .after: Rule(.oneOrMany(.name), "Services that must be ready first")
        case .role: Rule(.oneOrMany(.name), "Words for the system calls it may make")
        case .files:
            Rule(
                .list(.scalarOrRecord(.path, Record("file", FileKey.self)), counts: 0...500),
                "Read-only files and trees it sees: a path, or source and target")
        case .prepare:
            Rule(
                .list(.record(Record("preparation", PrepareKey.self)), counts: 0...16),
                "Commands that run once, inside the compartment, before its first start")
        case .ready:
            Rule(
                .word(["notify", "port", "started"]),
                "When it counts as ready: READY=1, listening on its ports, or started")
        case .stop:
            Rule(
                .word(StopSignal.allCases.map(\.rawValue)),
                "Signal that asks it to end; SIGTERM when left out")
        case .environment:
            Rule(
                .map(key: .variable, value: .scalar(.raw), noun: "variable", atMost: 500),
                "Environment of the program; nothing else is passed on")
        case .wx: Rule(.truth, "Memory may be writable and executable (some runtimes need it)")
        case .database:
            Rule(.word(["sqlite"]), "The database that it keeps in its own directory")
        }
    }
}

/// Keys of a service's limits.
enum LimitKey: String, KeySet {
    case memory, processes, files, cpu, disk

    var rule: Rule {
        switch self {
        case .memory: Rule(.size(16 << 20...1 << 40), "Memory: 512MiB; 256MiB when left out")
        case .processes: Rule(.whole(2...32768), "Processes and threads; 64 when left out")
        case .files: Rule(.whole(16...16384), "Open files of a process; 1024 when left out")
        case .cpu: Rule(.cpu, "Processor time: 50% or 1.5 cores; no quota when left out")
        case .disk: Rule(.size(4 << 20...1 << 40), "Own disk: 1GiB; 256MiB when left out")
        }
    }
}

/// Keys of a service's needs.
enum NeedKey: String, KeySet {
    case secrets, trail

    var rule: Rule {
        switch self {
        case .secrets:
            Rule(
                .list(.scalar(.secret), counts: 0...500), "Secrets by name: tls/gateway",
                inactiveUntil: "the vault is built")
        case .trail: Rule(.name, "The trail its events go to; its own name when left out")
        }
    }
}

/// Keys of a read-only file or tree.
enum FileKey: String, KeySet {
    case source, target

    var rule: Rule {
        switch self {
        case .source: Rule(.path, required: true, "Path on the host, or beside the platform file")
        case .target: Rule(.target, required: true, "Absolute path in the compartment")
        }
    }
}

/// Keys of a preparation.
enum PrepareKey: String, KeySet {
    case run, files, input

    var rule: Rule {
        switch self {
        case .run, .files: fileRule
        case .input: Rule(.path, "A file that becomes its standard input")
        }
    }

    private var fileRule: Rule {
        let same = self == .run ? ServiceKey.run : ServiceKey.files
        return same.rule
    }
}

/// Keys of a flow.
enum FlowKey: String, KeySet {
    case from, to, because, owner, ticket, expires, messages, observe

    var rule: Rule {
        switch self {
        case .from: Rule(.party, required: true, "A service, a zone, internet or office")
        case .to: Rule(.reference, required: true, "The service's port: service.port")
        case .because: Rule(.text(500), required: true, "Why it is needed")
        case .owner: Rule(.text(200), "Who answers for it")
        case .ticket: Rule(.text(200), "Where it was decided")
        case .expires: Rule(.day, "Last day on which it is allowed: 2027-03-31")
        case .messages:
            Rule(
                .list(.scalar(.name), counts: 0...500),
                "Message types that the receiver permits; makes the flow a passage")
        case .observe:
            Rule(.truth, "Allow it for now, each connection on record as one to be refused")
        }
    }
}

/// Keys of a channel.
enum ChannelKey: String, KeySet {
    case from, to, name, because

    var rule: Rule {
        switch self {
        case .from: Rule(.name, required: true, "The service at whose side it begins, or office")
        case .to: Rule(.name, required: true, "The service that it leads to")
        case .name: Rule(.name, required: true, "Its name")
        case .because: Rule(.text(500), required: true, "Why it is needed")
        }
    }
}

/// Keys of `{never: A, reaches: B}`.
enum NeverKey: String, KeySet {
    case never, reaches, steps

    var rule: Rule {
        switch self {
        case .never: Rule(.party, required: true, "Who must not reach it")
        case .reaches:
            Rule(.subject, required: true, "A service, zone, service.port, message or secret")
        case .steps:
            Rule(.whole(0...1000), "How many further services fall on the way; 0 when left out")
        }
    }
}

/// Keys of `{only: [A], reach: B}`.
enum OnlyKey: String, KeySet {
    case only, reach, steps

    var rule: Rule {
        switch self {
        case .only: Rule(.oneOrMany(.party), required: true, "The only ones that may reach it")
        case .reach:
            Rule(.subject, required: true, "A service, zone, service.port, message or secret")
        case .steps:
            Rule(.whole(0...1000), "How many further services fall on the way; 0 when left out")
        }
    }
}

/// Keys of `{must: A, reach: B}`.
enum MustKey: String, KeySet {
    case must, reach, steps

    var rule: Rule {
        switch self {
        case .must: Rule(.party, required: true, "Who must reach it: each service of a zone")
        case .reach:
            Rule(.subject, required: true, "A service, zone, service.port, message or secret")
        case .steps: Rule(.whole(0...1000), "How many services may lie between; 0 when left out")
        }
    }
}

/// Keys of `{contain: S, within: [A], steps: N}`.
enum ContainKey: String, KeySet {
    case contain, within, steps

    var rule: Rule {
        switch self {
        case .contain: Rule(.name, required: true, "The service that an attacker owns")
        case .within: Rule(.oneOrMany(.party), required: true, "All that it may then reach")
        case .steps: Rule(.whole(0...1000), "How many further services fall; 0 when left out")
        }
    }
}
