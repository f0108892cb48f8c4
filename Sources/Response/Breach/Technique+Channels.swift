internal import Confinement

extension Technique {
    /// Channels that lead to the watch and to others.
    package static let channels: [Technique] = [
        Technique(
            "event.garbage", "write bytes that are no event to the event channel", "T1562.006", [],
            standing: "the writer reads events only and records what is none"),
        Technique(
            "event.forge", "write an event that only the supervisor may write", "T1565.001", [],
            standing: "the descriptor is the identity: the writer knows who speaks"),
        Technique(
            "event.flood", "flood the event channel", "T1499", [],
            standing: "own queue and budget; what is shed is counted", disturbs: true),
        Technique(
            "event.oversized", "write a message above the bound", "T1499", [],
            standing: "the socket's and the writer's bound"),
        Technique(
            "event.descriptor", "fill the writer's table with descriptors", "T1499", [],
            standing: "the writer takes no descriptors"),
        Technique(
            "notify.forge", "hand descriptors to the supervisor over the notify socket", "T1559",
            [.landlock, .seccomp], standing: "the supervisor takes states only",
            yields: ["notify": .seccomp, "unix": .seccomp]),
        Technique(
            "notify.others", "speak on another service's notify socket", "T1559",
            [.root, .seccomp], yields: ["notify": .seccomp, "unix": .seccomp]),
        Technique(
            "unix.control", "command the supervisor over its control socket", "T1559",
            [.root, .uid, .seccomp], standing: "a uid's role decides what it may ask",
            yields: ["unix": .seccomp]),
        Technique(
            "unix.host-sockets", "reach the host's services by their sockets", "T1611",
            [.root, .uid, .seccomp], yields: ["unix": .seccomp], places: hostSockets),
        Technique(
            "unix.abstract", "reach an abstract socket of the host", "T1559",
            [.landlock, .seccomp], standing: "own network namespace", yields: ["unix": .seccomp]),
    ]

    /// Taking more than a share: it counts as stopped when the limit held.
    package static let resources: [Technique] = [
        Technique(
            "res.fork-storm", "start processes without end", "T1499", [.limits, .seccomp],
            disturbs: true, yields: ["fork": .seccomp]),
        Technique(
            "res.thread-storm", "start threads without end", "T1499", [.limits, .seccomp],
            disturbs: true, yields: ["fork": .seccomp, "thread": .seccomp]),
        Technique(
            "res.descriptors", "open descriptors without end", "T1499", [.limits],
            disturbs: true),
        Technique(
            "res.state-fill", "fill the disk from the state directory", "T1499", [],
            standing: "a disk of its own", disturbs: true),
        Technique(
            "res.scratch-fill", "fill memory from /tmp", "T1499", [.root], disturbs: true),
        Technique(
            "res.shared-fill", "fill memory from /dev/shm", "T1499", [.root, .landlock],
            disturbs: true),
        Technique(
            "res.inodes", "make files without end", "T1499", [.root], disturbs: true),
        Technique(
            "res.memory-storm", "take memory without end", "T1499", [.limits],
            disturbs: true, fatal: true),
    ]
}
