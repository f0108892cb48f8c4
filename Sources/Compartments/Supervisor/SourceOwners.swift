internal import Confinement
internal import Descriptors
internal import Findings
internal import Glibc

/// Whose files a plan may name: the front has checked that, and a front that was taken over has not.
///
/// Whoever can change a program, a tree, or a directory above it decides what runs behind every
/// wall. Once no directory above can be changed by others, what was looked at is what the jail opens:
/// it follows no symbolic link.
enum SourceOwners {
    /// Refuses a plan with a program, an input or a mounted tree that users other than root, and who
    /// became root by sudo, can change or replace.
    static func require(_ deployment: Deployment, observer: UInt32?) throws(Failure) {
        guard geteuid() == 0 else { return }
        let ownership = Ownership(operators: [observer ?? 0])
        var passed: Set<String> = []
        for plan in deployment.compartments {
            for path in sources(of: plan) {
                // What is not there fails where it is opened, with the step's own words.
                guard let facts = Files.facts(at: path) else { continue }
                try ownership.check(path, facts, passed: &passed)
            }
        }
    }

    /// The same for one program that was opened for a run: its owner may have changed since.
    static func require(
        _ path: String, _ facts: FileFacts, observer: UInt32?
    ) throws(Failure) {
        guard geteuid() == 0 else { return }
        try Ownership(operators: [observer ?? 0]).check(path, facts)
    }

    private static func sources(of plan: CompartmentPlan) -> [String] {
        let mounts = plan.mounts + plan.prepare.flatMap(\.mounts)
        let trees = mounts.compactMap { mount in
            if case .tree(let source, _, _) = mount { source } else { nil as String? }
        }
        return [plan.program] + plan.prepare.map(\.program)
            + plan.prepare.map(\.input).filter { !$0.isEmpty } + trees
    }
}
