internal import Breach
internal import ControlTreaty
internal import Findings
internal import Glibc
internal import Operator

/// What a platform does while its authority is away, seen from outside.
extension Embassy {
    private static let restartMilliseconds = 10_000

    /// The program that was just put back has no certificate and gets none: it must not be ready,
    /// and what needs it must be refused, clearly.
    func lookAlone(
        _ name: String, _ twin: borrowing Twin, _ clients: Clients?, _ index: Int,
        _ mail: inout Mail
    ) {
        guard restarts(name, twin) else {
            mail.troubles.append("\(name): it did not start while the authority was away")
            return
        }
        var said = "\(name) begins anew and gets no certificate"
        if let clients {
            switch clients.tries("away-\(name)") {
            case .some(let status) where status < 500:
                harm(index, "an order got \(status) while \(name) had no certificate", &mail)
            case .some(let status):
                said += ", orders get \(status)"
                if status != 503 { mail.troubles.append("\(name) away: orders get \(status)") }
            case nil:
                // Nobody else can answer for the one at the door.
                said += ", and nobody is answered"
                if name != clients.plan.door {
                    mail.troubles.append("\(name) away: orders get no clear answer")
                }
            }
        }
        let state = try? twin.status().compartments[index].state
        if state == .ready { harm(index, "\(name) was ready without a certificate", &mail) }
        for technique in request.envoys where technique.family == "trust" {
            guard let trial = mail.trials[index]?[technique.id], !trial.control.isEmpty else {
                continue
            }
            mail.trials[index]?[technique.id]?.control = trial.control + "; " + said
        }
    }

    private func harm(_ index: Int, _ text: String, _ mail: inout Mail) {
        for technique in request.envoys where technique.family == "trust" {
            mail.harm(technique.id, index, text)
        }
    }

    /// Waits until the program runs again in the envoy's place.
    private func restarts(_ name: String, _ twin: borrowing Twin) -> Bool {
        var left = Self.restartMilliseconds
        while left > 0, !Interruption.isRaised {
            let one = (try? twin.status())?.compartments.first { $0.name == name }
            if let one, one.pid != 0, one.state != .probed, one.state != .stopping { return true }
            usleep(20_000)
            left -= 20
        }
        return false
    }
}
