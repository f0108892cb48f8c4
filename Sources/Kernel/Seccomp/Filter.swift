internal import CLinux
internal import CSeccomp
package import Findings
internal import Glibc

/// Makes classic BPF programs as seccomp(2) takes them.
package enum Filter {
    /// Instructions the kernel accepts at most (BPF_MAXINSNS).
    package static let instructionsMax = 4096

    /// The program of a role: an allow list whose default is EPERM.
    ///
    /// Calls of a foreign architecture and x32 numbers kill the process, because the list's numbers
    /// mean other calls there. clone3 answers ENOSYS: its flags lie behind a pointer that no filter
    /// can read, and the C library then falls back to clone, which it can.
    package static func program(_ role: Role) throws(Failure) -> [UInt8] {
        try program(role.entries)
    }

    /// The program of a compartment's pid 1.
    package static func initProgram() throws(Failure) -> [UInt8] {
        try program(ProcessEntries.initProcess)
    }

    /// Entries of pid 1, for reports and tests.
    package static var initEntries: [Entry] { ProcessEntries.initProcess }

    private static func program(_ entries: [Entry]) throws(Failure) -> [UInt8] {
        guard let context = unsafe seccomp_init(deny(EPERM)) else {
            throw failure("cannot make a filter", 0)
        }
        defer { unsafe seccomp_release(context) }
        try check(
            unsafe seccomp_attr_set(context, SCMP_FLTATR_ACT_BADARCH, killProcess), "architecture")
        // A balanced tree: the time to find a call's rule grows with the logarithm of their number.
        try check(unsafe seccomp_attr_set(context, SCMP_FLTATR_CTL_OPTIMIZE, 2), "order")
        for (call, rules) in merged(entries) {
            let number = unsafe seccomp_syscall_resolve_name(call)
            guard number >= 0 else { continue }
            for rule in rules.isEmpty ? [[]] : rules {
                let comparisons = rule.map { match in
                    scmp_arg_cmp(
                        arg: match.argument, op: SCMP_CMP_MASKED_EQ, datum_a: match.mask,
                        datum_b: match.value)
                }
                try check(
                    unsafe seccomp_rule_add_array(
                        context, allow, number, UInt32(comparisons.count), comparisons), call)
            }
        }
        let clone3 = unsafe seccomp_syscall_resolve_name("clone3")
        if clone3 >= 0 {
            try check(
                unsafe seccomp_rule_add_array(context, deny(ENOSYS), clone3, 0, nil), "clone3")
        }
        return unsafe try export(context)
    }

    // One list of rules a call. A call that one entry permits with any argument has no rules at
    // all: the library would otherwise keep the narrower ones and refuse the wider.
    private static func merged(_ entries: [Entry]) -> [(String, [[Match]])] {
        var rules: [String: [[Match]]] = [:]
        var open: Set<String> = []
        for entry in entries {
            if entry.rules.isEmpty { open.insert(entry.call) }
            for rule in entry.rules where rules[entry.call]?.contains(rule) != true {
                rules[entry.call, default: []].append(rule)
            }
        }
        return Set(entries.map(\.call)).sorted().map { call in
            (call, open.contains(call) ? [] : rules[call] ?? [])
        }
    }

    private static func export(_ context: scmp_filter_ctx) throws(Failure) -> [UInt8] {
        let memory = unsafe bh_memfd("filter")
        guard memory >= 0 else { throw failure("cannot make a memory file", -memory) }
        defer { close(memory) }
        try check(unsafe seccomp_export_bpf(context, memory), "export")
        let size = lseek(memory, 0, SEEK_END)
        guard size > 0, size % 8 == 0, size / 8 <= instructionsMax else {
            throw failure("a filter of \(size) bytes is none that the kernel takes", 0)
        }
        var bytes = [UInt8](repeating: 0, count: Int(size))
        let count = unsafe pread(memory, &bytes, bytes.count, 0)
        guard count == bytes.count else { throw failure("cannot read the filter back", errno) }
        return bytes
    }

    private static func check(_ result: Int32, _ step: String) throws(Failure) {
        if result < 0 { throw failure("the filter library refused \(step)", -result) }
    }

    private static func failure(_ problem: String, _ number: Int32) -> Failure {
        let reason = number == 0 ? "" : unsafe " (\(String(cString: strerror(number))))"
        return Failure(
            .machine, "filter-failed", problem + reason,
            remedy: "run bulkhead doctor; libseccomp 2.5 is needed")
    }

    private static let allow: UInt32 = 0x7FFF_0000
    private static let killProcess: UInt32 = 0x8000_0000
    private static func deny(_ number: Int32) -> UInt32 { 0x0005_0000 | UInt32(number) }
}
