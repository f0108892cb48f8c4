// Cgroups: limits and accounts of the processes of one compartment, by control groups v2 or v1 or
// both, whichever the machine has. It knows no platform: names come from the caller. It never
// touches a group that it did not make, except the swept ones, which the caller names by prefix.

package import Descriptors
internal import Glibc

/// What a group used and was refused since it was made.
package struct CgroupUsage: Sendable, Equatable {
    package var memoryBytes: UInt64 = 0
    package var memoryPeakBytes: UInt64 = 0
    package var processes: UInt64 = 0
    /// Processes that the kernel killed at the memory limit.
    package var memoryKills: UInt64 = 0
    /// Forks that it refused at the process limit.
    package var processRefusals: UInt64 = 0
}

/// Limits of a new group.
package struct CgroupLimits: Sendable, Equatable {
    package var memoryBytes: UInt64
    /// Processes and threads.
    package var processes: UInt32
    /// Thousandths of a core; 0 is no quota.
    package var cpuMilli: UInt32
    /// Share of a contended processor beside other groups, 1 to 10,000; an ordinary group has 100.
    package var cpuWeight: UInt32

    /// Weight of what records others.
    ///
    /// A flood of refused attempts must not cost other services their time: who records it waits
    /// for them, keeps a tenth of an ordinary share, and counts what its queue could not hold.
    package static let recorderWeight: UInt32 = 10

    package init(
        memoryBytes: UInt64, processes: UInt32, cpuMilli: UInt32, cpuWeight: UInt32 = 100
    ) {
        self.memoryBytes = memoryBytes
        self.processes = processes
        self.cpuMilli = cpuMilli
        self.cpuWeight = cpuWeight
    }
}

/// One control group: the same name in every hierarchy that the machine uses.
package struct Cgroup: Sendable, Equatable {
    private let name: String
    private let layout: CgroupLayout

    /// Makes the group and sets its limits; fails when a limit cannot be set.
    package static func create(
        _ name: String, limits: CgroupLimits
    ) throws(SystemFailure) -> Cgroup {
        let group = Cgroup(name: name, layout: try CgroupLayout.read())
        for directory in group.directories {
            if unsafe mkdir(directory, 0o755) != 0 && errno != EEXIST {
                throw SystemFailure("mkdir", directory, errno: errno)
            }
        }
        for (path, value) in group.settings(limits) { try Files.set(path, to: value) }
        return group
    }

    /// Every hierarchy's directory of this group, each once.
    private var directories: [String] {
        layout.roots.map { "\($0)/\(name)" }
    }

    private func path(_ controller: CgroupController, _ file: String) -> String {
        "\(layout.root(of: controller))/\(name)/\(file)"
    }

    private func settings(_ limits: CgroupLimits) -> [(String, String)] {
        var settings: [(String, String)] = []
        if layout.isUnified(.memory) {
            settings.append((path(.memory, "memory.max"), "\(limits.memoryBytes)"))
            let swap = path(.memory, "memory.swap.max")
            // Absent where the kernel has no swap accounting; then nothing can be swapped out to
            // dodge the limit either.
            if Files.facts(of: swap) != nil { settings.append((swap, "0")) }
        } else {
            let bytes = "\(limits.memoryBytes)"
            settings.append((path(.memory, "memory.limit_in_bytes"), bytes))
            let swap = path(.memory, "memory.memsw.limit_in_bytes")
            if Files.facts(of: swap) != nil { settings.append((swap, bytes)) }
        }
        settings.append((path(.pids, "pids.max"), "\(limits.processes)"))
        if limits.cpuMilli > 0 {
            let quota = UInt64(limits.cpuMilli) * 100
            if layout.isUnified(.cpu) {
                settings.append((path(.cpu, "cpu.max"), "\(quota) 100000"))
            } else {
                settings.append((path(.cpu, "cpu.cfs_period_us"), "100000"))
                settings.append((path(.cpu, "cpu.cfs_quota_us"), "\(quota)"))
            }
        }
        if limits.cpuWeight != 100 {
            // Version 1 counts in 1,024ths of an ordinary group, from 2.
            settings.append(
                layout.isUnified(.cpu)
                    ? (path(.cpu, "cpu.weight"), "\(limits.cpuWeight)")
                    : (path(.cpu, "cpu.shares"), "\(max(2, limits.cpuWeight * 1024 / 100))"))
        }
        return settings
    }

    /// Puts a process, and whatever it starts from now on, into the group.
    package func add(_ pid: Int32) throws(SystemFailure) {
        for directory in directories { try Files.set(directory + "/cgroup.procs", to: "\(pid)") }
    }

    /// What it uses now.
    package func usage() throws(SystemFailure) -> CgroupUsage {
        var usage = CgroupUsage()
        let unified = layout.isUnified(.memory)
        usage.memoryBytes = try number(
            .memory, unified ? "memory.current" : "memory.usage_in_bytes")
        usage.memoryPeakBytes =
            (try? number(.memory, unified ? "memory.peak" : "memory.max_usage_in_bytes"))
            ?? usage.memoryBytes
        usage.memoryKills = try field(
            .memory, unified ? "memory.events" : "memory.oom_control", "oom_kill")
        usage.processes = try number(.pids, "pids.current")
        usage.processRefusals = try field(.pids, "pids.events", "max")
        return usage
    }

    private func text(
        _ controller: CgroupController, _ file: String
    ) throws(SystemFailure) -> String {
        String(
            decoding: try Files.read(path(controller, file), limit: 65536), as: UTF8.self)
    }

    private func number(
        _ controller: CgroupController, _ file: String
    ) throws(SystemFailure) -> UInt64 {
        UInt64(try text(controller, file).prefix { $0.isNumber }) ?? 0
    }

    private func field(
        _ controller: CgroupController, _ file: String, _ name: String
    ) throws(SystemFailure) -> UInt64 {
        for line in try text(controller, file).split(separator: "\n") {
            let words = line.split(separator: " ")
            if words.count == 2, words[0] == name { return UInt64(words[1]) ?? 0 }
        }
        return 0
    }

    /// Kills what is still in the group and removes it.
    package func remove() throws(SystemFailure) {
        for directory in directories { try Self.clear(directory) }
    }

    /// Kills and removes every group whose name begins so; returns their names, each once.
    package static func sweep(prefix: String) throws(SystemFailure) -> [String] {
        var found: Set<String> = []
        for root in try CgroupLayout.read().roots {
            for name in try Files.list(root) where name.hasPrefix(prefix) {
                found.insert(name)
                try clear("\(root)/\(name)")
            }
        }
        return found.sorted()
    }

    /// A killed process leaves its group only when it is reaped: this waits, at most two seconds.
    private static func clear(_ directory: String) throws(SystemFailure) {
        for _ in 0..<1_000 {
            if unsafe rmdir(directory) == 0 || errno == ENOENT { return }
            guard errno == EBUSY else { break }
            let members = (try? Files.read(directory + "/cgroup.procs", limit: 1 << 20)) ?? []
            for line in members.split(separator: UInt8(ascii: "\n")) {
                if let pid = Int32(String(decoding: line, as: UTF8.self)), pid > 1 {
                    kill(pid, SIGKILL)
                }
            }
            usleep(2_000)
        }
        throw SystemFailure("rmdir", directory, errno: errno)
    }
}
