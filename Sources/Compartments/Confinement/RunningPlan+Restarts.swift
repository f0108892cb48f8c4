// What a program is given when it starts, and so cannot change while it runs.
extension RunningPlan {
    /// One line for each service that another plan cannot have without a restart.
    ///
    /// What a plan no longer gives is no reason: the rules take it, and the program keeps a word
    /// that leads nowhere.
    package func restarts(for other: Deployment) -> [String] {
        var lines: [String] = []
        let old = deployment.compartments
        for plan in old where plan.kind == .service {
            guard let next = other.compartments.first(where: { $0.name == plan.name }) else {
                lines.append("\(plan.name): it would go")
                continue
            }
            let reasons = plan.changes(to: next)
            if !reasons.isEmpty {
                lines.append("\(plan.name) needs a restart: \(reasons.joined(separator: ", "))")
            }
        }
        for next in other.compartments
        where next.kind == .service && !old.contains(where: { $0.name == next.name }) {
            lines.append("\(next.name): it would be new")
        }
        return lines + channelChanges(other) + publishingChanges(other)
    }

    /// Ways of operators that are open now and would be gone.
    package func lostWays(in other: Deployment) -> [String] {
        var lost: [String] = []
        for (index, flow) in deployment.flows.enumerated()
        where flow.from == .office && !closed.contains(index) {
            let stays = other.flows.contains {
                $0.from == .office && $0.port == flow.port
                    && other.compartments[$0.to].name == deployment.compartments[flow.to].name
            }
            if !stays { lost.append("office to \(deployment.compartments[flow.to].name)") }
        }
        for case .operators(let to, let name) in deployment.channels {
            let stays = other.channels.contains { channel in
                guard case .operators(let next, name) = channel else { return false }
                return other.compartments[next].name == deployment.compartments[to].name
            }
            if !stays { lost.append("channel \(deployment.compartments[to].name).\(name)") }
        }
        return lost
    }

    /// Pairs and tables; a table that only lost passages needs nothing.
    private func channelChanges(_ other: Deployment) -> [String] {
        var lines: [String] = []
        for channel in other.channels where !deployment.channels.contains(channel) {
            switch channel {
            case .table(let owner, let name, let bytes):
                let old = deployment.channels.compactMap { channel -> [UInt8]? in
                    guard case .table(owner, name, let bytes) = channel else { return nil }
                    return bytes
                }
                let reasons = PassageReasons(name, old: old.first ?? [], new: bytes).words
                if !reasons.isEmpty {
                    lines.append(
                        "\(other.compartments[owner].name) needs a restart: "
                            + reasons.joined(separator: ", "))
                }
            case .operators(let to, _), .pair(_, let to, _):
                lines.append("\(other.compartments[to].name) needs a restart: a channel")
            }
        }
        return lines
    }

    private func publishingChanges(_ other: Deployment) -> [String] {
        func words(_ plan: Deployment) -> Set<String> {
            Set(
                plan.listeners.map {
                    "\(plan.compartments[$0.compartment].name) needs a restart: "
                        + "\($0.name) published at \($0.address):\($0.port)"
                })
        }
        return words(deployment).symmetricDifference(words(other)).sorted()
    }
}

extension CompartmentPlan {
    /// What a root holds beside the names of peers, which only a start gives and no packet needs.
    private static func given(_ mounts: [MountPlan]) -> [MountPlan] {
        mounts.filter {
            guard case .file(let target, _) = $0 else { return true }
            return target != "/etc/hosts"
        }
    }

    /// What of a plan its running program cannot take, in words.
    fileprivate func changes(to next: CompartmentPlan) -> [String] {
        var reasons: [String] = []
        func require(_ same: Bool, _ what: String) { if !same { reasons.append(what) } }
        require(zone == next.zone && address == next.address, "its zone or address")
        require(program == next.program && arguments == next.arguments, "its command")
        require(environment == next.environment, "its environment")
        require(
            Self.given(mounts) == Self.given(next.mounts) && paths == next.paths, "its files")
        require(ports == next.ports, "its ports")
        require(Set(next.bindPorts).isSubset(of: bindPorts), "ports it may listen on")
        let more = Set(next.connectPorts).subtracting(connectPorts).sorted()
        require(
            more.isEmpty,
            "Landlock lets it connect to no port \(more.map(String.init).joined(separator: ", "))")
        let words = Set(next.role).subtracting(role).sorted()
        require(words.isEmpty, "its filter has no \(words.joined(separator: ", "))")
        require(
            memoryBytes == next.memoryBytes && processes == next.processes && files == next.files
                && cpuMilli == next.cpuMilli && diskBytes == next.diskBytes, "its limits")
        require(wx == next.wx && stop == next.stop && ready == next.ready, "how it is run")
        require(
            prepare.count == next.prepare.count
                && zip(prepare, next.prepare).allSatisfy {
                    $0.program == $1.program && $0.arguments == $1.arguments
                        && $0.mounts == $1.mounts && $0.paths == $1.paths && $0.input == $1.input
                }, "how it is prepared")
        require(Set(after) == Set(next.after), "what it starts after")
        return reasons
    }
}
