package import Descriptors

/// A resource that groups limit.
package enum CgroupController: String, Sendable, CaseIterable {
    case memory
    case pids
    case cpu
}

/// Where each controller's hierarchy is mounted.
package struct CgroupLayout: Sendable, Equatable {
    /// The v1 hierarchy of each controller that has one.
    private var legacy: [CgroupController: String] = [:]
    /// The v2 hierarchy; on a hybrid machine it has no controllers but still names the group.
    private var unified: String?

    /// Reads the mount table.
    ///
    /// Fails with ENODEV when a controller is nowhere.
    package static func read() throws(SystemFailure) -> CgroupLayout {
        let mounts = String(
            decoding: try Files.read("/proc/self/mounts", limit: 4 << 20), as: UTF8.self)
        var layout = CgroupLayout()
        layout.take(mounts: mounts)
        for controller in CgroupController.allCases where layout.legacy[controller] == nil {
            try layout.enable(controller)
        }
        return layout
    }

    /// Takes the lines of a mount table; a later mount of the same hierarchy changes nothing.
    package mutating func take(mounts: String) {
        for line in mounts.split(separator: "\n") {
            let words = line.split(separator: " ")
            guard words.count >= 4 else { continue }
            if words[2] == "cgroup2", unified == nil { unified = String(words[1]) }
            guard words[2] == "cgroup" else { continue }
            let options = words[3].split(separator: ",")
            for controller in CgroupController.allCases
            where options.contains(Substring(controller.rawValue)) && legacy[controller] == nil {
                legacy[controller] = String(words[1])
            }
        }
    }

    package init() {}

    /// The v2 root hands a controller to its children only when it is told to.
    private func enable(_ controller: CgroupController) throws(SystemFailure) {
        let none: Int32 = 19
        guard let unified else {
            throw SystemFailure("cgroup", controller.rawValue, errno: none)
        }
        let offered = String(
            decoding: try Files.read(unified + "/cgroup.controllers", limit: 4096), as: UTF8.self)
        guard
            offered.split(whereSeparator: \.isWhitespace).contains(where: {
                $0 == controller.rawValue
            })
        else { throw SystemFailure("cgroup", controller.rawValue, errno: none) }
        try Files.set(unified + "/cgroup.subtree_control", to: "+\(controller.rawValue)")
    }

    /// Whether v2 governs the controller.
    package func isUnified(_ controller: CgroupController) -> Bool { legacy[controller] == nil }

    /// The mount point of the controller's hierarchy.
    func root(of controller: CgroupController) -> String {
        legacy[controller] ?? unified ?? "/sys/fs/cgroup"
    }

    /// Every hierarchy that holds our groups, each once.
    package var roots: [String] {
        var roots: [String] = []
        for root in CgroupController.allCases.map(root(of:)) + [unified].compactMap({ $0 })
        where !roots.contains(root) {
            roots.append(root)
        }
        return roots
    }
}
