internal import Addresses
internal import Findings
internal import Platform
internal import YAMLTree

extension Reader {
    mutating func service(_ entry: Node.Entry) -> Service? {
        let node = entry.value
        let zone = names.zone(node[ServiceKey.zone], &report)
        let after = (node[ServiceKey.after]?.oneOrMany ?? []).compactMap {
            names.service($0, &report)
        }
        var service = Service(name: entry.key, zone: zone ?? "", place: entry.place)
        service.after = after
        service.host = node.text(ServiceKey.host) ?? "here"
        service.instances = node.text(ServiceKey.instances).flatMap(Units.whole) ?? 1
        service.run = command(node[ServiceKey.run])
        service.runPlace = node[ServiceKey.run]?.items.first?.place
        service.ports = ports(node)
        service.limits = limits(node[ServiceKey.limits])
        service.needs.secrets =
            node[ServiceKey.needs]?[NeedKey.secrets]?.items.compactMap(
                \.scalar) ?? []
        service.needs.trail = node[ServiceKey.needs]?.text(NeedKey.trail)
        let words = (node[ServiceKey.role]?.oneOrMany ?? []).filter { $0.scalar != nil }
        service.role = words.compactMap(\.scalar)
        service.rolePlaces = words.map(\.place)
        service.files = files(node[ServiceKey.files])
        for step in node[ServiceKey.prepare]?.items ?? [] {
            service.prepare.append(
                Preparation(
                    run: command(step[PrepareKey.run]), files: files(step[PrepareKey.files]),
                    input: step.text(PrepareKey.input).map { Paths.absolute($0, in: folder) },
                    place: step.place))
        }
        service.ready = readiness(node, hasPorts: !service.ports.isEmpty)
        service.stop = node.text(ServiceKey.stop).flatMap(StopSignal.init) ?? .terminate
        service.environment = (node[ServiceKey.environment]?.entries ?? []).compactMap { entry in
            entry.value.scalar.map { (name: entry.key, value: $0) }
        }
        service.wx = node.text(ServiceKey.wx) == "true"
        service.database = node.text(ServiceKey.database)
        return zone == nil ? nil : service
    }

    /// The program and its arguments; a relative path becomes absolute, a bare name stays.
    private mutating func command(_ node: Node?) -> [String] {
        guard let node else { return [] }
        var words = node.items.compactMap(\.scalar)
        guard let program = words.first, let place = node.items.first?.place else { return words }
        if Paths.escapes(program) {
            report.error(
                "path-escapes", place, "the program cannot be \(quoted(program))",
                "write the path without `..`")
        } else if let advice = Paths.fault(program) {
            report.error("bad-value", place, "the program cannot be \(quoted(program))", advice)
        } else if program.contains("/") {
            words[0] = Paths.absolute(program, in: folder)
        }
        return words
    }

    private mutating func ports(_ node: Node) -> [ServicePort] {
        var ports: [ServicePort] = []
        var names: [Port: String] = [:]
        for entry in node[ServiceKey.ports]?.entries ?? [] {
            guard let port = entry.value.scalar.flatMap({ Port($0) }) else { continue }
            if let other = names[port] {
                report.error(
                    "port-clash", entry.value.place,
                    "\(quoted(entry.key)) and \(quoted(other)) are both \(port)",
                    "give one of them another port")
            }
            names[port] = entry.key
            ports.append(ServicePort(name: entry.key, port: port, place: entry.place))
        }
        return ports
    }

    private func limits(_ node: Node?) -> Limits {
        var limits = Limits()
        guard let node else { return limits }
        if let bytes = node.text(LimitKey.memory).flatMap(Units.size) { limits.memoryBytes = bytes }
        if let bytes = node.text(LimitKey.disk).flatMap(Units.size) { limits.diskBytes = bytes }
        if let milli = node.text(LimitKey.cpu).flatMap(Units.cpuMilli) { limits.cpuMilli = milli }
        if let count = node.text(LimitKey.processes).flatMap(Units.whole) {
            limits.processes = UInt32(count)
        }
        if let count = node.text(LimitKey.files).flatMap(Units.whole) {
            limits.files = UInt32(count)
        }
        return limits
    }

    private mutating func files(_ node: Node?) -> [FileTree] {
        var trees: [FileTree] = []
        var places: [String: Place] = [:]
        for item in node?.items ?? [] {
            let source = item.scalar ?? item.text(FileKey.source)
            guard let source, Paths.fault(source) == nil else { continue }
            let path = Paths.absolute(source, in: folder)
            let target = item.text(FileKey.target).map { Paths.absolute($0, in: "/") } ?? path
            if !Paths.mayBeTarget(target), item.scalar != nil {
                report.error(
                    "bad-value", item.place,
                    "\(quoted(source)) cannot stand at \(quoted(target)) in the compartment",
                    "write {source: …, target: …}, or leave it out")
            }
            if path == "/" {
                report.error(
                    "bad-value", item.place, "the host's whole file system cannot be shown",
                    "name the folders that the service needs")
            }
            if let first = places[target] {
                report.error(
                    "path-clash", item.place,
                    "\(quoted(target)) is taken already in line \(first.line)",
                    "give one of them another target")
            }
            places[target] = item.place
            trees.append(FileTree(source: path, target: target, place: item.place))
        }
        return trees
    }

    private mutating func readiness(_ node: Node, hasPorts: Bool) -> Readiness {
        switch node.text(ServiceKey.ready) {
        case "notify": return .notify
        case "port":
            if !hasPorts, let place = node[ServiceKey.ready]?.place {
                report.error(
                    "bad-value", place, "`ready: port` needs a port to wait for",
                    "add `ports:`, or write `ready: started`")
            }
            return .port
        default: return .started
        }
    }
}
