internal import Descriptors
internal import Findings
internal import Glibc

/// The process's environment; only doors read it.
enum Environment {
    static func value(_ name: String) -> String? {
        guard let text = unsafe getenv(name) else { return nil }
        return unsafe String(cString: text)
    }

    /// Users who decide what this process does: its own, and who became root by sudo to start it.
    static func operators() -> Set<UInt32> {
        let sudo = geteuid() == 0 ? value("SUDO_UID").flatMap { UInt32($0) } : nil
        return [geteuid(), sudo ?? 0]
    }
}

/// A path seen from the root.
func absolute(_ path: String) -> String {
    if path.hasPrefix("/") { return path }
    guard let here = Files.resolve(".") else { return path }
    return here == "/" ? "/" + path : here + "/" + path
}

/// The folder that holds a file, absolute.
func folder(of file: String) -> String {
    let parts = absolute(file).split(separator: "/").dropLast()
    return "/" + parts.joined(separator: "/")
}

/// Where our own things lie.
enum Places {
    /// The directory of the running program, and of its siblings.
    static func programs() throws(Failure) -> String {
        guard let own = Files.resolve("/proc/self/exe") else {
            throw Failure(.machine, "proc", "/proc/self/exe cannot be read", remedy: "mount /proc")
        }
        return folder(of: own)
    }

    /// The platform that runs when none is named.
    static func demonstration() throws(Failure) -> String {
        let programs = try programs()
        let candidates = [
            "\(programs)/Platforms/exchange.yaml",
            "\(programs)/../share/bulkhead/Platforms/exchange.yaml", "Platforms/exchange.yaml",
        ]
        guard let found = candidates.first(where: { Files.facts(of: $0) != nil }) else {
            throw Failure(
                .usage, "no-platform", "the demonstration's platform file is not there",
                remedy: "name a platform file: `bulkhead up FILE`")
        }
        return Files.resolve(found) ?? found
    }
}
