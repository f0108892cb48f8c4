internal import Breach
internal import CLinux
internal import Glibc

/// Identities and privileges; ids as in `Technique.identities`.
///
/// What succeeds happens in a child where the role has fork, so that the seat itself stays what it
/// is.
enum Identities {
    static let attempts: [(String, Attack)] = [
        ("priv.setuid-file", setuidFile),
        ("priv.setuid-zero", { _ throws(Refusal) in try become(SYS_setresuid, "uid") }),
        ("priv.setgid-zero", { _ throws(Refusal) in try become(SYS_setresgid, "gid") }),
        ("priv.raise-capabilities", raiseCapabilities), ("priv.raise-limit", raiseLimit),
        ("priv.user-namespace-unshare", unshareUser), ("priv.user-namespace-clone", cloneUser),
        ("priv.user-namespace-clone3", clone3User), ("priv.keyring-add", addKey),
        ("priv.keyring-read", readKey), ("priv.realtime", realtime),
    ]

    private static let newUser: Int = 0x1000_0000

    /// A setuid file gains its owner's rights, or it does not: its uid while it runs tells.
    ///
    /// In the open twin it is a program that says itself what it became, run by nobody.
    private static func setuidFile(_ seat: inout Seat) throws(Refusal) -> Outcome {
        if seat.open { return try gained(seat.orders.state + "/setuid") }
        return try anyOf(Technique.setuidFiles, none: "nothing") { path throws(Refusal) in
            close(try opened(path, O_RDONLY))
            return try Execution(path: path).attempt(whileRunning: isRoot)
        }
    }

    private static func gained(_ path: String) throws(Refusal) -> Outcome {
        let file = try opened(path, O_WRONLY | O_CREAT | O_TRUNC, mode: 0o755)
        try write(file, Payload.whoami)
        try call(SYS_fchmod, Argument(file), Argument(0o4755), about: path)
        close(file)
        defer { _ = try? call(SYS_unlink, Argument(path)) }
        return inChild { () throws(Refusal) in
            try call(SYS_setresuid, 65534, 65534, 65534)
            let ran = try Execution(path: path).attempt()
            guard case .through(let text) = ran, text.hasSuffix("status \(Payload.result)") else {
                return .couldNotRun("it ran without its owner's rights: \(ran)")
            }
            return .through("a setuid file of root's ran as root")
        }
    }

    /// Whether it runs as root: a process with rights of others hides from who started it.
    private static func isRoot(_ pid: Int32) -> Bool {
        guard let text = try? read("/proc/\(pid)/status", most: 4096) else { return true }
        let lines = String(decoding: text, as: UTF8.self).split(separator: "\n")
        let words = lines.first { $0.hasPrefix("Uid:") }?.split(separator: "\t") ?? []
        return words.count > 2 && words[2] == "0" && words[1] != "0"
    }

    private static func become(_ number: Int32, _ what: String) throws(Refusal) -> Outcome {
        try call(number, 0, 0, 0, about: "\(what) 0")
        return .through("\(what) is 0")
    }

    private static func raiseCapabilities(_ seat: inout Seat) throws(Refusal) -> Outcome {
        let header = Memory(Layout.word(UInt32(0x2008_0522)) + Layout.word(Int32(0)))
        let sets = Memory(zeroes: 24)
        try call(SYS_capget, Argument(header), Argument(sets), about: "capget")
        // CAP_SYS_ADMIN and CAP_NET_ADMIN in permitted and effective.
        let wanted: UInt32 = 1 << 21 | 1 << 12
        let raised = Memory(
            Layout.word(sets.integer(UInt32.self, at: 0) | wanted)
                + Layout.word(sets.integer(UInt32.self, at: 4) | wanted)
                + sets.bytes().dropFirst(8))
        try call(SYS_capset, Argument(header), Argument(raised), about: "capset")
        return .through("capabilities were raised")
    }

    private static func raiseLimit(_ seat: inout Seat) throws(Refusal) -> Outcome {
        let now = Memory(zeroes: 16)
        try call(SYS_prlimit64, 0, Argument(RLIMIT_NOFILE.rawValue), 0, Argument(now))
        let hard = now.integer(UInt64.self, at: 8)
        let more = Memory(Layout.word(hard + 1) + Layout.word(hard + 1))
        try call(
            SYS_prlimit64, 0, Argument(RLIMIT_NOFILE.rawValue), Argument(more), 0,
            about: "a hard limit of \(hard + 1)")
        return .through("the hard limit is \(hard + 1)")
    }

    private static func unshareUser(_ seat: inout Seat) throws(Refusal) -> Outcome {
        let outcome = inChild { () throws(Refusal) in
            try call(SYS_unshare, Argument(newUser), about: "unshare")
            return .through("a user namespace was made")
        }
        return try settledOutcome(outcome)
    }

    private static func cloneUser(_ seat: inout Seat) throws(Refusal) -> Outcome {
        let pid = try call(
            SYS_clone, Argument(newUser | Int(SIGCHLD)), 0, 0, 0, 0, about: "clone")
        if pid == 0 { _exit(0) }
        reap(pid)
        return .through("clone made a user namespace")
    }

    private static func clone3User(_ seat: inout Seat) throws(Refusal) -> Outcome {
        // struct clone_args: flags, pidfd, child_tid, parent_tid, exit_signal, then zeroes.
        let arguments = Memory(
            Layout.word(UInt64(newUser)) + [UInt8](repeating: 0, count: 24)
                + Layout.word(UInt64(SIGCHLD)) + [UInt8](repeating: 0, count: 48))
        let pid = try call(435, Argument(arguments), 88, about: "clone3")
        if pid == 0 { _exit(0) }
        reap(pid)
        return .through("clone3 made a user namespace")
    }

    private static func addKey(_ seat: inout Seat) throws(Refusal) -> Outcome {
        let key = try call(
            SYS_add_key, "user", "bulkhead-probe", Argument(Memory(seat.mark)),
            Argument(seat.mark.count), Argument(-2), about: "add_key")
        _ = try? call(SYS_keyctl, 3, Argument(key))
        return .through("key \(key) was kept")
    }

    private static func readKey(_ seat: inout Seat) throws(Refusal) -> Outcome {
        let room = Memory(zeroes: 1024)
        // KEYCTL_READ of the session keyring lists the keys in it.
        let got = try call(
            SYS_keyctl, 11, Argument(-3), Argument(room), 1024, 0, about: "keyctl read")
        return .through("a keyring of \(got) bytes was read")
    }

    private static func realtime(_ seat: inout Seat) throws(Refusal) -> Outcome {
        let outcome = inChild { () throws(Refusal) in
            try call(
                SYS_sched_setscheduler, 0, Argument(SCHED_FIFO),
                Argument(Memory(Layout.word(Int32(1)))), about: "SCHED_FIFO")
            return .through("it runs by real-time priority")
        }
        return try settledOutcome(outcome)
    }

    private static func reap(_ pid: Int) {
        var status: Int32 = 0
        _ = unsafe bh_await(Int32(truncatingIfNeeded: pid), 500, &status)
    }

    /// A refusal in a child is one of the attempt.
    private static func settledOutcome(_ outcome: Outcome) throws(Refusal) -> Outcome {
        if case .stopped(let refusal) = outcome { throw refusal }
        return outcome
    }
}
