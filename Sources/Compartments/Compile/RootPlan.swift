internal import Closure
internal import Confinement
internal import Findings
internal import Platform

/// All that a service's root is made of: two services with the same parts have the same root.
struct RootParts: Hashable {
    private struct Tree: Hashable {
        let source: String
        let target: String
    }

    private let program: String
    private let mayExecute: Bool
    private let hasZones: Bool
    private let files: [Tree]

    init(_ service: Service, program: String, mayExecute: Bool) {
        self.program = program
        self.mayExecute = mayExecute
        hasZones = Self.wantsZones(service)
        files = service.files.map { Tree(source: $0.source, target: $0.target) }
    }

    /// Greenwich time needs no tables.
    static func wantsZones(_ service: Service) -> Bool {
        service.environment.contains { $0.name == "TZ" && $0.value != "GMT" }
    }
}

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
