// Supervisor: starts, watches and stops compartments from a finished, bounded plan.
//
// It is root and one thread. It parses no YAML, no packets and no bytes of a service beyond the
// fixed notify word and the kernel's own tables; it opens no network connection. Every table has a
// bound from `DeploymentCodec`, every queue one beside its declaration.

internal import Confinement
internal import Descriptors
internal import Glibc

/// Where one running platform keeps its things, and what its host-visible names begin with.
package struct Places: Sendable, Equatable {
    /// `PLATFORM`, or `PLATFORM.xxxxxx` for an instance with its own state directory.
    package let id: String
    /// State that outlives a run: services' own directories, trails, logs.
    package let state: String
    /// What a run needs only while it lasts: control socket, notify sockets, lock.
    package let run: String
    /// The registry of uids, shared by all platforms of the host; nil below `full`.
    package let registry: String?

    package init(id: String, state: String, run: String, registry: String?) {
        self.id = id
        self.state = state
        self.run = run
        self.registry = registry
    }

    /// A service's own writable directory on the host.
    func directory(of name: String) -> String { "\(state)/services/\(name)" }
    /// The disk image of a service with an own disk.
    func image(of name: String) -> String { "\(state)/services/\(name).disk" }
    /// A writer's directory: that of the trail it writes.
    func trail(of name: String) -> String { "\(state)/trails/\(name)" }
    /// What a service printed.
    func log(of name: String) -> String { "\(state)/logs/\(name).log" }
    /// A service's state went through its preparation; the state of each level is its own.
    func prepared(_ name: String, _ level: IsolationLevel) -> String {
        "\(state)/prepared/\(name)" + (level == .full ? "" : ".\(level.name)")
    }
    /// Its preparation began, and did not end.
    func begun(_ name: String, _ level: IsolationLevel) -> String {
        prepared(name, level) + ".begun"
    }
    func notify(_ name: String) -> String { "\(run)/notify/\(name)" }
    package var control: String { "\(run)/control" }
    /// Where a service listens for operators.
    func channel(_ name: String, of service: String) -> String {
        "\(run)/channels/\(service)=\(name)"
    }
    var lock: String { "\(run)/lock" }

    /// The start of every control group's name; no id holds its last character, so that none of
    /// another platform's begins with it.
    package var groupPrefix: String { "bulkhead-\(id)=" }
    /// The host's table for published ports, as the rulebook names it.
    var table: String { "bulkhead_" + instance }
    /// The instance's name for nft: 1 to 48 of a-z, 0-9 and `_`.
    var instance: String {
        String(
            id.utf8.prefix(48).map { byte in
                (97...122).contains(byte) || (48...57).contains(byte)
                    ? Character(Unicode.Scalar(byte)) : "_"
            })
    }

    /// Where every run directory of this user lies.
    private var runs: String {
        run.split(separator: "/").dropLast().reduce(into: "") { $0 += "/" + $1 }
    }

    /// Makes the directories, owned by the caller; others may pass through to what is theirs.
    func make() throws(SystemFailure) {
        for (path, mode) in [
            (state, 0o755), (state + "/services", 0o711), (state + "/trails", 0o711),
            (state + "/logs", 0o700), (state + "/prepared", 0o700), (runs, 0o755), (run, 0o755),
            (run + "/notify", 0o711), (run + "/channels", 0o700),
        ] as [(String, UInt32)] {
            try Files.makeDirectories(path, mode: mode)
            // Somebody else's directory, or one that others may write to, could be swapped below
            // us: a name in /tmp is anybody's to take.
            guard let facts = Files.facts(at: path), facts.isDirectory, facts.uid == geteuid(),
                !facts.isWritableByOthers
            else { throw SystemFailure("own", path, errno: EPERM) }
        }
    }
}
