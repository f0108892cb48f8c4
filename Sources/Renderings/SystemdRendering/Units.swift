internal import Addresses
internal import Confinement
internal import Permits
internal import Platform

/// The text of a platform's units.
struct Units {
    private let plan: UnitPlan
    private var outgoing: [Int: [Permits.Permit]] = [:]
    private var incoming: [Int: [Permits.Permit]] = [:]

    init(_ plan: UnitPlan) {
        self.plan = plan
        for permit in plan.permits.permits {
            incoming[permit.to, default: []].append(permit)
            if case .seat(let seat) = permit.from { outgoing[seat, default: []].append(permit) }
        }
    }

    var files: [Rendering.File] {
        let published = plan.published
        var files: [Rendering.File] = []
        for index in plan.permits.seats.indices {
            let own = published.filter { $0.compartment == index }
            files.append(Rendering.File(plan.unit(index), service(index, own)))
            for socket in own {
                files.append(Rendering.File(plan.socket(socket), text(socket)))
            }
        }
        return files
    }

    private func service(_ index: Int, _ sockets: [UnitPlan.Published]) -> String {
        let compartment = plan.deployment.compartments[index]
        let zone = plan.permits.zoneName(of: index)
        var lines = head(index)
        lines += [
            "[Unit]",
            "Description=\(compartment.name) of \(plan.deployment.platform), zone \(zone)",
        ]
        let before = compartment.after.map(plan.unit)
        for unit in before { lines += ["Wants=\(unit)", "After=\(unit)"] }
        for socket in sockets.map(plan.socket) {
            lines += ["Requires=\(socket)", "After=\(socket)"]
        }
        lines += ["", "[Service]"]
        lines += running(index, compartment, sockets)
        lines += Sandbox.walls.map { "\($0.key)=\($0.value)" }
        for list in Sandbox.lists { lines += list.lines.map { "\(list.key)=\($0)" } }
        lines += network(index, compartment)
        lines += limits(compartment)
        lines += ["", "[Install]", "WantedBy=multi-user.target"]
        return lines.joined(separator: "\n") + "\n"
    }

    private func head(_ index: Int) -> [String] {
        let seat = plan.permits.seats[index]
        var lines = [
            "# Rendered by bulkhead from \(plan.permits.file): \(seat.name), which has the address "
                + "\(seat.address)."
        ]
        let reasons = Set(((incoming[index] ?? []) + (outgoing[index] ?? [])).map(\.reason))
        for number in reasons.sorted() { lines.append(line(number)) }
        return lines
    }

    private func line(_ number: Int) -> String {
        let reason = plan.permits.reasons[number]
        let words = Inscription.plain(
            "line \(reason.id): \(reason.ends): \(reason.flow.because)", limit: 600)
        return "# \(words)"
    }

    private func running(
        _ index: Int, _ compartment: CompartmentPlan, _ sockets: [UnitPlan.Published]
    ) -> [String] {
        let isNotify = compartment.ready == .notify
        let words = compartment.arguments.dropFirst().map(UnitWord.argument)
        var lines = ["Type=\(isNotify ? "notify" : "exec")"]
        lines.append("NotifyAccess=\(isNotify ? "main" : "none")")
        lines.append(
            "ExecStart=" + ([plan.program(compartment.program)] + words).joined(separator: " "))
        lines += compartment.environment.map { "Environment=\(UnitWord.quoted($0))" }
        lines += sockets.map { "Sockets=\(plan.socket($0))" }
        lines.append("KillSignal=\(Sandbox.signal(compartment.stop))")
        lines.append("Restart=on-failure")
        if compartment.role.contains("wpath") {
            lines.append("StateDirectory=\(plan.state(index))")
            lines.append("StateDirectoryMode=0700")
            lines.append("WorkingDirectory=/var/lib/\(plan.state(index))")
        }
        for tree in plan.service(index)?.files ?? [] {
            if let mount = plan.mount(tree) {
                lines.append("BindReadOnlyPaths=\(mount.source):\(mount.target)")
            }
        }
        lines.append("MemoryDenyWriteExecute=\(compartment.wx ? "no" : "yes")")
        return lines
    }

    private func network(_ index: Int, _ compartment: CompartmentPlan) -> [String] {
        let own = plan.ownPorts(index)
        let needsLow = own.contains { $0.number < Sandbox.firstFreePort }
        let low = needsLow ? Sandbox.lowPorts : ""
        let speaks = !own.isEmpty || outgoing[index] != nil
        let isUnix = compartment.ready == .notify || compartment.role.contains("unix")
        let families = (isUnix ? ["AF_UNIX"] : []) + (speaks ? ["AF_INET"] : [])
        var lines = [
            "CapabilityBoundingSet=\(low)", "AmbientCapabilities=\(low)",
            // In a user namespace of its own it could not take a low port of the machine's.
            "PrivateUsers=\(needsLow ? "no" : "yes")",
            "PrivateNetwork=\(speaks ? "no" : "yes")",
            "RestrictAddressFamilies="
                + (families.isEmpty ? "none" : families.joined(separator: " ")),
        ]
        let zone = plan.permits.zoneName(of: index)
        if speaks, let link = plan.options.interfaces[zone] {
            lines.append("RestrictNetworkInterfaces=\(link)")
        }
        lines += own.map { "SocketBindAllow=ipv4:\($0.transport.name):\($0.number)" }
        var peers: Set<Int> = []
        for permit in outgoing[index] ?? [] { peers.insert(permit.to) }
        for permit in incoming[index] ?? [] {
            if case .seat(let seat) = permit.from { peers.insert(seat) }
        }
        let addresses = peers.map { plan.permits.seats[$0].address }.sorted()
        return lines + addresses.map { "IPAddressAllow=\($0)" }
    }

    private func limits(_ compartment: CompartmentPlan) -> [String] {
        var lines = [
            "LimitNOFILE=\(compartment.files)", "TasksMax=\(compartment.processes)",
            "MemoryMax=\(compartment.memoryBytes)",
        ]
        let milli = compartment.cpuMilli
        if milli > 0 {
            lines.append("CPUQuota=\(milli / 10)\(milli % 10 == 0 ? "" : ".\(milli % 10)")%")
        }
        return lines
    }

    private func text(_ socket: UnitPlan.Published) -> String {
        let entering = (incoming[socket.compartment] ?? []).filter { permit in
            if case .seat = permit.from { return false }
            return permit.port == socket.port
        }
        let kind = socket.port.transport == .tcp ? "ListenStream" : "ListenDatagram"
        let name = plan.deployment.compartments[socket.compartment].name
        var lines = [
            "# Rendered by bulkhead from \(plan.permits.file): the published port \(name).\(socket.name)."
        ]
        for number in Set(entering.map(\.reason)).sorted() { lines.append(line(number)) }
        lines += [
            "[Unit]", "Description=\(name).\(socket.name) of \(plan.deployment.platform)", "",
            "[Socket]", "\(kind)=\(socket.address):\(socket.number)",
            "FileDescriptorName=\(socket.name)", "Service=\(plan.unit(socket.compartment))",
            "Accept=no", "IPAddressDeny=any",
        ]
        var known: Set<Prefix> = []
        for permit in entering {
            for range in plan.permits.addresses(of: permit.from) {
                for prefix in Permits.prefixes(range) where known.insert(prefix).inserted {
                    lines.append("IPAddressAllow=\(prefix)")
                }
            }
        }
        return (lines + ["", "[Install]", "WantedBy=sockets.target", ""]).joined(separator: "\n")
    }
}
