package import Addresses
package import Breach
package import ControlTreaty

/// What the runner itself put on the host for probes to find.
package struct Bait: Sendable, Equatable {
    /// Port of the canary on the host's loopback.
    package var canary: UInt16
    package var abstractName: String
    package var sharedKey: UInt32
    package var nonce: [UInt8]

    package init(canary: UInt16, abstractName: String, sharedKey: UInt32, nonce: [UInt8]) {
        self.canary = canary
        self.abstractName = abstractName
        self.sharedKey = sharedKey
        self.nonce = nonce
    }
}

/// A probe's orders, made from what a platform's status says: what is not allowed is a target.
package struct OrdersPlan: Sendable {
    package var status: PlatformStatus
    /// Directory of the platform's state, and of its run-time files.
    package var state: String
    package var run: String
    package var supervisor: UInt32
    package var bait: Bait

    package init(
        status: PlatformStatus, state: String, run: String, supervisor: UInt32, bait: Bait
    ) {
        self.status = status
        self.state = state
        self.run = run
        self.supervisor = supervisor
        self.bait = bait
    }

    /// Ports that hardly any service declares: a remote shell, a file server, a back door's number.
    private static let undeclared: [UInt16] = [22, 2049, 31337]
    /// Documentation networks (RFC 5737): nobody answers, whatever the machine's routes are.
    private static let outside: [(UInt32, UInt16)] = [(0xC000_0201, 443), (0xC633_6407, 80)]

    /// Orders for the compartment of that index in the status; nil when it is no service.
    package func orders(_ index: Int, techniques: [String]) -> Orders? {
        guard status.compartments.indices.contains(index) else { return nil }
        let own = status.compartments[index]
        guard own.isService, let address = Address(own.address) else { return nil }
        var orders = Orders(
            compartment: UInt16(truncatingIfNeeded: index), address: address,
            program: own.program,
            allowance: Allowance(
                memoryBytes: own.limits.memoryBytes, processes: own.limits.processes,
                files: own.limits.files, diskBytes: own.limits.diskBytes,
                scratchBytes: own.limits.scratchBytes))
        let others = services.filter { $0.name != own.name }
        orders.neighbours = others.compactMap { Address($0.address) }
        orders.targets = targets(from: own, others)
        orders.paths = paths(of: others)
        orders.victims = victims(besides: own)
        orders.techniques = techniques
        orders.nonce = bait.nonce
        orders.abstractName = bait.abstractName
        orders.sharedKey = bait.sharedKey
        return orders
    }

    private var services: [CompartmentStatus] { status.compartments.filter(\.isService) }

    private func targets(
        from own: CompartmentStatus, _ others: [CompartmentStatus]
    ) -> [Target] {
        var targets: [Target] = []
        for other in others {
            guard let address = Address(other.address) else { continue }
            let allowed = status.flows.filter { $0.from == own.name && $0.to == other.name }
                .map(\.port)
            for text in other.ports where !allowed.contains(text) {
                guard let port = Port(text) else { continue }
                targets.append(
                    Target(
                        .declared, address, transport: port.transport.rawValue, port: port.number))
            }
            for port in Self.undeclared where !other.ports.contains("tcp/\(port)") {
                targets.append(Target(.undeclared, address, port: port))
            }
        }
        for (address, port) in Self.outside {
            targets.append(Target(.outside, Address(address), port: port))
        }
        targets.append(Target(.hostLoopback, Address(0x7F00_0001), port: bait.canary))
        return targets
    }

    private func paths(of others: [CompartmentStatus]) -> [VictimPath] {
        var paths = [VictimPath(.control, run + "/control")]
        for other in others {
            paths.append(VictimPath(.state, "\(state)/services/\(other.name)"))
            paths.append(VictimPath(.state, "\(state)/services/\(other.name).disk"))
            paths.append(VictimPath(.notify, "\(run)/notify/\(other.name)"))
        }
        for name in services.map(\.name) + ["sensor", "supervisor"] {
            let trail = "\(state)/trails/\(name)"
            for file in ["00000000.segment", "head", "key"] {
                paths.append(VictimPath(.trail, "\(trail)/\(file)"))
            }
        }
        return paths
    }

    /// Host pids: inside a compartment they mean something only when a wall is gone.
    private func victims(besides own: CompartmentStatus) -> [Victim] {
        var victims = status.compartments.compactMap { one -> Victim? in
            guard one.name != own.name, one.pid > 1 else { return nil }
            return Victim(one.isService ? .service : .watch, pid: one.pid)
        }
        if supervisor > 1 { victims.append(Victim(.watch, pid: supervisor)) }
        return victims
    }

    /// Addresses at which this compartment is published, as `address:port`.
    package func published(_ index: Int) -> [(Address, UInt16)] {
        let name = status.compartments[index].name
        return status.published.compactMap { line in
            let words = line.split(separator: " ")
            guard words.count == 2, let dot = words[0].lastIndex(of: "."),
                words[0][..<dot] == name, let colon = words[1].lastIndex(of: ":"),
                let address = Address(words[1][..<colon]),
                let port = UInt16(words[1][words[1].index(after: colon)...])
            else { return nil }
            return (address, port)
        }
    }

    /// The other services that run, by host pid and uid.
    package func others(_ index: Int) -> [(pid: UInt32, uid: UInt32)] {
        let name = status.compartments[index].name
        return services.filter { $0.name != name && $0.pid > 1 }.map { ($0.pid, $0.uid) }
    }

    /// What the compartment's role and plan give it: `Technique.yields` speaks of these.
    package func traits(_ index: Int) -> Set<String> {
        var traits = Set(status.compartments[index].role)
        if !published(index).isEmpty {
            traits.insert(Technique.published)
        } else if !traits.isDisjoint(with: ["inet-server", "unix"]) {
            traits.insert(Technique.listens)
        }
        return traits
    }

    /// Techniques that have nothing to attack in this compartment by its very plan, or because the
    /// host has no such thing.
    package func absent(
        _ index: Int, _ techniques: [Technique], isThere: (String) -> Bool = { _ in true }
    ) -> [String: String] {
        var reasons: [String: String] = [:]
        let isPublished = !published(index).isEmpty
        let targets = orders(index, techniques: [])?.targets ?? []
        for technique in techniques {
            if technique.family == "out", !isPublished {
                reasons[technique.id] = "it holds no published port"
            }
            if status.without.contains("root"), Technique.ofOwnRoot.contains(technique.id) {
                reasons[technique.id] = "without its root it has no such place"
            }
            if !technique.places.isEmpty, !technique.places.contains(where: isThere) {
                reasons[technique.id] = "the host has none of it"
            }
            if technique.family == "net", !targets.contains(where: { $0.kind == .declared }) {
                reasons[technique.id] = "no port of another service is closed to it"
            }
        }
        return reasons
    }

    /// Where a probe's identity differs from what stands in the plan; nil when it does not.
    package func difference(_ index: Int, _ identity: Identity?, without: Set<String>) -> String? {
        guard let identity else { return "it never said what it is" }
        let own = status.compartments[index]
        var found: [String] = []
        func compare<Value: Equatable>(_ what: String, _ seen: Value?, _ wanted: Value) {
            if let seen, seen != wanted { found.append("\(what) is \(seen), not \(wanted)") }
        }
        let isFull = status.isolation == "full"
        if isFull {
            let uid = without.contains("uid") ? 0 : own.uid
            compare("uid", identity.uid, uid)
            compare("gid", identity.gid, uid)
            if !without.contains("capabilities"), !without.contains("privileges") {
                compare("effective capabilities", identity.effective, 0)
                compare("permitted capabilities", identity.permitted, 0)
            }
        }
        if !without.contains("privileges") {
            compare("no_new_privs", identity.noNewPrivileges, true)
        }
        if !without.contains("seccomp") { compare("seccomp", identity.seccomp, 2) }
        // What the plan hands to the program, and the probe's own two: orders and report.
        let planned = Set((0..<UInt32(own.handed) + 2).map { $0 + 3 })
        let held = Set(identity.descriptors.filter { $0 >= 3 })
        let extra = held.subtracting(planned).sorted()
        if !extra.isEmpty { found.append("it holds descriptors \(extra) beyond the plan's") }
        let missing = planned.subtracting(held).filter { $0 < Identity.descriptorsMax }.sorted()
        if !missing.isEmpty { found.append("it lacks descriptors \(missing) of the plan's") }
        return found.isEmpty ? nil : found.joined(separator: "; ")
    }
}
