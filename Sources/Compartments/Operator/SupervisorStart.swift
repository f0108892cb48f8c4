internal import CLinux
package import Confinement
internal import Descriptors
package import Findings
internal import Glibc

/// The stream that a signal closes: a handler reaches nothing else.
///
/// Written once, before the handlers exist.
nonisolated(unsafe) private var interrupted: Int32 = -1

/// A supervisor that this process started, and the stream to it.
package struct SupervisorStart: ~Copyable {
    /// What the supervisor says, one line at a time.
    package enum Line: Equatable, Sendable {
        case progress(String)
        /// `service.port address:port`
        case address(String)
        case ready(String)
        case failed(code: Int32, problem: String, remedy: String)
        /// It ended.
        case end
    }

    private let socket: Descriptor
    private var buffer: [UInt8] = []

    /// Where a supervisor writes what it cannot tell anyone else.
    package static var log: String {
        geteuid() == 0 ? "/var/log/bulkhead.log" : "/tmp/bulkhead-\(geteuid()).log"
    }

    /// Starts the supervisor in a session of its own.
    ///
    /// It runs with this process's privileges; call this before giving them up.
    package init(program: String, arguments: [String]) throws(Failure) {
        var pair: [Int32] = [-1, -1]
        let made = unsafe pair.withUnsafeMutableBufferPointer { room in
            unsafe bh_socket_pair(1, 0, room.baseAddress)
        }
        guard made == 0 else { throw Self.cannot("make a socket pair", errno: -made) }
        let own = Descriptor(owning: pair[0])
        let other = Descriptor(owning: pair[1])
        let null: Descriptor
        do { null = try Files.open("/dev/null") } catch {
            throw Self.cannot("open /dev/null", errno: error.errno)
        }
        let log: Descriptor
        do { log = try Files.create(Self.log, mode: 0o600, append: true) } catch {
            throw Self.cannot("write \(Self.log)", errno: error.errno)
        }
        let fds = [null.number, log.number, log.number, other.number]
        var pid: Int32 = 0
        let started = unsafe CStrings.with([program] + arguments) { argv in
            unsafe CStrings.with(["PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C"]) { envp in
                unsafe bh_spawn(program, argv, envp, fds, fds.count, &pid)
            }
        }
        guard started == 0 else { throw Self.cannot("start \(program)", errno: -started) }
        socket = own
    }

    private static func cannot(_ what: String, errno: Int32) -> Failure {
        Failure(
            .machine, "supervisor-start", "cannot \(what) (errno \(errno))",
            remedy: "run `bulkhead doctor`")
    }

    /// The number of the stream, for polling.
    package var number: Int32 { socket.number }

    /// Says which platform it will be, for good: call it before anything of the file is parsed.
    package func bind(to platform: String) throws(Failure) { try send(Array(platform.utf8)) }

    /// Hands over what to run.
    package func send(_ deployment: Deployment) throws(Failure) {
        try send(DeploymentCodec.encode(deployment))
    }

    private func send(_ bytes: [UInt8]) throws(Failure) {
        let length = UInt32(bytes.count)
        let header = (0..<4).map { UInt8(truncatingIfNeeded: length >> (8 * UInt32($0))) }
        do {
            try socket.writeAll(header)
            try socket.writeAll(bytes)
        } catch {
            throw Failure(
                .machine, "supervisor-start", "the supervisor ended before it had its plan",
                remedy: "see the supervisor's log")
        }
    }

    /// Lets the platform run on when this process ends.
    package func detach() { try? socket.writeAll([UInt8(ascii: "D")]) }

    /// The first Ctrl-C asks the platform to go down, and this process keeps listening until it is.
    package func stopOnInterrupt() {
        // SAFETY: no handler that reads it is installed yet.
        unsafe interrupted = socket.number
        signal(SIGINT) { _ in _ = unsafe shutdown(interrupted, Int32(SHUT_WR)) }
        signal(SIGTERM) { _ in _ = unsafe shutdown(interrupted, Int32(SHUT_WR)) }
    }

    /// Asks the platform to go down, and keeps listening.
    package func stop() { _ = shutdown(socket.number, Int32(SHUT_WR)) }

    /// The next line, waiting for it.
    package mutating func next() -> Line {
        while true {
            if let end = buffer.firstIndex(of: 10) {
                let line = String(decoding: buffer[..<end], as: UTF8.self)
                buffer.removeSubrange(...end)
                if let parsed = Self.parse(line) { return parsed }
                continue
            }
            guard buffer.count < 65536, case .bytes = try? socket.read(into: &buffer, limit: 4096)
            else { return .end }
        }
    }

    /// Reads one line of the supervisor's; nil for one that means nothing here.
    package static func parse(_ line: String) -> Line? {
        let text = String(line.dropFirst(2))
        switch line.prefix(2) {
        case "P ": return .progress(text)
        case "A ": return .address(text)
        case "R ": return .ready(text)
        case "F ":
            let parts = text.split(separator: " ", maxSplits: 1)
            guard parts.count == 2, let code = Int32(parts[0]) else { return nil }
            let words = parts[1].split(separator: "\t", maxSplits: 1)
            return .failed(
                code: code, problem: words.first.map(String.init) ?? "it failed",
                remedy: words.count > 1 ? String(words[1]) : "")
        default: return nil
        }
    }
}

/// Giving up root for the rest of the process.
package enum Privileges {
    /// The uid and gid of nobody.
    package static let nobody: UInt32 = 65534

    /// Root becomes nobody, for good, before any byte of a platform file is parsed.
    package static func drop() throws(Failure) {
        guard geteuid() == 0 else { return }
        let result = bh_drop_privileges(nobody, nobody)
        if result < 0 {
            throw Failure(
                .machine, "drop-privileges", "cannot give up root (errno \(-result))",
                remedy: "run `bulkhead doctor`")
        }
    }
}
