internal import Addresses
internal import Closure
internal import Confinement
internal import Findings
internal import Platform
internal import Seccomp

/// One compartment to be: a service's instance with its address.
struct Seat {
    let service: Service
    /// 1 for the first.
    let instance: Int
    let name: String
    let address: Address
}

/// A compilation under way: what is known of the platform and what was found wrong so far.
struct Draft {
    let platform: Platform
    let file: String
    let folder: String
    let isolation: IsolationLevel
    let search: ProgramSearch
    var walk: LibraryWalk
    var findings: [Finding]
    var scans: [String: TreeScan] = [:]
    /// Where programs are, by the name that the file gives them.
    var programs: [String: String] = [:]
    /// Roots without fault, and filters, by what they are made of: many services are alike.
    var roots: [RootParts: RootPlan] = [:]
    var filters: [Role: [UInt8]] = [:]
    var firstFilter: [UInt8]?
    /// In the order of the deployment's compartments.
    private(set) var seats: [Seat] = [] {
        didSet {
            seatsOf = Dictionary(grouping: seats.indices) { seats[$0].service.name }
        }
    }
    /// Indices of a service's seats.
    private(set) var seatsOf: [String: [Int]] = [:]
    /// Indices of flows by where they begin, and by the service that they lead to.
    let flowsFrom: [Party: [Int]]
    let flowsTo: [String: [Int]]
    /// Indices of services by name.
    private let servicesNamed: [String: Int]
    /// Beyond one machine: nothing of it is started as it is, so no plan of compartments is made.
    private(set) var isOversized = false

    init(
        platform: Platform, file: String, folder: String, isolation: IsolationLevel, host: Host
    ) {
        var findings: [Finding] = []
        let whole = Self.withAuthority(platform, findings: &findings)
        self.platform = whole
        flowsFrom = Dictionary(grouping: whole.flows.indices) { whole.flows[$0].from }
        flowsTo = Dictionary(grouping: whole.flows.indices) { whole.flows[$0].to }
        servicesNamed = Dictionary(
            whole.services.indices.lazy.map { (whole.services[$0].name, $0) },
            uniquingKeysWith: { first, _ in first })
        self.findings = findings
        self.file = file
        self.folder = folder
        self.isolation = isolation
        search = ProgramSearch(own: host.programs, ownership: host.ownership)
        walk = LibraryWalk(ownership: host.ownership)
    }

    var isFull: Bool { isolation == .full }

    /// The service of that name.
    func service(_ name: String) -> Service? { servicesNamed[name].map { platform.services[$0] } }

    mutating func compile() -> Deployment {
        var deployment = Deployment(platform: platform.name, file: file, isolation: isolation)
        deployment.zones = platform.zones.map { ZonePlan(name: $0.name, network: $0.network) }
        guard isBounded() else { return deployment }
        seats = seated()
        isOversized = isFull && seats.count > Self.servicesMax
        planFlows(&deployment)
        for seat in seats { deployment.compartments.append(compartment(seat, deployment)) }
        planChannels(&deployment)
        guard !isOversized else {
            tellSize()
            return deployment
        }
        addImplicit(&deployment)
        return deployment
    }

    /// Addresses, ports and flows alone.
    mutating func outline() -> Deployment {
        var deployment = Deployment(platform: platform.name, file: file, isolation: isolation)
        deployment.zones = platform.zones.map { ZonePlan(name: $0.name, network: $0.network) }
        guard isBounded() else { return deployment }
        seats = seated()
        planFlows(&deployment)
        let zones = Dictionary(
            platform.zones.indices.map { (platform.zones[$0].name, $0) },
            uniquingKeysWith: { first, _ in first })
        for seat in seats {
            var plan = CompartmentPlan(
                name: seat.name, zone: zones[seat.service.zone] ?? 0, address: seat.address,
                program: "")
            plan.ports = seat.service.ports.map(\.port)
            deployment.compartments.append(plan)
        }
        return deployment
    }

    /// The outline, and of each compartment what does not depend on this machine.
    mutating func portable() -> Deployment {
        var deployment = outline()
        for (index, seat) in seats.enumerated() { describe(&deployment.compartments[index], seat) }
        return deployment
    }

    mutating func error(_ code: String, at place: Place?, _ problem: String, remedy: String) {
        findings.append(Finding(.error, code, at: place, problem, remedy: remedy))
    }

    /// Runs a step whose failure concerns a place of the file; nil when it failed.
    mutating func attempt<Value>(
        at place: Place?, _ step: (inout Draft) throws(Failure) -> Value
    ) -> Value? {
        do throws(Failure) {
            return try step(&self)
        } catch {
            self.error(error.code, at: place, error.problem, remedy: error.remedy)
            return nil
        }
    }

    private mutating func seated() -> [Seat] {
        var names: [(zone: String, name: String)] = []
        var plain: [(service: Service, instance: Int, name: String)] = []
        for service in platform.services {
            for instance in 1...max(service.instances, 1) {
                let name = instance == 1 ? service.name : "\(service.name).\(instance)"
                names.append((service.zone, name))
                plain.append((service, instance, name))
            }
        }
        var addresses: [String: Address] = [:]
        for (index, zone) in platform.zones.enumerated() {
            let members = names.filter { $0.zone == zone.name }.map(\.name)
            let network = isFull ? zone.network : AddressPlan.loopback(zone: index)
            let placed = network.flatMap { AddressPlan.assign(members, in: $0) }
            guard let placed else {
                error(
                    "network-full", at: zone.place,
                    "zone \(zone.name) has no room for \(members.count) compartments",
                    remedy: "give it a larger network")
                continue
            }
            addresses.merge(placed) { first, _ in first }
        }
        return plain.map { service, instance, name in
            Seat(
                service: service, instance: instance, name: name,
                address: addresses[name] ?? Address(0))
        }
    }
}
