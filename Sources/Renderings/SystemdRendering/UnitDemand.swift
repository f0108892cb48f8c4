internal import Addresses
internal import Confinement
internal import Permits
internal import Platform

/// What the plan wants of one unit, key by key, addresses and ports apart.
struct UnitDemand {
    private(set) var values: [String: [String]] = [:]

    init(_ plan: UnitPlan, _ index: Int, _ hasPeers: Bool) {
        let compartment = plan.deployment.compartments[index]
        let zone = plan.permits.zoneName(of: index)
        let sockets = plan.published.filter { $0.compartment == index }.map(plan.socket)
        let before = compartment.after.map(plan.unit)
        values["Unit.Description"] = [
            "\(compartment.name) of \(plan.deployment.platform), zone \(zone)"
        ]
        set("Unit.Wants", before)
        set("Unit.Requires", sockets)
        set("Unit.After", before + sockets)
        set("Service.Sockets", sockets)
        values["Install.WantedBy"] = ["multi-user.target"]
        for wall in Sandbox.walls { values["Service.\(wall.key)"] = [wall.value] }
        for list in Sandbox.lists { values["Service.\(list.key)"] = list.lines }
        run(plan, index, compartment)
        let own = plan.ownPorts(index)
        speak(
            compartment, isLow: own.contains { $0.number < Sandbox.firstFreePort },
            isOn: hasPeers || !own.isEmpty, link: plan.options.interfaces[zone])
    }

    private mutating func set(_ key: String, _ list: [String]) {
        if !list.isEmpty { values[key] = list }
    }

    private mutating func run(_ plan: UnitPlan, _ index: Int, _ compartment: CompartmentPlan) {
        let isNotify = compartment.ready == .notify
        values["Service.Type"] = [isNotify ? "notify" : "exec"]
        values["Service.NotifyAccess"] = [isNotify ? "main" : "none"]
        values["Service.ExecStart"] =
            [plan.program(compartment.program)] + compartment.arguments.dropFirst()
        set("Service.Environment", compartment.environment)
        values["Service.KillSignal"] = [Sandbox.signal(compartment.stop)]
        values["Service.Restart"] = ["on-failure"]
        if compartment.role.contains("wpath") {
            values["Service.StateDirectory"] = [plan.state(index)]
            values["Service.StateDirectoryMode"] = ["0700"]
            values["Service.WorkingDirectory"] = ["/var/lib/\(plan.state(index))"]
        }
        let files = plan.service(index)?.files ?? []
        set(
            "Service.BindReadOnlyPaths",
            files.compactMap { plan.mount($0).map { "\($0.source):\($0.target)" } })
        values["Service.MemoryDenyWriteExecute"] = [compartment.wx ? "no" : "yes"]
        values["Service.LimitNOFILE"] = ["\(compartment.files)"]
        values["Service.TasksMax"] = ["\(compartment.processes)"]
        values["Service.MemoryMax"] = ["\(compartment.memoryBytes)"]
        let milli = compartment.cpuMilli
        if milli > 0 {
            let part = milli % 10
            values["Service.CPUQuota"] = [part == 0 ? "\(milli / 10)%" : "\(milli / 10).\(part)%"]
        }
    }

    private mutating func speak(
        _ compartment: CompartmentPlan, isLow: Bool, isOn: Bool, link: String?
    ) {
        for key in ["CapabilityBoundingSet", "AmbientCapabilities"] {
            values["Service.\(key)"] = isLow ? [Sandbox.lowPorts] : []
        }
        values["Service.PrivateUsers"] = [isLow ? "no" : "yes"]
        values["Service.PrivateNetwork"] = [isOn ? "no" : "yes"]
        var families: [String] = []
        if compartment.ready == .notify || compartment.role.contains("unix") {
            families.append("AF_UNIX")
        }
        if isOn { families.append("AF_INET") }
        values["Service.RestrictAddressFamilies"] = families.isEmpty ? ["none"] : families
        if isOn, let link { values["Service.RestrictNetworkInterfaces"] = [link] }
    }

    static func values(
        of socket: UnitPlan.Published, _ plan: UnitPlan
    ) -> [String: [String]] {
        let name = plan.deployment.compartments[socket.compartment].name
        let kind = socket.port.transport == .tcp ? "ListenStream" : "ListenDatagram"
        return [
            "Unit.Description": ["\(name).\(socket.name) of \(plan.deployment.platform)"],
            "Socket.\(kind)": ["\(socket.address):\(socket.number)"],
            "Socket.FileDescriptorName": [socket.name],
            "Socket.Service": [plan.unit(socket.compartment)], "Socket.Accept": ["no"],
            "Socket.IPAddressDeny": ["any"], "Install.WantedBy": ["sockets.target"],
        ]
    }
}
