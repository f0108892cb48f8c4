internal import Closure
internal import Confinement
internal import Findings
internal import Platform

/// The mounts and Landlock rules of one root, collected without repetition.
struct RootPlan {
    private(set) var mounts: [MountPlan] = []
    private(set) var paths: [PathRule] = []
    private var beside: [MountPlan] = []
    private var targets: Set<String> = []
    private var known: Set<String> = []

    init() {}

    /// A root that already has what another has: only what is new is collected.
    init(beside other: RootPlan) {
        beside = other.mounts
        targets = other.targets
        known = Set(other.paths.map(\.key))
    }

    mutating func add(_ mount: MountPlan) {
        guard targets.insert(mount.target).inserted else { return }
        mounts.append(mount)
    }

    mutating func allow(_ path: String, _ access: PathRule.Access) {
        let rule = PathRule(path, access)
        if known.insert(rule.key).inserted { paths.append(rule) }
    }

    /// Whether a tree that was already added shows `target`.
    func covers(_ target: String) -> Bool {
        if targets.contains(target) { return true }
        return (beside + mounts).contains { mount in
            if case .tree(_, let tree, _) = mount { return target.hasPrefix(tree + "/") }
            return false
        }
    }

    /// Whether something stands below `target`.
    func holds(below target: String) -> Bool {
        targets.contains { $0.hasPrefix(target + "/") }
    }
}

extension PathRule {
    fileprivate var key: String { "\(access.rawValue)\(path)" }
}

extension MountPlan {
    /// Where it stands in the root.
    var target: String {
        switch self {
        case .tree(_, let target, _), .file(let target, _), .link(let target, _),
            .scratch(let target, _), .state(let target):
            target
        }
    }
}
