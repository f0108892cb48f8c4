internal import CLinux
package import Confinement
package import Findings

/// Calls that no filter of a plan may let through, whatever front wrote it.
///
/// A filter is run here for each of them as the kernel would, except that arguments are unknown: a
/// comparison with one goes both ways. So what is found denied is denied with every argument.
package enum FilterFloor {
    /// The first of the calls that a filter may permit; nil when it permits none.
    package static func breach(_ filter: [UInt8]) -> String? {
        let program = stride(from: 0, to: filter.count - filter.count % 8, by: 8).map {
            Instruction(filter[$0..<$0 + 8])
        }
        for (name, number) in calls {
            if mayAllow(program, number: number) { return name }
            if isWide, mayAllow(program, number: number | wide) { return "\(name) of x32" }
        }
        // Calls that x32 has under numbers of its own.
        for number in (isWide ? wideOwn : 0..<0) where mayAllow(program, number: number | wide) {
            return "call \(number) of x32"
        }
        return mayAllow(program, architecture: foreign, number: nil) ? "a foreign call" : nil
    }

    /// Refuses a deployment with a filter, of a program, a step or a pid 1, that lets one through.
    package static func require(_ deployment: Deployment) throws(Failure) {
        var known: Set<[UInt8]> = []
        for plan in deployment.compartments {
            for filter in [plan.filter, plan.initFilter] + plan.prepare.map(\.filter)
            where known.insert(filter).inserted {
                guard let call = breach(filter) else { continue }
                throw Failure(
                    .usage, "filter", "the plan's filter of \(plan.name) permits \(call)",
                    remedy: "start platforms with the `bulkhead up` of this build")
            }
        }
    }

    private static func mayAllow(
        _ program: [Instruction], architecture: UInt32 = own, number: UInt32?
    ) -> Bool {
        // What is known of the accumulator where the program may stand; jumps only lead forward.
        var states = [State](repeating: .unreached, count: program.count + 1)
        states[0] = .of(nil)
        for (place, instruction) in program.enumerated() {
            guard case .of(let value) = states[place] else { continue }
            switch instruction.perform(value, architecture, number) {
            case .ends(let action): if !isRefusal(action) { return true }
            case .goes(let value, let jumps):
                for jump in jumps {
                    // The kernel takes no program that runs past its end; neither is it refused.
                    guard jump < program.count - place - 1 else { return true }
                    states[place + 1 + jump].join(value)
                }
            }
        }
        return program.isEmpty
    }

    private static func isRefusal(_ action: UInt32?) -> Bool {
        guard let action else { return false }
        return [errno, trap, killThread, killProcess].contains(action & 0xFFFF_0000)
    }

    private static let errno: UInt32 = 0x0005_0000
    private static let trap: UInt32 = 0x0003_0000
    private static let killThread: UInt32 = 0
    private static let killProcess: UInt32 = 0x8000_0000
    private static let wide: UInt32 = 0x4000_0000
    private static let wideOwn: Range<UInt32> = 512..<548

    #if arch(x86_64)
        private static let own: UInt32 = 0xC000_003E
        private static let foreign: UInt32 = 0x4000_0003
        private static let isWide = true
        private static let further: [(String, Int)] = [
            ("iopl", Int(SYS_iopl)), ("ioperm", Int(SYS_ioperm)),
            ("modify_ldt", Int(SYS_modify_ldt)),
        ]
    #else
        private static let own: UInt32 = 0xC000_00B7
        private static let foreign: UInt32 = 0x4000_0028
        private static let isWide = false
        private static let further: [(String, Int)] = []
    #endif

    /// Mounts and roots, other processes, the kernel's code, its keys and its clock: none is in any
    /// word of any role.
    ///
    /// Numbers where Debian 12's headers are older than the call; they are the same everywhere.
    private static let calls: [(String, UInt32)] =
        ([
            ("mount", Int(SYS_mount)), ("umount2", Int(SYS_umount2)),
            ("pivot_root", Int(SYS_pivot_root)), ("chroot", Int(SYS_chroot)),
            ("open_tree", 428), ("move_mount", 429), ("fsopen", 430), ("fsconfig", 431),
            ("fsmount", 432), ("fspick", 433), ("mount_setattr", 442), ("quotactl_fd", 443),
            ("open_by_handle_at", Int(SYS_open_by_handle_at)),
            ("fanotify_init", Int(SYS_fanotify_init)), ("ptrace", Int(SYS_ptrace)),
            ("process_vm_readv", Int(SYS_process_vm_readv)),
            ("process_vm_writev", Int(SYS_process_vm_writev)), ("pidfd_getfd", 438),
            ("kcmp", Int(SYS_kcmp)), ("setns", Int(SYS_setns)), ("unshare", Int(SYS_unshare)),
            ("clone3", 435), ("bpf", Int(SYS_bpf)),
            ("perf_event_open", Int(SYS_perf_event_open)),
            ("userfaultfd", Int(SYS_userfaultfd)), ("io_uring_setup", 425),
            ("io_uring_enter", 426), ("io_uring_register", 427),
            ("kexec_load", Int(SYS_kexec_load)), ("init_module", Int(SYS_init_module)),
            ("finit_module", Int(SYS_finit_module)), ("delete_module", Int(SYS_delete_module)),
            ("add_key", Int(SYS_add_key)), ("request_key", Int(SYS_request_key)),
            ("keyctl", Int(SYS_keyctl)), ("reboot", Int(SYS_reboot)),
            ("swapon", Int(SYS_swapon)), ("swapoff", Int(SYS_swapoff)),
            ("acct", Int(SYS_acct)), ("quotactl", Int(SYS_quotactl)),
            ("syslog", Int(SYS_syslog)), ("sethostname", Int(SYS_sethostname)),
            ("setdomainname", Int(SYS_setdomainname)),
            ("settimeofday", Int(SYS_settimeofday)), ("clock_settime", Int(SYS_clock_settime)),
            ("adjtimex", Int(SYS_adjtimex)), ("clock_adjtime", Int(SYS_clock_adjtime)),
        ] + further).map { ($0.0, UInt32($0.1)) }
}

