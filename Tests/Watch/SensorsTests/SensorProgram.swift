import Descriptors
import Glibc

/// The built sensor, started with descriptors under names as the supervisor starts it.
struct SensorProgram: ~Copyable {
    /// Beside the test program; empty rooms of a build have none.
    static let path: String = {
        let own = Files.resolve("/proc/self/exe") ?? ""
        let folder = own.split(separator: "/").dropLast().reduce(into: "") { $0 += "/" + $1 }
        return folder + "/bulkhead-sensor"
    }()
    static var isBuilt: Bool { Files.facts(of: path) != nil }

    let pid: pid_t

    init(_ handed: [(name: String, number: Int32)]) throws {
        // Far from the numbers that they get, so that no duplicate hits one still needed.
        let high = handed.map { fcntl($0.number, F_DUPFD_CLOEXEC, 300) }
        defer { high.forEach { close($0) } }
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        for (index, number) in high.enumerated() {
            unsafe posix_spawn_file_actions_adddup2(&actions, number, Int32(3 + index))
        }
        let names = handed.map(\.name).joined(separator: ":")
        let variables = ["LISTEN_FDS=\(handed.count)", "LISTEN_FDNAMES=\(names)"]
        var environment: [UnsafeMutablePointer<CChar>?] = unsafe variables.map { unsafe strdup($0) }
        unsafe environment.append(nil)
        let arguments: [UnsafeMutablePointer<CChar>?] = unsafe [strdup("bulkhead-sensor"), nil]
        defer { unsafe (environment + arguments).forEach { unsafe free($0) } }
        var pid: pid_t = 0
        let status = unsafe posix_spawn(&pid, Self.path, &actions, nil, arguments, environment)
        guard status == 0 else { throw SystemFailure("spawn", Self.path, errno: status) }
        self.pid = pid
    }

    /// Sends the signal, 0 for none, and waits; the raw wait status.
    consuming func end(_ signal: Int32) -> Int32 {
        if signal != 0 { kill(pid, signal) }
        var status: Int32 = 0
        unsafe waitpid(pid, &status, 0)
        return status
    }
}
