internal import Breach
internal import CLinux
internal import Glibc

/// Taking more than a share; ids as in `Technique.resources`.
///
/// Each takes its allowance and a margin: what it got beyond the allowance proves that no limit
/// held. In the open twin, which is the host's own resources, a small share stands for the whole.
enum Resources {
    static let attempts: [(String, Attack)] = [
        ("res.fork-storm", forkStorm), ("res.thread-storm", threadStorm),
        ("res.descriptors", descriptors), ("res.state-fill", stateFill),
        ("res.scratch-fill", { seat throws(Refusal) in try scratchFill(&seat, "/tmp") }),
        ("res.shared-fill", { seat throws(Refusal) in try scratchFill(&seat, "/dev/shm") }),
        ("res.inodes", inodes), ("res.memory-storm", memoryStorm),
    ]

    private static let countMargin: UInt64 = 64
    private static let byteMargin: UInt64 = 8 << 20
    private static let chunkBytes = 1 << 20
    private static let pageBytes = 4096

    /// What to take: the allowance and the margin.
    ///
    /// nil: more than a probe may take of a machine whose limit does not hold.
    private static func goal(
        _ seat: Seat, _ allowance: UInt64, margin: UInt64, openMost: UInt64, most: UInt64
    ) -> Int? {
        let share = seat.open ? min(allowance, openMost) : allowance
        guard share <= most else { return nil }
        return Int(share + margin)
    }

    private static let tooMuch = Outcome.couldNotRun("the allowance is above the probe's bound")

    private static func forkStorm(_ seat: inout Seat) throws(Refusal) -> Outcome {
        try storm(seat, "processes") { count, failure in unsafe bh_fork_storm(count, &failure) }
    }

    private static func threadStorm(_ seat: inout Seat) throws(Refusal) -> Outcome {
        try storm(seat, "threads") { count, failure in unsafe bh_thread_storm(count, &failure) }
    }

    private static func storm(
        _ seat: Seat, _ what: String, _ start: (Int32, inout Int32) -> Int32
    ) throws(Refusal) -> Outcome {
        guard
            let goal = goal(
                seat, UInt64(seat.orders.allowance.processes), margin: countMargin, openMost: 256,
                most: 32_768)
        else { return tooMuch }
        var failure: Int32 = 0
        let started = start(Int32(goal), &failure)
        guard failure == 0 else {
            throw Refusal(
                call: UInt16(SYS_clone), errno: failure,
                detail: "the limit held at \(started) \(what)")
        }
        return .through("\(started) \(what) side by side")
    }

    /// Copies of one pipe's end; the soft limit is the attacker's own to raise.
    private static func descriptors(_ seat: inout Seat) throws(Refusal) -> Outcome {
        guard
            let goal = goal(
                seat, UInt64(seat.orders.allowance.files), margin: countMargin, openMost: 2048,
                most: 1 << 20)
        else { return tooMuch }
        let limits = Memory(zeroes: 16)
        if (try? call(SYS_prlimit64, 0, Argument(limitOfFiles), 0, Argument(limits))) != nil {
            let hard = limits.bytes().suffix(8)
            _ = try? call(
                SYS_prlimit64, 0, Argument(limitOfFiles), Argument(Memory(Array(hard + hard))), 0)
        }
        let ends = Memory(zeroes: 8)
        try call(SYS_pipe2, Argument(ends), Argument(O_CLOEXEC))
        var open = [Int(ends.integer(Int32.self, at: 0)), Int(ends.integer(Int32.self, at: 4))]
        defer { for descriptor in open { close(descriptor) } }
        while open.count < goal {
            open.append(
                try call(
                    SYS_fcntl, Argument(open[0]), Argument(F_DUPFD_CLOEXEC), 0,
                    about: "the limit held at \(open.count) descriptors"))
        }
        return .through("\(open.count) descriptors open")
    }

    private static let limitOfFiles: Int32 = 7

    private static func stateFill(_ seat: inout Seat) throws(Refusal) -> Outcome {
        let allowance = seat.orders.allowance
        guard
            let goal = goal(
                seat, allowance.diskBytes, margin: byteMargin, openMost: 64 << 20, most: 64 << 30)
        else { return tooMuch }
        // A file above the largest size would end the probe by SIGXFSZ.
        return try fill(
            seat.orders.state, goal, fileBytes: max(chunkBytes, Int(allowance.diskBytes / 4)))
    }

