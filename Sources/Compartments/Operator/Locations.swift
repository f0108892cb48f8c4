// Operator: an operator's side of a running platform: starting a supervisor, asking it, and
// knowing where a platform keeps its things. It never acts as root on what it read from a file.

internal import Descriptors
internal import Digests
internal import Glibc
internal import Bytes

/// Where a platform's things lie for the user who runs it.
package struct Locations: Sendable, Equatable {
    package let id: String
    package let state: String
    package let run: String
    package let registry: String?

    /// For a platform of that name; `state` names an instance with a directory of its own, whose
    /// six-digit hash then becomes part of every name on the host.
    package static func of(
        platform: String, state: String?, home: String?, isRoot: Bool, uid: UInt32
    ) -> Locations {
        let runs = isRoot ? "/run/bulkhead" : "/tmp/bulkhead-\(uid)"
        let usual =
            isRoot ? "/var/lib/bulkhead" : "\(home ?? "/tmp/bulkhead-\(uid)")/.local/state/bulkhead"
        let registry = isRoot ? "/var/lib/bulkhead/uids" : nil
        guard let state else {
            return Locations(
                id: platform, state: "\(usual)/\(platform)", run: "\(runs)/\(platform)",
                registry: registry)
        }
        let hash = Hexadecimal.render(SHA256.hash(of: Array(state.utf8)).prefix(3))
        let id = "\(platform).\(hash)"
        return Locations(id: id, state: state, run: "\(runs)/\(id)", registry: registry)
    }

    /// The control socket.
    package var control: String { "\(run)/control" }
    package var trails: String { "\(state)/trails" }
    package func log(of service: String) -> String { "\(state)/logs/\(service).log" }

    /// Platforms that have a run directory for this user, by id, at most 1,000.
    package static func running(isRoot: Bool, uid: UInt32) -> [String] {
        let runs = isRoot ? "/run/bulkhead" : "/tmp/bulkhead-\(uid)"
        let names = (try? Files.list(runs, limit: 1_000)) ?? []
        return names.filter { Files.facts(of: "\(runs)/\($0)/control") != nil }
    }
}
