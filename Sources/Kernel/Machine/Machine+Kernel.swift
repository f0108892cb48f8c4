internal import CLinux
internal import Descriptors
internal import Glibc

extension Machine {
    static func privileges() -> [Ability] {
        let isRoot = geteuid() == 0
        return [
            Ability(
                name: "root", purpose: "own uids, networks and mounts", weight: .required,
                answer: isRoot ? .present("yes") : .absent("uid \(geteuid())"),
                remedy: "run it as root: sudo bulkhead …")
        ]
    }

    private static let namespaces: [(name: String, flag: UInt64, purpose: String)] = [
        ("mount-namespace", 0x0002_0000, "an own root"),
        ("pid-namespace", 0x2000_0000, "no sight of other processes"),
        ("network-namespace", 0x4000_0000, "a network of one's own"),
        ("ipc-namespace", 0x0800_0000, "no shared memory with others"),
        ("uts-namespace", 0x0400_0000, "an own host name"),
        ("cgroup-namespace", 0x0200_0000, "no sight of the host's control groups"),
    ]

    static func isolation() -> [Ability] {
        let user: UInt64 = 0x1000_0000
        var list = namespaces.map { name, flag, purpose in
            ability(
                name, purpose, .required, bh_probe_namespaces(flag),
                remedy: "run on a kernel that has it, outside a container that forbids it")
        }
        list.append(
            ability(
                "user-namespace", "isolation without root, which is not built yet", .informative,
                bh_probe_namespaces(user), remedy: "nothing to do: full isolation uses none"))
        let calls: [(String, String, bh_call)] = [
            ("openat2", "paths without symbolic links", BH_CALL_OPENAT2),
            ("mount-by-descriptor", "mounting what was checked", BH_CALL_MOUNT_API),
            ("mount-attributes", "read-only mounts, at once", BH_CALL_MOUNT_ATTRIBUTES),
            ("pidfd", "naming a process for sure", BH_CALL_PIDFD),
            ("close-range", "no descriptor too many", BH_CALL_CLOSE_RANGE),
        ]
        return list
            + calls.map { name, purpose, call in
                ability(
                    name, purpose, .required, bh_probe_call(call),
                    remedy: "run Linux 6.3 or newer")
            }
    }

    static func confinement() -> [Ability] {
        [
            landlock(), landlockErrata(),
            seccomp("seccomp-errno", 0x0005_0000, .required),
            seccomp("seccomp-kill", 0x8000_0000, .required),
            ability(
                "seccomp-log", "refused system calls are on record", .required, bh_seccomp_log(),
                remedy: "run Linux 4.14 or newer"),
            logged(),
            ability(
                "mdwe", "memory is never writable and executable", .required, bh_probe_mdwe(),
                remedy: "run Linux 6.3 or newer"),
            ability(
                "sealed-memory", "a plan that cannot change while it is read", .required,
                bh_probe_seals(), remedy: "run Linux 3.17 or newer"),
        ]
    }

    // ABI 4 brought ports, 6 the scopes for signals and abstract sockets, 7 records.
    private static func landlock() -> Ability {
        let abi = bh_landlock_abi()
        let missing =
            abi >= 7
            ? ""
            : abi >= 6
                ? ", without records"
                : abi >= 4 ? ", without scopes and records" : ", without ports, scopes and records"
        return ability(
            "landlock", "files and ports by rule", .required, abi, "ABI \(abi)\(missing)",
            remedy: "run Linux 6.15 or newer, with landlock among the `lsm=` of its command line")
    }

    private static func landlockErrata() -> Ability {
        let errata = bh_landlock_errata()
        return ability(
            "landlock-errata", "which faults of Landlock are mended", .informative, errata,
            "0x" + String(max(errata, 0), radix: 16), remedy: "run Linux 6.15 or newer")
    }

    private static func seccomp(
        _ name: String, _ action: UInt32, _ weight: Ability.Weight
    ) -> Ability {
        ability(
            name, "system calls by list", weight, bh_seccomp_action(action),
            remedy: "run a kernel with CONFIG_SECCOMP_FILTER")
    }

    // The kernel writes records only of the actions named here.
    private static func logged() -> Ability {
        let path = "/proc/sys/kernel/seccomp/actions_logged"
        let text = (try? Files.read(path, limit: 4096)).map { String(decoding: $0, as: UTF8.self) }
        let isLogged = text?.split(whereSeparator: \.isWhitespace).contains("errno") ?? false
        return Ability(
            name: "seccomp-records", purpose: "the kernel records refusals", weight: .wanted,
            answer: isLogged ? .present("yes") : .absent("errno is not logged"),
            remedy: "sysctl -w kernel.seccomp.actions_logged=\"kill_process kill_thread trap errno "
                + "user_notif trace log\"")
    }
}