    private static func scratchFill(
        _ seat: inout Seat, _ directory: String
    ) throws(Refusal) -> Outcome {
        let allowance = seat.orders.allowance
        guard
            let goal = goal(
                seat, allowance.scratchBytes, margin: byteMargin, openMost: 64 << 20, most: 1 << 30)
        else { return tooMuch }
        let fileBytes = min(64 << 20, max(chunkBytes, Int(allowance.diskBytes / 4)))
        // A memory limit below the mount's size ends the child, not the probe.
        return inChild { () throws(Refusal) in try fill(directory, goal, fileBytes: fileBytes) }
    }

    /// Fills with files that have no name any more, so that nothing outlives the probe.
    private static func fill(
        _ directory: String, _ goal: Int, fileBytes: Int
    ) throws(Refusal) -> Outcome {
        var files: [Int] = []
        defer { for file in files { close(file) } }
        var taken = 0
        let block = Memory(zeroes: chunkBytes)
        var reserves = true
        while taken < goal {
            let file = try nameless(directory, files.count, after: taken)
            files.append(file)
            var size = 0
            while size < fileBytes, taken < goal {
                let held = "the limit held at \(taken) bytes in \(directory)"
                if reserves {
                    do throws(Refusal) {
                        try call(
                            SYS_fallocate, Argument(file), 0, Argument(size),
                            Argument(chunkBytes), about: held)
                        size += chunkBytes
                        taken += chunkBytes
                        continue
                    } catch {
                        // A last write takes what is left below a chunk and says the true reason.
                        reserves = false
                        try call(SYS_lseek, Argument(file), Argument(size), 0)
                    }
                }
                let wrote = try call(
                    SYS_write, Argument(file), Argument(block), Argument(chunkBytes), about: held)
                size += wrote
                taken += wrote
            }
        }
        return .through("\(taken) bytes taken in \(directory)")
    }

    private static func nameless(
        _ directory: String, _ index: Int, after taken: Int
    ) throws(Refusal) -> Int {
        let path = "\(directory)/bulkhead-probe-\(index)"
        let file = try opened(path, O_RDWR | O_CREAT | O_TRUNC, mode: 0o600)
        _ = try? call(SYS_unlink, Argument(path))
        return file
    }

    /// A tmpfs of the jail holds a file a page, within these bounds.
    private static func filesHeld(_ bytes: UInt64) -> UInt64 {
        min(65_536, max(1024, bytes / UInt64(pageBytes)))
    }

    private static func inodes(_ seat: inout Seat) throws(Refusal) -> Outcome {
        guard
            let goal = goal(
                seat, filesHeld(seat.orders.allowance.scratchBytes), margin: countMargin,
                openMost: 2048, most: 1 << 18)
        else { return tooMuch }
        let directory = "/tmp/bulkhead-probe.d"
        try call(SYS_mkdir, Argument(directory), 0o700, about: directory)
        var count = 0
        defer {
            for index in 0..<count { _ = try? call(SYS_unlink, Argument("\(directory)/\(index)")) }
            _ = try? call(SYS_rmdir, Argument(directory))
        }
        while count < goal {
            do throws(Refusal) {
                close(try opened("\(directory)/\(count)", O_WRONLY | O_CREAT, mode: 0o600))
            } catch {
                throw Refusal(
                    call: error.call, errno: error.errno, arguments: error.arguments,
                    detail: "the limit held at \(count) files")
            }
            count += 1
        }
        return .through("\(count) files made")
    }

    /// Written page by page in a child, which the kernel's choice of a victim hits first.
    private static func memoryStorm(_ seat: inout Seat) throws(Refusal) -> Outcome {
        guard
            let goal = goal(
                seat, seat.orders.allowance.memoryBytes, margin: 4 * byteMargin,
                openMost: 128 << 20, most: 8 << 30)
        else { return tooMuch }
        return inChild(milliseconds: 15_000) { () throws(Refusal) in
            var blocks: [Int] = []
            defer {
                for block in blocks {
                    _ = try? call(SYS_munmap, Argument(block), Argument(chunkBytes))
                }
            }
            while blocks.count * chunkBytes < goal {
                let block = try call(
                    SYS_mmap, 0, Argument(chunkBytes), Argument(PROT_READ | PROT_WRITE),
                    Argument(MAP_PRIVATE | MAP_ANONYMOUS), -1, 0,
                    about: "the limit held at \(blocks.count) MiB")
                blocks.append(block)
                for offset in stride(from: 0, to: chunkBytes, by: pageBytes) {
                    Patch.store([1], at: block + offset)
                }
            }
            return .through("\(blocks.count) MiB taken")
        }
    }
}
