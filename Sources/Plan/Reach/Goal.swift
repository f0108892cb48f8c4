internal import Addresses
internal import Platform

/// What a guarantee says is reached: a party, or only one port, channel or message of it.
struct Goal {
    let party: Party
    /// The name of a port, of a channel or of a message type.
    var name: String?
    /// A port by its number.
    var port: Port?
}

extension Graph {
    /// Whether a flow or channel can carry what the goal says; where it leads is not asked.
    func carries(_ by: Joint, _ goal: Goal) -> Bool {
        switch by {
        case .channel(_, let channel):
            return goal.port == nil && (goal.name == nil || goal.name == channel)
        case .flow(let index, let portName, let port):
            if let wanted = goal.port { return wanted == port }
            guard let name = goal.name, name != portName else { return true }
            guard !isPortOrChannel(name, of: goal.party) else { return false }
            let messages = platform.flows[index].messages
            return messages.isEmpty || messages.contains(name)
        }
    }

    /// A target that this graph does not have must not pass as one that nothing leads to.
    ///
    /// Outsides are in it: flows and channels end at services, so nothing leads out to them.
    func unanswerable(_ goal: Goal) -> Verdict? {
        guard case .service(let service) = goal.party else { return nil }
        guard self.service(service) != nil else {
            return .unanswered(why: "there is no service \(service)")
        }
        guard let name = goal.name, !isPortOrChannel(name, of: goal.party),
            !platform.flows.contains(where: { $0.to == service && $0.messages.contains(name) })
        else { return nil }
        return .unanswered(why: "\(service).\(name) is no port, no channel and no message")
    }

    func isPortOrChannel(_ name: String, of party: Party) -> Bool {
        guard case .service(let service) = party else { return false }
        return self.service(service).flatMap { platform.services[$0].port(name) } != nil
            || platform.channels.contains { $0.to == service && $0.name == name }
    }
}
