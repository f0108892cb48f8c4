/// What a process must be before its program may run.
///
/// Nil leaves a fact unchecked: only a drill's
/// twin and the weaker isolation levels have any.
package struct ExpectedFacts: Sendable, Equatable {
    /// All four uids and gids, with no group beside.
    package var uid: UInt32
    package var gid: UInt32
    /// The permitted and effective sets; inheritable and ambient must then be empty.
    package var capabilities: UInt64? = 0
    package var bounding: UInt64? = 0
    package var noNewPrivileges = true
    /// A system-call filter is in force.
    package var isFiltered = true
    /// Its pid in its own pid namespace.
    package var innerPid: UInt32? = 2
    /// Namespaces that must not be the supervisor's, by their names.
    package var ownNamespaces: Set<String> = []
    /// Inode of its network namespace.
    package var network: UInt64?
    /// Soft and hard limit of open files.
    package var filesLimit: UInt64?
    /// Every open descriptor and how its link begins; empty means whatever it is.
    package var descriptors: [Int32: String] = [:]
    /// The kernel shows them to root alone; who looks is not root.
    package var descriptorsAreHidden = false

    package init(uid: UInt32, gid: UInt32) {
        self.uid = uid
        self.gid = gid
    }

    /// The descriptors of a program that waits for GO: standard ones, the handed ones of which
    /// the links are given, the control socket, the pipe to pid 1, and the program at the number
    /// that RLIMIT_NOFILE forbids.
    package static func descriptors(handed: [String], filesLimit: UInt32) -> [Int32: String] {
        var all: [Int32: String] = [0: "", 1: "pipe:[", 2: "pipe:["]
        for link in handed { all[Int32(all.count)] = link }
        all[Int32(all.count)] = "socket:["
        all[Int32(all.count)] = "pipe:["
        all[Int32(clamping: filesLimit)] = ""
        return all
    }
}

extension ProcessFacts {
    /// The first difference from what must be, as a text for records; nil when there is none.
    ///
    /// `supervisor`: facts of the process that looks, from which namespaces must differ.
    package func check(
        against expected: ExpectedFacts, supervisor: ProcessFacts
    ) -> String? {
        identityDifference(expected) ?? capabilityDifference(expected)
            ?? namespaceDifference(expected, supervisor) ?? descriptorDifference(expected)
    }

    private func identityDifference(_ expected: ExpectedFacts) -> String? {
        let four = { (id: UInt32) in [UInt32](repeating: id, count: 4) }
        if uids != four(expected.uid) { return "uid is \(uids), not \(expected.uid)" }
        if gids != four(expected.gid) { return "gid is \(gids), not \(expected.gid)" }
        // Where the uid is not changed, neither are the groups.
        if expected.bounding != nil, !groups.isEmpty { return "it is in the groups \(groups)" }
        if noNewPrivileges != expected.noNewPrivileges {
            return "no_new_privs is \(noNewPrivileges)"
        }
        if (seccomp == 2) != expected.isFiltered { return "seccomp mode is \(seccomp)" }
        if let limit = expected.filesLimit, filesLimit != [limit, limit] {
            return "its limit of open files is \(filesLimit), not \(limit)"
        }
        return nil
    }

    private func capabilityDifference(_ expected: ExpectedFacts) -> String? {
        var sets: [(String, UInt64)] = []
        if let set = expected.capabilities {
            sets += [("CapPrm", set), ("CapEff", set), ("CapInh", 0), ("CapAmb", 0)]
        }
        if let bounding = expected.bounding { sets.append(("CapBnd", bounding)) }
        for (name, set) in sets where capabilities[name] != set {
            return "\(name) is \(String(capabilities[name] ?? 0, radix: 16))"
        }
        return nil
    }

    private func namespaceDifference(
        _ expected: ExpectedFacts, _ supervisor: ProcessFacts
    ) -> String? {
        for name in expected.ownNamespaces.sorted() {
            guard let own = namespaces[name], own != supervisor.namespaces[name] else {
                return "it has no \(name) namespace of its own"
            }
        }
        if let network = expected.network, namespaces["net"] != network {
            return "it is in another network namespace"
        }
        let depth = supervisor.pids.count + 1
        if let inner = expected.innerPid,
            pids.count != depth || pids.last != inner
        {
            return "its pids are \(pids)"
        }
        return nil
    }

    private func descriptorDifference(_ expected: ExpectedFacts) -> String? {
        if expected.descriptorsAreHidden { return nil }
        let planned = expected.descriptors
        for (number, link) in descriptors.sorted(by: { $0.key < $1.key }) {
            guard let start = planned[number] else {
                return "descriptor \(number) is open (\(link))"
            }
            guard link.hasPrefix(start) else {
                return "descriptor \(number) is \(link), not \(start)"
            }
        }
        let missing = Set(planned.keys).subtracting(descriptors.keys)
        return missing.min().map { "descriptor \($0) is missing" }
    }
}
