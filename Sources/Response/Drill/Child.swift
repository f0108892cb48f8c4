internal import CLinux
internal import Descriptors
internal import Findings
internal import Glibc

/// A program of our own that the drill started: ended and reaped with its owner.
struct Child: ~Copyable {
    let pid: Int32
    private var status: Int32?

    /// Starts it in a session of its own with exactly these descriptors as 0, 1, 2, ….
    init(
        _ program: String, _ arguments: [String], environment: [String], descriptors: [Int32]
    ) throws(Failure) {
        var started: Int32 = 0
        let result = unsafe CStrings.with([program] + arguments) { argv in
            unsafe CStrings.with(environment) { envp in
                unsafe bh_spawn(program, argv, envp, descriptors, descriptors.count, &started)
            }
        }
        guard result == 0 else {
            throw Failure(
                .machine, "drill-start", "cannot start \(program) (errno \(-result))",
                remedy: "build or install it beside `bulkhead`")
        }
        pid = started
    }

    deinit {
        guard status == nil else { return }
        kill(pid, SIGKILL)
        var ignored: Int32 = 0
        _ = unsafe bh_reap(pid, &ignored, 1)
    }

    /// The wait status once it has ended.
    mutating func ended() -> Int32? {
        if let status { return status }
        var found: Int32 = 0
        guard unsafe bh_reap(pid, &found, 0) == pid else { return nil }
        status = found
        return found
    }

    /// Waits that long at most; nil when it still runs, or when the operator wants to stop.
    mutating func wait(milliseconds: Int) -> Int32? {
        for _ in 0...(milliseconds / 10) {
            if let status = ended() { return status }
            if Interruption.isRaised { return nil }
            usleep(10_000)
        }
        return nil
    }

    /// Asks it to end, gives it that long, then ends it.
    mutating func stop(milliseconds: Int) {
        guard ended() == nil else { return }
        kill(pid, SIGTERM)
        for _ in 0...(milliseconds / 10) {
            if ended() != nil { return }
            usleep(10_000)
        }
        kill(pid, SIGKILL)
        var found: Int32 = 0
        if unsafe bh_reap(pid, &found, 1) == pid { status = found }
    }
}
