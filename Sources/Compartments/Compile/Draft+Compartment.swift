internal import Addresses
internal import Closure
internal import Confinement
internal import Findings
internal import Platform
internal import Seccomp

extension Draft {
    /// The plan of one instance of a service.
    mutating func compartment(_ seat: Seat, _ deployment: Deployment) -> CompartmentPlan {
        let service = seat.service
        let zone = platform.zones.firstIndex { $0.name == service.zone } ?? 0
        var plan = CompartmentPlan(name: seat.name, zone: zone, address: seat.address, program: "")
        let words = words(service)
        plan.role = words.map(\.rawValue)
        checkPorts(service)
        plan.environment = environment(service, seat: seat)
        guard let program = program(service.run, at: service.runPlace ?? service.place) else {
            // What does not depend on it is said all the same.
            _ = arguments(service.run, program: "", files: service.files, seat: seat)
            for tree in service.files { _ = scanned(absolute(tree.source), at: tree.place) }
            return plan
        }
        plan.program = program
        plan.arguments = arguments(
            service.run, program: program, files: service.files, seat: seat)
        let root = root(service, program: program, mayExecute: words.contains(.exec))
        let names = isFull && !isOversized ? names(seat).filter { !root.covers($0.target) } : []
        plan.mounts = isFull ? root.mounts + names : []
        plan.paths = root.paths
        plan.filter = filter(role(service, words), at: service.place)
        plan.initFilter = initFilter()
        plan.prepare = service.prepare.compactMap {
            preparation($0, seat: seat, words: words, beside: root)
        }
        plan.ready = Self.ready(service.ready)
        plan.stop = service.stop.number
        plan.after = Set(service.after).flatMap { seatsOf[$0] ?? [] }.sorted()
        setPorts(&plan, service)
        setLimits(&plan, service.limits)
        plan.wx = service.wx
        return plan
    }

    /// What of a seat's plan every machine has alike: its words, arguments, environment and limits.
    ///
    /// The program is as the file names it.
    mutating func describe(_ plan: inout CompartmentPlan, _ seat: Seat) {
        let service = seat.service
        plan.role = words(service).map(\.rawValue)
        checkPorts(service)
        plan.environment = environment(service, seat: seat)
        plan.program = service.run.first ?? ""
        plan.arguments = arguments(
            service.run, program: plan.program, files: service.files, seat: seat)
        plan.ready = Self.ready(service.ready)
        plan.stop = service.stop.number
        plan.after = service.after.flatMap { seatsOf[$0] ?? [] }.sorted()
        setPorts(&plan, service)
        setLimits(&plan, service.limits)
        plan.wx = service.wx
    }

    private static func ready(_ readiness: Readiness) -> ReadyPlan {
        switch readiness {
        case .notify: .notify
        case .port: .port
        case .started: .started
        }
    }

    /// The program of a command line; each is looked for once, however many services run it.
    mutating func program(_ run: [String], at place: Place?) -> String? {
        let name = run.first ?? ""
        if let known = programs[name] { return known }
        let found = attempt(at: place) { draft throws(Failure) in try draft.search.find(name) }
        programs[name] = found
        return found
    }

    private mutating func preparation(
        _ step: Preparation, seat: Seat, words: [Word], beside root: RootPlan
    ) -> PreparationPlan? {
        guard let program = program(step.run, at: step.place) else { return nil }
        let own = self.root(step, program: program, beside: root)
        let arguments = arguments(
            step.run, program: program, files: seat.service.files + step.files, seat: seat)
        let filter = filter(preparationRole(seat.service, words), at: step.place)
        return PreparationPlan(
            program: program, arguments: arguments, mounts: isFull ? own.mounts : [],
            paths: own.paths, input: input(step), filter: filter)
    }

    private mutating func input(_ step: Preparation) -> String {
        guard let text = step.input else { return "" }
        return scanned(absolute(text), at: step.place)?.source ?? ""
    }

    private func setPorts(_ plan: inout CompartmentPlan, _ service: Service) {
        plan.ports = service.ports.map(\.port)
        plan.bindPorts = service.ports.filter {
            $0.port.transport == .tcp && !isPublished(service.name, $0.name)
        }.map(\.port.number).sorted()
        let targets = outgoing(service).compactMap { self.service($0.to)?.port($0.port) }
        plan.connectPorts = Set(targets.filter { $0.transport == .tcp }.map(\.number)).sorted()
    }

    private func setLimits(_ plan: inout CompartmentPlan, _ limits: Limits) {
        plan.memoryBytes = limits.memoryBytes
        plan.processes = limits.processes
        plan.files = limits.files
        plan.cpuMilli = limits.cpuMilli
        plan.diskBytes = limits.diskBytes
    }

    private mutating func checkPorts(_ service: Service) {
        let open = service.ports.filter { !isPublished(service.name, $0.name) }
        let isPublic = platform.publications.contains { $0.service == service.name }
        if isPublic, let port = open.first(where: { $0.port.transport == .tcp }) {
            error(
                "ports-mixed", at: port.place,
                "\(service.name) holds a socket of the host, so it may not open \(port.name) itself",
                remedy: "publish this port too, or give it to a service of its own")
        }
        if service.ready == .port && open.isEmpty {
            error(
                "ready-published", at: service.place,
                "every port of \(service.name) is published: it listens before the program runs",
                remedy: "write `ready: notify` or `ready: started`")
        }
    }
}
