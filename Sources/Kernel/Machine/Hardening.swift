internal import Descriptors

/// A kernel setting that makes a break-in harder, and whether this machine has it so.
package struct HardeningSetting: Sendable, Equatable {
    /// As sysctl names it.
    package let name: String
    /// What it should be at least.
    package let wanted: Int64
    /// What it is; nil when this kernel does not have it, or hides it from this user.
    package let found: Int64?
    /// A kernel without the setting lacks what it closes.
    package let isAbsenceGood: Bool
    /// What it is worth, 1 to 3.
    package let weight: Int
    /// What it stops.
    package let reason: String
    /// Whether a smaller value is the stronger one.
    package let isLowerBetter: Bool

    package var isGood: Bool {
        guard let found else { return isAbsenceGood }
        return isLowerBetter ? found <= wanted : found >= wanted
    }
}

/// Scores the host's own settings: they stand between a kernel bug and everything else.
package enum Hardening {
    private struct Wish {
        let name: String
        let wanted: Int64
        let weight: Int
        let isLowerBetter: Bool
        let isFeature: Bool
        let reason: String
        /// `feature`: without the feature there is no setting.
        init(
            _ name: String, _ wanted: Int64, _ weight: Int, lower: Bool = false,
            feature: Bool = false, _ reason: String
        ) {
            self.name = name
            self.wanted = wanted
            self.weight = weight
            isLowerBetter = lower
            isFeature = feature
            self.reason = reason
        }
    }

    private static let wishes: [Wish] = [
        Wish("kernel.randomize_va_space", 2, 3, "addresses cannot be guessed"),
        Wish(
            "kernel.unprivileged_bpf_disabled", 1, 3, feature: true, "BPF programs only from root"),
        Wish("net.core.bpf_jit_harden", 2, 2, "constants of BPF programs are blinded"),
        Wish("kernel.io_uring_disabled", 1, 3, "no ring that goes around system-call filters"),
        Wish(
            "vm.unprivileged_userfaultfd", 0, 2, lower: true, feature: true,
            "races cannot be held open"),
        Wish("kernel.kptr_restrict", 1, 2, "kernel addresses are hidden"),
        Wish("kernel.dmesg_restrict", 1, 1, "the kernel's log is hidden"),
        Wish("kernel.perf_event_paranoid", 2, 2, "no tracing without a capability"),
        Wish("kernel.yama.ptrace_scope", 1, 2, "a process traces only its children"),
        Wish("kernel.kexec_load_disabled", 1, 1, feature: true, "no other kernel can be started"),
        Wish(
            "user.max_user_namespaces", 0, 2, lower: true, feature: true,
            "no root of one's own making"),
        Wish("fs.protected_symlinks", 1, 2, "no links laid out in shared directories"),
        Wish("fs.protected_hardlinks", 1, 2, "no links to other people's files"),
        Wish("fs.protected_fifos", 1, 1, "no pipes laid out in shared directories"),
        Wish("fs.protected_regular", 1, 1, "no files laid out in shared directories"),
        Wish("fs.suid_dumpable", 0, 2, lower: true, "no core files of privileged programs"),
        Wish("vm.mmap_min_addr", 65536, 2, "null pointers of the kernel hit nothing"),
        Wish("dev.tty.ldisc_autoload", 0, 1, lower: true, "no line discipline loaded on request"),
        Wish("net.ipv4.tcp_syncookies", 1, 1, "a flood of openings fills no table"),
        Wish("kernel.sysrq", 0, 1, lower: true, feature: true, "no commands to the kernel by key"),
    ]

    /// Every setting in a fixed order.
    package static func settings() -> [HardeningSetting] {
        wishes.map { wish in
            let path = "/proc/sys/" + String(wish.name.map { $0 == "." ? "/" : $0 })
            let text = (try? Files.read(path, limit: 256)).map {
                String(decoding: $0, as: UTF8.self)
            }
            let isAbsent = Files.facts(of: path) == nil
            return HardeningSetting(
                name: wish.name, wanted: wish.wanted,
                found: text.flatMap { Int64($0.prefix { $0 == "-" || $0.isNumber }) },
                isAbsenceGood: wish.isFeature && isAbsent,
                weight: wish.weight, reason: wish.reason, isLowerBetter: wish.isLowerBetter)
        }
    }

    /// Points reached and points there are.
    package static func score(_ settings: [HardeningSetting]) -> (reached: Int, of: Int) {
        (
            settings.filter(\.isGood).reduce(0) { $0 + $1.weight },
            settings.reduce(0) { $0 + $1.weight }
        )
    }
}
