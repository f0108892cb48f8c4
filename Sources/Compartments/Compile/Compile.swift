// Compile: from a platform file's model to the facts that the supervisor runs.
//
// It opens host files only to read their headers and modes, executes nothing, asks no clock and no
// network, and the same input gives the same bytes. It runs without privileges: what it cannot see,
// a compartment's user cannot see either. Bounds are those of `DeploymentCodec`.

package import Confinement
package import Findings
package import Platform

/// Compiles platforms to deployments.
package enum Compile {
    /// The deployment of a platform, or everything that stands in its way as one failure.
    ///
    /// `file` is the platform file as the operator named it, `folder` its directory and `programs`
    /// the directory of our own programs.
    package static func deployment(
        _ platform: Platform, file: String, folder: String, isolation: IsolationLevel,
        programs: String
    ) throws(Failure) -> Deployment {
        let outcome = check(
            platform, file: file, folder: folder, isolation: isolation, programs: programs)
        if let deployment = outcome.deployment { return deployment }
        let errors = outcome.findings.filter { $0.severity == .error }
        throw Failure(
            .refused, errors.first?.code ?? "compile",
            errors.map { $0.line(file: file) }.joined(separator: "\n"), remedy: "")
    }

    /// The deployment and all findings at once; the deployment is nil when one is an error.
    package static func check(
        _ platform: Platform, file: String, folder: String, isolation: IsolationLevel,
        programs: String
    ) -> (deployment: Deployment?, findings: [Finding]) {
        var draft = Draft(
            platform: platform, file: file, folder: folder, isolation: isolation,
            programs: programs)
        let deployment = draft.compile()
        let failed = draft.findings.contains { $0.severity == .error }
        return (failed ? nil : deployment, draft.findings)
    }
}
