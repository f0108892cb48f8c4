internal import Addresses
internal import Confinement
internal import Findings
internal import Platform
internal import Seccomp

/// The compartments that every platform has: the sensor, and one writer a trail.
extension Draft {
    private static let writer = "bulkhead-trail"
    private static let sensor = "bulkhead-sensor"
    private static let files: UInt32 = 400
    /// What the sensor is handed beside one log a service: its channel, the roster, the audit, and
    /// the logs of the fabric and of the host.
    private static let sensorOwn = 5
    /// Compartments that one sensor, and so one machine, can watch.
    static let servicesMax = JailPlan.handedMax - sensorOwn

    /// A plan may be larger than what one machine runs; only `up` has to refuse it.
    mutating func tellSize() {
        findings.append(
            Finding(
                .warning, Compile.tooManyServices, at: seats[Self.servicesMax].service.place,
                "\(seats.count) compartments are over the \(Self.servicesMax) whose logs one "
                    + "sensor can read: no one machine runs them all",
                remedy: "split the platform in two, or run fewer instances"))
    }

    mutating func addImplicit(_ deployment: inout Deployment) {
        let services = deployment.compartments.count
        let watch = watchZone(&deployment)
        let sensor = implicit(
            Self.sensor, name: "sensor", kind: .sensor, zone: watch,
            words: [.thread, .events, .notify, .signals, .seal])
        deployment.compartments.append(sensor)
        let model = implicit(
            Self.writer, name: "trail.supervisor", kind: .supervisorWriter, zone: watch,
            words: [.wpath, .thread, .events, .notify, .signals, .seal])
        for index in 0...services {
            var plan = model
            plan.name = "trail.\(deployment.compartments[index].name)"
            plan.kind = .writer(of: index)
            deployment.compartments.append(plan)
        }
        deployment.compartments.append(model)
    }

    /// The zone of what records and watches: the file's own, else one without any address.
    private func watchZone(_ deployment: inout Deployment) -> Int {
        if let index = deployment.zones.firstIndex(where: { $0.name == "watch" }) { return index }
        guard let nowhere = Prefix(base: Address(0), length: 32) else { return 0 }
        deployment.zones.append(ZonePlan(name: "watch", network: nowhere))
        return deployment.zones.count - 1
    }

    private mutating func implicit(
        _ program: String, name: String, kind: CompartmentKind, zone: Int, words: [Word]
    ) -> CompartmentPlan {
        var plan = CompartmentPlan(name: name, zone: zone, address: Address(0), program: "")
        plan.kind = kind
        let role = Role(words: words, programDescriptor: Self.files)
        plan.role = role.words.map(\.rawValue)
        plan.files = Self.files
        plan.processes = 16
        plan.memoryBytes = 128 << 20
        plan.ready = .notify
        guard let path = self.program([program], at: nil) else { return plan }
        plan.program = path
        plan.arguments = [path]
        let place = Place(line: 0, column: 0)
        let service = Service(name: name, zone: "", place: place)
        let root = root(service, program: path, mayExecute: false)
        plan.mounts = isFull ? root.mounts + Self.anonymousNames("watch") : []
        plan.paths = root.paths
        plan.filter = filter(role, at: nil)
        plan.initFilter = initFilter()
        return plan
    }
}
