internal import Descriptors
internal import Findings
internal import Glibc
internal import Trail

/// A trail and where it was found.
struct FoundTrail {
    /// Directory name of the platform's state; empty for a trail given by its path.
    let platform: String
    let name: String
    let directory: TrailDirectory

    /// `platform/trail`, or the trail alone.
    var title: String { platform.isEmpty ? name : "\(platform)/\(name)" }
    var isObserver: Bool { name == "sensor" }
}

/// Finds trails below the usual state directory, or below one that the operator names.
enum TrailPlaces {
    private static let platformsMax = 1000
    private static let trailsMax = 5000

    private static func usual() -> String {
        guard geteuid() != 0 else { return "/var/lib/bulkhead" }
        let home = unsafe getenv("HOME").map { unsafe String(cString: $0) }
        return "\(home ?? "/tmp/bulkhead-\(geteuid())")/.local/state/bulkhead"
    }

    /// Every trail of the platform, or of all platforms; a failure when there is none.
    static func find(platform: String?, state: String?) throws(Failure) -> [FoundTrail] {
        var found: [FoundTrail] = []
        if let state {
            let name = state.split(separator: "/").last.map { String($0) } ?? state
            found = trails(in: state, platform: name)
        } else {
            let base = usual()
            let names = (try? Files.list(base, limit: platformsMax)) ?? []
            for name in names where platform == nil || platform == name {
                found += trails(in: base + "/" + name, platform: name)
            }
        }
        guard !found.isEmpty else {
            let place = state ?? usual() + (platform.map { "/" + $0 } ?? "")
            throw Failure(
                .usage, "no-trails", "no trail that can be read lies below \(place)",
                remedy: "start a platform, run as root, or name its state with --state DIR")
        }
        return found
    }

    private static func trails(in state: String, platform: String) -> [FoundTrail] {
        let base = state + "/trails"
        let names = (try? Files.list(base, limit: trailsMax)) ?? []
        return names.compactMap { name in
            let directory = TrailDirectory(base + "/" + name)
            guard directory.holdsTrail else { return nil }
            return FoundTrail(platform: platform, name: name, directory: directory)
        }
    }

    /// The trails that a word means: a path, `platform/trail`, `trail`, or nil for all.
    static func pick(
        _ word: String?, platform: String?, state: String?
    ) throws(Failure) -> [FoundTrail] {
        guard let word else { return try find(platform: platform, state: state) }
        if word.hasPrefix("/") || word.hasPrefix(".") {
            let directory = TrailDirectory(word)
            guard directory.holdsTrail else {
                throw Failure(
                    .usage, "no-trail", "`\(word)` holds no trail that can be read",
                    remedy: "name a directory with a `head` file, or run as root")
            }
            let name = directory.path.split(separator: "/").last.map { String($0) } ?? word
            return [FoundTrail(platform: "", name: name, directory: directory)]
        }
        let all = try find(platform: platform, state: state)
        let picked = all.filter { $0.name == word || $0.title == word }
        guard !picked.isEmpty else {
            let names = all.map(\.title).prefix(20).joined(separator: ", ")
            throw Failure(
                .usage, "no-trail", "there is no trail `\(word)`", remedy: "there are: \(names)")
        }
        return picked
    }
}
