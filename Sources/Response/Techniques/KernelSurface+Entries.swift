internal import Breach
internal import CLinux
internal import Glibc

/// Interfaces of the kernel that hold more power than their callers.
extension KernelSurface {
    /// A classifier that accepts everything, attached to nothing.
    static func program(_ seat: inout Seat) throws(Refusal) -> Outcome {
        let code = Memory([0xB7, 0, 0, 0, 0, 0, 0, 0, 0x95, 0, 0, 0, 0, 0, 0, 0])
        let license = Memory(Array("GPL".utf8) + [0])
        let attributes =
            Layout.word(UInt32(3)) + Layout.word(UInt32(2)) + Layout.word(code.address)
            + Layout.word(license.address) + [UInt8](repeating: 0, count: 96)
        let loaded = try call(
            SYS_bpf, 5, Argument(Memory(attributes, keeping: [code, license])),
            Argument(attributes.count), about: "load a BPF classifier")
        close(loaded)
        return .through("a BPF program is loaded")
    }

    /// The clock of everything that runs on the first processor.
    static func events(_ seat: inout Seat) throws(Refusal) -> Outcome {
        var attributes = [UInt8](repeating: 0, count: 64)
        attributes.replaceSubrange(0..<8, with: Layout.word(UInt32(1)) + Layout.word(UInt32(64)))
        let counter = try call(
            SYS_perf_event_open, Argument(Memory(attributes)), -1, 0, -1, 0,
            about: "count every program's events")
        close(counter)
        return .through("events of every program are counted")
    }

    /// For the kernel's faults, then for the own ones, which need no right.
    static func userfault(_ seat: inout Seat) throws(Refusal) -> Outcome {
        try anyOf([0, 1], none: "no kind of faults") { flags throws(Refusal) in
            close(try call(SYS_userfaultfd, Argument(flags), about: "userfaultfd"))
            return .through(
                flags == 0 ? "faults of the kernel can be held" : "own faults can be held")
        }
    }

    static func ring(_ seat: inout Seat) throws(Refusal) -> Outcome {
        close(
            try call(
                SYS_io_uring_setup, 4, Argument(Memory(zeroes: 120)), about: "io_uring_setup"))
        return .through("a ring is made")
    }

    static func fileWatch(_ seat: inout Seat) throws(Refusal) -> Outcome {
        let watch = try call(SYS_fanotify_init, 3, 0, about: "fanotify_init")
        defer { close(watch) }
        // FAN_MARK_ADD on a mount, FAN_OPEN.
        try call(
            SYS_fanotify_mark, Argument(watch), 0x11, 0x20, Argument(AT_FDCWD), "/",
            about: "watch the mount of /")
        return .through("every opening on the mount of / is watched")
    }

    static func ports(_ seat: inout Seat) throws(Refusal) -> Outcome {
        #if arch(x86_64)
            inChild { () throws(Refusal) in
                // The port of start-up codes: nothing listens.
                do throws(Refusal) {
                    try call(SYS_ioperm, 0x80, 1, 1, about: "I/O port 0x80")
                } catch  where error.errno == ENOSYS {
                    return .inapplicable("this kernel gives no I/O ports")
                }
                _ = try? call(SYS_ioperm, 0x80, 1, 0)
                return .through("an I/O port is open")
            }
        #else
            .inapplicable("this machine has no I/O ports")
        #endif
    }

    /// An empty entry.
    static func segments(_ seat: inout Seat) throws(Refusal) -> Outcome {
        #if arch(x86_64)
            let empty =
                Layout.word(UInt32(0)) + Layout.word(UInt32(0)) + Layout.word(UInt32(0))
                + Layout.word(UInt32(0b10_1000))
            return inChild { () throws(Refusal) in
                try call(
                    SYS_modify_ldt, 1, Argument(Memory(empty)), 16, about: "write the segment table"
                )
                return .through("the segment table is written")
            }
        #else
            .inapplicable("this machine has no segment table")
        #endif
    }

    static func personality(_ seat: inout Seat) throws(Refusal) -> Outcome {
        inChild { () throws(Refusal) in
            let readImpliesRun = 0x40_0000
            let before = try call(
                SYS_personality, Argument(UInt32.max), about: "read the personality")
            try call(
                SYS_personality, Argument(before | readImpliesRun),
                about: "readable means executable")
            let after = try call(SYS_personality, Argument(UInt32.max))
            _ = try? call(SYS_personality, Argument(before))
            return after & readImpliesRun != 0
                ? .through("readable memory is executable now")
                : .couldNotRun("the personality did not change")
        }
    }

    private static let typeInput = 0x5412

    /// In the open twin into a terminal of its own: the caller's must not get input.
    static func terminalInput(_ seat: inout Seat) throws(Refusal) -> Outcome {
        let line = Memory([10])
        guard seat.open else {
            return try anyOf([0, 1, 2], none: "no terminal") { terminal throws(Refusal) in
                try call(
                    SYS_ioctl, Argument(terminal), Argument(typeInput), Argument(line),
                    about: "TIOCSTI")
                return .through("a terminal took input")
            }
        }
        let main = try opened("/dev/ptmx", O_RDWR | O_NOCTTY)
        defer { close(main) }
        try call(SYS_ioctl, Argument(main), 0x4004_5431, Argument(Memory(zeroes: 4)))
        // TIOCGPTPEER: the other side without a path.
        let terminal = try call(
            SYS_ioctl, Argument(main), 0x5441, Argument(O_RDWR | O_NOCTTY | O_NONBLOCK))
        defer { close(terminal) }
        try call(
            SYS_ioctl, Argument(terminal), Argument(typeInput), Argument(line), about: "TIOCSTI")
        let got = try receive(terminal)
        return got.isEmpty ? .couldNotRun("the input did not arrive") : .through("input arrived")
    }

    /// getpid by its number of the 32-bit table.
    static func entry32(_ seat: inout Seat) throws(Refusal) -> Outcome {
        inChild { () throws(Refusal) in
            let result = bh_int80(20, 0, 0, 0)
            guard result > 0 else {
                throw Refusal(call: 20, errno: Int32(-result), detail: "int 0x80")
            }
            return .through("the 32-bit entry answered \(result)")
        }
    }

    /// getpid with the x32 bit.
    static func entryX32(_ seat: inout Seat) throws(Refusal) -> Outcome {
        inChild { () throws(Refusal) in
            do throws(Refusal) {
                let result = try call(0x4000_0000 | 39, about: "x32 getpid")
                return .through("the x32 entry answered \(result)")
            } catch  where error.errno == ENOSYS {
                return .inapplicable("this kernel has no x32 entry")
            }
        }
    }
}
