internal import CLinux
internal import Cgroups
internal import Descriptors
internal import Glibc

extension Machine {
    static func resources() -> [Ability] {
        [
            groups(), usableGroups(),
            ability(
                "loop", "a disk of one's own, with an end", .required, bh_probe_loop(),
                remedy: "modprobe loop, and give the container /dev/loop-control"),
            filesystem("ext4", "the disk's format", .required),
            program(
                "mkfs.ext4", ["/usr/sbin/mkfs.ext4", "/sbin/mkfs.ext4"], "making the disk",
                "apt-get install e2fsprogs"),
            filesystem("overlay", "copies of trees, which is not built yet", .informative),
        ]
    }

    private static func groups() -> Ability {
        let purpose = "limits of memory, processes and processor time"
        let remedy = "mount the memory, pids and cpu controllers, or boot with cgroup v2"
        guard let layout = try? CgroupLayout.read() else {
            return Ability(
                name: "cgroups", purpose: purpose, weight: .required,
                answer: .absent("a controller of memory, pids or cpu is missing"), remedy: remedy)
        }
        let unified = CgroupController.allCases.count { layout.isUnified($0) }
        let kind = unified == CgroupController.allCases.count ? "v2" : unified == 0 ? "v1" : "mixed"
        return Ability(
            name: "cgroups", purpose: purpose, weight: .required, answer: .present(kind),
            remedy: remedy)
    }

    // A controller that is mounted may still be closed to us: only making a group tells.
    private static func usableGroups() -> Ability {
        let name = "bulkhead-doctor-\(getpid())"
        var answer = Ability.Answer.present("yes")
        do throws(SystemFailure) {
            let limits = CgroupLimits(memoryBytes: 16 << 20, processes: 4, cpuMilli: 100)
            let group = try Cgroup.create(name, limits: limits)
            try group.remove()
        } catch {
            _ = try? Cgroup.sweep(prefix: name)
            answer = .absent("\(error)")
        }
        return Ability(
            name: "cgroup-limits", purpose: "a group can be made and limited", weight: .required,
            answer: answer, remedy: "run as root, where the control groups can be written")
    }

    private static func filesystem(
        _ name: String, _ purpose: String, _ weight: Ability.Weight
    ) -> Ability {
        let table = (try? Files.read("/proc/filesystems", limit: 65536)) ?? []
        let known = String(decoding: table, as: UTF8.self).split(whereSeparator: \.isWhitespace)
        // A module that is not loaded yet is not in the table; the first mount loads it.
        let isModule = Files.facts(of: "/sys/module/\(name)") != nil
        return Ability(
            name: name, purpose: purpose, weight: weight,
            answer: known.contains(Substring(name)) || isModule
                ? .present("yes") : .absent("not in /proc/filesystems"),
            remedy: "modprobe \(name)")
    }

    private static func program(
        _ name: String, _ places: [String], _ purpose: String, _ remedy: String
    ) -> Ability {
        let found = places.first { Files.facts(of: $0) != nil }
        return Ability(
            name: name, purpose: purpose, weight: .required,
            answer: found.map { .present($0) } ?? .absent("not installed"), remedy: remedy)
    }

    static func network() -> [Ability] {
        let probes: [(String, String, bh_network, Ability.Weight, String)] = [
            ("veth", "links between compartments", BH_NETWORK_VETH, .required, "modprobe veth"),
            (
                "nftables", "the default-deny rules", BH_NETWORK_NFTABLES, .required,
                "modprobe nf_tables"
            ),
            (
                "nflog", "every attempt on record", BH_NETWORK_NFLOG, .required,
                "modprobe nfnetlink_log"
            ),
            (
                "conntrack", "established connections, ended with their flow",
                BH_NETWORK_CONNTRACK, .required, "modprobe nf_conntrack_netlink"
            ),
            (
                "socket-destroy", "ending sockets of a removed flow at once", BH_NETWORK_DESTROY,
                .wanted, "run a kernel with CONFIG_INET_DIAG_DESTROY"
            ),
        ]
        let settings = ability(
            "network-settings", "kernel settings of an own network", .required,
            bh_probe_settings(), remedy: "give the container a writable /proc/sys")
        return probes.map { name, purpose, probe, weight, remedy in
            ability(name, purpose, weight, bh_probe_network(probe), remedy: remedy)
        } + [settings]
    }

    static func watching() -> [Ability] {
        let audit = bh_probe_audit()
        return [
            ability(
                "audit", "refusals by seccomp and Landlock as events", .wanted, audit,
                audit == 1 ? "running" : "off, turned on while a platform runs",
                remedy: "run a kernel with CONFIG_AUDIT, outside a container")
        ]
    }
}
