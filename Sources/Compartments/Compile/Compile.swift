// Compile: from a platform file's model to the facts that the supervisor runs.
//
// It opens host files only to read their headers and modes, executes nothing, asks no clock and no
// network, and the same input gives the same bytes. It runs without privileges: what it cannot see,
// a compartment's user cannot see either. Bounds are those of `DeploymentCodec`.

internal import Bytes
package import Confinement
package import Findings
package import Platform

/// Compiles platforms to deployments.
package enum Compile {
    /// A plan with more is refused by every verb; one machine runs far fewer.
    package static let compartmentsMax = 10_000
    /// Pairs of compartments that flows join.
    package static let connectionsMax = 250_000

    /// The deployment of a platform, or everything that stands in its way as one failure.
    ///
    /// `file` is the platform file as the operator named it and `folder` its directory.
    package static func deployment(
        _ platform: Platform, file: String, folder: String, isolation: IsolationLevel, host: Host
    ) throws(Failure) -> Deployment {
        let outcome = check(
            platform, file: file, folder: folder, isolation: isolation, host: host)
        if let deployment = outcome.deployment { return deployment }
        let errors = outcome.findings.compactMap { finding in
            switch finding.severity {
            case .error: finding
            case .warning where finding.code == tooManyServices:
                Finding(
                    .error, finding.code, at: finding.place, finding.problem,
                    remedy: finding.remedy)
            case .warning, .note: nil
            }
        }
        throw Failure(
            .refused, errors.first?.code ?? "compile",
            errors.map { $0.line(file: file) }.joined(separator: "\n"), remedy: "")
    }

    /// The network of a platform alone, as `full` isolation has it: compartments with their
    /// addresses and ports, flows and listeners, and nothing that a machine must have for it.
    ///
    /// It is as large as the platform file may be, so that more can be proved than one machine
    /// runs. Nil with errors.
    package static func outline(
        _ platform: Platform, file: String
    ) -> (deployment: Deployment?, findings: [Finding]) {
        var draft = Draft(
            platform: platform, file: file, folder: "/", isolation: .full,
            host: Host(programs: ""))
        let outline = draft.outline()
        let isWhole = !draft.findings.contains { $0.severity == .error }
        return (isWhole ? outline : nil, draft.findings)
    }

    /// The outline with each compartment's words, arguments, environment and limits, for other
    /// machines than this one: programs are as the file names them, and no file is looked at.
    package static func portable(
        _ platform: Platform, file: String
    ) -> (deployment: Deployment?, findings: [Finding]) {
        var draft = Draft(
            platform: platform, file: file, folder: "/", isolation: .full,
            host: Host(programs: ""))
        let deployment = draft.portable()
        let findings = distinct(draft.findings)
        let isWhole = !findings.contains { $0.severity == .error }
        return (isWhole ? deployment : nil, findings)
    }

    /// What a plan is told that one machine cannot run; everything but `up` takes it.
    static let tooManyServices = "services-too-many"

    /// The deployment and all findings at once.
    ///
    /// The deployment is nil when one of them is an error, and for more than one machine runs.
    package static func check(
        _ platform: Platform, file: String, folder: String, isolation: IsolationLevel, host: Host
    ) -> (deployment: Deployment?, findings: [Finding]) {
        var draft = Draft(
            platform: platform, file: file, folder: folder, isolation: isolation, host: host)
        let deployment = draft.compile()
        // Instances of a service repeat what is wrong with it.
        var findings = distinct(draft.findings)
        guard !draft.isOversized, !findings.contains(where: { $0.severity == .error }) else {
            return (nil, findings)
        }
        // What goes to root is bounded: its reader would refuse more.
        do throws(Malformed) {
            _ = try DeploymentCodec.decode(DeploymentCodec.encode(deployment))
        } catch {
            findings.append(
                Finding(
                    .error, "deployment-bounds", at: nil,
                    "the platform is more than one supervisor takes: it wants \(error.expected)",
                    remedy: "split it into several platforms"))
            return (nil, findings)
        }
        return (deployment, findings)
    }

    /// Each finding once, where it came first.
    private static func distinct(_ findings: [Finding]) -> [Finding] {
        struct Mark: Hashable {
            let code: String
            let place: Place?
        }
        var known: [Mark: [Finding]] = [:]
        return findings.filter { finding in
            let mark = Mark(code: finding.code, place: finding.place)
            guard !(known[mark] ?? []).contains(finding) else { return false }
            known[mark, default: []].append(finding)
            return true
        }
    }
}
