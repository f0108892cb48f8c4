package import Confinement

/// What a platform lets through and what it refuses, in a few lines for people.
package enum RefusalText {
    /// One line for each service port: who may connect, and that everyone else may not.
    package static func lines(_ deployment: Deployment) -> [String] {
        var lines: [String] = []
        let services = deployment.compartments.indices.filter {
            deployment.compartments[$0].kind == .service
        }
        for target in services {
            let plan = deployment.compartments[target]
            for port in plan.ports {
                let allowed = Set(
                    deployment.flows.filter { $0.to == target && $0.port == port }.map(\.from))
                var may: [String] = []
                var mayNot: [String] = []
                for source in services where source != target {
                    let name = deployment.compartments[source].name
                    if allowed.contains(.compartment(source)) {
                        may.append(name)
                    } else {
                        mayNot.append(name)
                    }
                }
                if allowed.contains(.internet) {
                    may.append("internet")
                } else {
                    mayNot.append("internet")
                }
                if allowed.contains(.office) { may.append("office") }
                lines.append(
                    "  \(plan.name) \(port): "
                        + (may.isEmpty ? "nobody" : may.joined(separator: ", ")) + " may; refused: "
                        + (mayNot.isEmpty ? "nobody" : mayNot.joined(separator: ", ")))
            }
        }
        return lines
    }
}