/// What is known of the accumulator at a place of a filter.
private enum State {
    case unreached
    /// The value, nil when it may be any.
    case of(UInt32?)

    mutating func join(_ value: UInt32?) {
        switch self {
        case .unreached: self = .of(value)
        case .of(let other): if other != value { self = .of(nil) }
        }
    }
}

/// One instruction of classic BPF.
private struct Instruction {
    private let code: UInt16
    private let whenTrue: Int
    private let whenFalse: Int
    private let operand: UInt32

    enum Step {
        /// The value behind it, and how many instructions may be passed over.
        case goes(UInt32?, [Int])
        /// The action, nil when it may be any.
        case ends(UInt32?)
    }

    init(_ bytes: ArraySlice<UInt8>) {
        let b = Array(bytes)
        code = UInt16(b[0]) | UInt16(b[1]) << 8
        whenTrue = Int(b[2])
        whenFalse = Int(b[3])
        operand = b[4...].reversed().reduce(0) { $0 << 8 | UInt32($1) }
    }

    func perform(_ value: UInt32?, _ architecture: UInt32, _ number: UInt32?) -> Step {
        switch code {
        case 0x06: return .ends(operand)
        case 0x16: return .ends(value)
        case 0x20 where operand == 0: return .goes(number, [0])
        case 0x20 where operand == 4: return .goes(architecture, [0])
        case 0x00: return .goes(operand, [0])
        case 0x54: return .goes(value.map { $0 & operand }, [0])
        case 0x05: return .goes(value, [Int(operand)])
        case 0x15: return branch(value) { $0 == operand }
        case 0x25: return branch(value) { $0 > operand }
        case 0x35: return branch(value) { $0 >= operand }
        case 0x45: return branch(value) { $0 & operand != 0 }
        default: break
        }
        switch code & 7 {
        case 5: return .goes(value, [whenTrue, whenFalse])
        // These leave the accumulator as it is: ldx, st, stx, tax.
        case 1, 2, 3: return .goes(value, [0])
        case 7 where code & 0xF8 == 0: return .goes(value, [0])
        case 6: return .ends(nil)
        default: return .goes(nil, [0])
        }
    }

    private func branch(_ value: UInt32?, _ holds: (UInt32) -> Bool) -> Step {
        guard let value else { return .goes(value, [whenTrue, whenFalse]) }
        return .goes(value, [holds(value) ? whenTrue : whenFalse])
    }
}
