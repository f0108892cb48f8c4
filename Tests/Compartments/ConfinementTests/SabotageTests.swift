import CLinux
import Confinement
import Descriptors
import Glibc
import Processes
import Testing

/// Starts the jail under a filter of its own that fails one system call: `number argument value
/// errno jail`, where argument 9 means every call of that number.
let saboteurProgram = #"""
    #include <errno.h>
    #include <linux/filter.h>
    #include <linux/seccomp.h>
    #include <stddef.h>
    #include <stdio.h>
    #include <sys/syscall.h>
    #include <unistd.h>

    int main(int count, char **arguments) {
        unsigned number, argument, value, error;
        char jail[4096];
        if (count < 2 || sscanf(arguments[1], "%u %u %u %u %4095[^\n]", &number, &argument, &value, &error, jail) != 5) return 9;
        struct sock_filter code[] = {
            BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
            BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, argument == 9 ? 1 : 3),
            BPF_STMT(BPF_LD | BPF_W | BPF_ABS, argument == 9 ? 0 : offsetof(struct seccomp_data, args) + 8 * argument),
            BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, argument == 9 ? number : value, 0, 1),
            BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error),
            BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        };
        if (argument == 9) code[1].jf = 3;
        struct sock_fprog program = {6, code};
        if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) < 0) return 8;
        execv(jail, (char *[]){"bulkhead-jail", NULL});
        return 7;
    }
    """#

/// One system call that fails, and the step that must say so.
struct Sabotage: Sendable, CustomTestStringConvertible {
    let step: String
    let call: Int32
    let argument: Int32
    let value: Int32

    init(_ step: String, _ call: Int32, argument: Int32 = 9, is value: Int32 = 0) {
        self.step = step
        self.call = call
        self.argument = argument
        self.value = value
    }

    var testDescription: String { "\(step) by call \(call)" }
}

/// The kernel refuses one call after the other: the jail never goes on.
@Suite(
    "Sabotage of the jail",
    .enabled(if: geteuid() == 0, "needs root"),
    .enabled(if: Workshop.shared != nil, "needs a C compiler and static libraries"))
struct SabotageTests {
    let workshop: Workshop

    init() throws { workshop = try #require(Workshop.shared) }

    #if arch(x86_64)
        // Numbers of the x86-64 table; arguments where one call serves several steps.
        static let all: [Sabotage] = [
            Sabotage("start", 47), Sabotage("seals", 72, argument: 1, is: 1034),
            Sabotage("plan", 262), Sabotage("network", 308),
            Sabotage("tree", 437), Sabotage("tree", 428), Sabotage("tree", 442),
            Sabotage("clone", 56, argument: 0, is: 0x2E02_8000),
            Sabotage("parent", 157, argument: 0, is: 1),
            Sabotage("parent", 7), Sabotage("propagation", 165, argument: 3, is: 0x44000),
            Sabotage("root", 430), Sabotage("root", 431), Sabotage("root", 432),
            Sabotage("root", 429), Sabotage("root", 81), Sabotage("root", 258),
            Sabotage("mount", 259), Sabotage("mount", 266),
            Sabotage("proc", 165, argument: 3, is: 14),
            Sabotage("pivot", 155), Sabotage("pivot", 166), Sabotage("pivot", 80),
            Sabotage("hostname", 170), Sabotage("session", 112),
            Sabotage("descriptors", 292), Sabotage("descriptors", 72, argument: 1, is: 1030),
            Sabotage("descriptors", 436), Sabotage("rules", 444), Sabotage("rules", 445),
            Sabotage("limits", 302, argument: 1, is: 1),
            Sabotage("limits", 302, argument: 1, is: 4),
            Sabotage("bounding", 157, argument: 0, is: 24), Sabotage("identity", 116),
            Sabotage("identity", 119), Sabotage("identity", 117), Sabotage("capabilities", 125),
            Sabotage("capabilities", 126), Sabotage("capabilities", 157, argument: 0, is: 47),
            Sabotage("dumpable", 157, argument: 0, is: 4), Sabotage("wx", 157, argument: 0, is: 65),
            Sabotage("privileges", 157, argument: 0, is: 38), Sabotage("landlock", 446),
            Sabotage("fork", 289), Sabotage("fork", 293),
            Sabotage("fork", 56, argument: 0, is: 0x120_0011),
            Sabotage("exec", 322),
        ]
    #else
        static let all: [Sabotage] = []
    #endif

    @Test("a call that the kernel refuses ends the jail in the step that made it", arguments: all)
    func sabotage(_ one: Sabotage) throws {
        var order = workshop.order(workshop.plan(["pid"]))
        order.compartment.mounts.append(.link(target: "/sbin", to: "bin"))
        var extras = Cell.Extras()
        extras.jail = workshop.saboteur
        let refusal = EDQUOT
        extras.label = "\(one.call) \(one.argument) \(one.value) \(refusal) \(workshop.jail)"
        let cell = try Cell(workshop, order, extras)
        let outcome = try cell.finish()
        #expect(outcome.failure?.hasPrefix(one.step + " ") == true, "\(outcome.failure ?? "none")")
        #expect(outcome.output.isEmpty)
        #expect(outcome.status == nil)
    }

    @Test("a working directory that is not there ends it too")
    func directory() throws {
        let host = workshop.folder + "/empty.\(getpid())"
        try Files.makeDirectories(host)
        defer { _ = unsafe rmdir(host) }
        let state = Descriptor(owning: unsafe bh_detached_bind(host))
        var order = workshop.order(workshop.plan(["pid"]))
        order.compartment.mounts.append(.state(target: "/state"))
        var extras = Cell.Extras()
        extras.state = state.number
        // The plan's last "/state" is the working directory: it becomes "/statf".
        extras.change = { bytes in
            var bytes = bytes
            let name = Array("/state\0".utf8)
            let last = bytes.indices.last { bytes[$0...].starts(with: name) }
            if let last { bytes[last + 5] += 1 }
            return bytes
        }
        let cell = try Cell(workshop, order, extras)
        #expect(try cell.finish().failure == "directory \(ENOENT)")
    }
}
