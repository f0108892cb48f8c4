package import Descriptors
internal import Glibc

/// What the kernel says about a process, from /proc.
package struct ProcessFacts: Sendable, Equatable {
    package var pid: UInt32 = 0
    /// Real, effective, saved and filesystem ids.
    package var uids: [UInt32] = []
    package var gids: [UInt32] = []
    package var groups: [UInt32] = []
    /// Pids from this namespace inward; the last is what the process itself sees.
    package var pids: [UInt32] = []
    /// Inheritable, permitted, effective, bounding and ambient sets by the names of `status`.
    package var capabilities: [String: UInt64] = [:]
    package var noNewPrivileges = false
    /// 2 means a filter.
    package var seccomp: UInt32 = 0
    /// Soft and hard limit of open files.
    package var filesLimit: [UInt64] = []
    /// What each open descriptor points to.
    package var descriptors: [Int32: String] = [:]
    /// Inode of each namespace by its name: mnt, pid, net, ipc, uts, cgroup, user.
    package var namespaces: [String: UInt64] = [:]

    package init() {}

    /// Reads what is to be known about a process that does not run meanwhile.
    ///
    /// Throws where /proc does not have it, ESRCH when it is gone, EPROTO when a line is missing.
    package static func read(_ pid: UInt32) throws(SystemFailure) -> ProcessFacts {
        try read(directory: "/proc/\(pid)", pid: pid)
    }

    /// Facts of this process itself.
    package static func own() throws(SystemFailure) -> ProcessFacts {
        try read(directory: "/proc/self", pid: UInt32(getpid()))
    }

    private static func read(directory: String, pid: UInt32) throws(SystemFailure) -> ProcessFacts {
        var facts = ProcessFacts()
        facts.pid = pid
        let status = try Files.read(directory + "/status", limit: 64 << 10)
        guard facts.parse(status: status) else {
            throw SystemFailure("parse", directory + "/status", errno: EPROTO)
        }
        facts.parse(limits: try Files.read(directory + "/limits", limit: 64 << 10))
        do throws(SystemFailure) {
            for name in try Files.list(directory + "/fd", limit: 65_536) {
                guard let number = Int32(name) else { continue }
                facts.descriptors[number] = link("\(directory)/fd/\(name)")
            }
        } catch {
            // A process that cannot be dumped hides them from all but root. None seen is a
            // difference wherever they are expected.
            guard error.errno == EACCES else { throw error }
        }
        for name in ["mnt", "pid", "net", "ipc", "uts", "cgroup", "user"] {
            facts.namespaces[name] = inode(link("\(directory)/ns/\(name)"))
        }
        return facts
    }

    /// Target of a link in /proc, or empty.
    package static func link(_ path: String) -> String {
        var room = [CChar](repeating: 0, count: 4096)
        let count = unsafe readlink(path, &room, room.count)
        guard count > 0 else { return "" }
        return String(decoding: room.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// The number in `mnt:[4026531832]`.
    private static func inode(_ link: String) -> UInt64? {
        guard let open = link.firstIndex(of: "["), link.hasSuffix("]") else { return nil }
        return UInt64(link[link.index(after: open)...].dropLast())
    }

    /// Takes the lines that it knows; false when one of them is missing or malformed.
    package mutating func parse(status: [UInt8]) -> Bool {
        var seen: Set<String> = []
        for line in status.split(separator: UInt8(ascii: "\n")).prefix(256) {
            let parts = line.split(separator: UInt8(ascii: ":"), maxSplits: 1)
            guard parts.count == 2 else { continue }
            let name = String(decoding: parts[0], as: UTF8.self)
            let words = parts[1].split { $0 == 9 || $0 == 32 }.map {
                String(decoding: $0, as: UTF8.self)
            }
            guard take(name, words) else { return false }
            seen.insert(name)
        }
        return Self.needed.isSubset(of: seen)
    }

    private static let sets: Set<String> = ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"]
    private static let needed: Set<String> = sets.union([
        "Uid", "Gid", "Groups", "NoNewPrivs", "Seccomp", "NSpid",
    ])

    private mutating func take(_ name: String, _ words: [String]) -> Bool {
        if Self.sets.contains(name) {
            guard words.count == 1, let set = UInt64(words[0], radix: 16) else { return false }
            capabilities[name] = set
            return true
        }
        guard Self.needed.contains(name) else { return true }
        let numbers = words.compactMap { UInt32($0) }
        guard numbers.count == words.count else { return false }
        switch name {
        case "Uid": uids = numbers
        case "Gid": gids = numbers
        case "Groups": groups = numbers
        case "NSpid": pids = numbers
        case "NoNewPrivs": noNewPrivileges = numbers == [1]
        default: seccomp = numbers.first ?? 0
        }
        return true
    }

    private mutating func parse(limits: [UInt8]) {
        let text = String(decoding: limits, as: UTF8.self)
        for line in text.split(separator: "\n") where line.hasPrefix("Max open files") {
            filesLimit = line.split(separator: " ").compactMap { UInt64($0) }
        }
    }
}
