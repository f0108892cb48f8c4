internal import CLinux
internal import Descriptors
package import Findings
internal import Glibc

/// The same program once more, for what must not be done with this process's privileges: it gives
/// them up, and only what it prints comes back.
package enum Deputy {
    /// What it printed, at most `limit` bytes, and how it ended; its complaints go where ours go.
    package static func run(
        _ words: [String], limit: Int
    ) throws(Failure) -> (bytes: [UInt8], exit: ExitCode) {
        do throws(SystemFailure) {
            let (pid, reader) = try start(words)
            let bytes = try Files.read(reader.descriptor, limit: limit, name: "the answer")
            var status: Int32 = 0
            guard unsafe bh_reap(pid, &status, 1) == pid else {
                throw SystemFailure("waitpid", "bulkhead", errno: ECHILD)
            }
            let code = status & 0x7F == 0 ? (status >> 8) & 0xFF : ExitCode.machine.rawValue
            return (bytes, ExitCode(rawValue: code) ?? .machine)
        } catch {
            throw Failure(
                .machine, "deputy", "cannot run without privileges: \(error)",
                remedy: "run `bulkhead doctor`")
        }
    }

    /// The started process, and where what it prints is read; its own end of that is closed here.
    private static func start(
        _ words: [String]
    ) throws(SystemFailure) -> (pid: Int32, reader: SharedDescriptor) {
        let (reader, writer) = try SharedDescriptor.pipe()
        let null = try Files.open("/dev/null")
        let complaints = try Descriptor(copying: 2)
        let fds = [null.number, writer.number, complaints.number]
        let program = "/proc/self/exe"
        var pid: Int32 = 0
        let started = unsafe CStrings.with(["bulkhead"] + words) { argv in
            unsafe CStrings.with(["PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C"]) { envp in
                unsafe bh_spawn(program, argv, envp, fds, fds.count, &pid)
            }
        }
        guard started == 0 else { throw SystemFailure("spawn", program, errno: -started) }
        return (pid, reader)
    }
}
