internal import Addresses
internal import Findings
internal import Permits
internal import Platform

/// What a gateway's network files join, against the plan.
struct NetworkProof {
    private let permits: Permits
    private let outline: Outline
    private let trunk: String

    init(_ permits: Permits, _ outline: Outline, trunk: String) {
        self.permits = permits
        self.outline = outline
        self.trunk = trunk
    }

    func check(_ files: [Rendering.File]) throws(Failure) -> [String] {
        let tagged = permits.zones.filter { $0.vlan != nil }
        var wanted = [Networks.name(permits, nil) + ".network"]
        for zone in tagged {
            let name = Networks.name(permits, zone.name)
            wanted += [name + ".netdev", name + ".network"]
        }
        guard files.map(\.name).sorted() == wanted.sorted() else {
            throw Rendering.unproved("there is a network file too many or too few")
        }
        var devices: [String: UInt16] = [:]
        for file in files where file.name.hasSuffix(".netdev") {
            let (name, tag) = try device(file)
            guard devices[name] == nil, !devices.values.contains(tag), name != trunk else {
                throw Rendering.unproved("\(file.name) makes what another file makes")
            }
            devices[name] = tag
        }
        var placed: [UInt16: Prefix] = [:]
        var carried: [String]?
        for file in files where file.name.hasSuffix(".network") {
            let (name, prefix, below) = try network(file)
            if name == trunk, carried == nil, prefix == nil {
                carried = below
            } else if let tag = devices[name], placed[tag] == nil, let prefix, below.isEmpty {
                placed[tag] = prefix
            } else {
                throw Rendering.unproved("\(file.name) joins what the plan keeps apart")
            }
        }
        guard (carried ?? []).sorted() == devices.keys.sorted() else {
            throw Rendering.unproved("the trunk carries other devices than there are")
        }
        for zone in tagged {
            guard let vlan = zone.vlan, let prefix = placed.removeValue(forKey: vlan),
                prefix == zone.network
            else { throw Rendering.unproved("zone \(zone.name) is not on its own VLAN") }
        }
        guard placed.isEmpty else { throw Rendering.unproved("a VLAN is no zone's") }
        return [
            "\(devices.count) VLANs, each of one zone, each with that zone's network and no other's, "
                + "on one trunk that has no address",
            "no bridge, bond or tunnel joins two of them, no route leads elsewhere, and no file "
                + "turns forwarding on",
        ]
    }

    private func device(_ file: Rendering.File) throws(Failure) -> (String, UInt16) {
        var unit = try ReadUnit(file, Self.devices)
        guard let name = unit.take("NetDev.Name")?.first, UnitWord.isInterface(name),
            let id = unit.take("VLAN.Id")?.first, let tag = UInt16(id), (1...4094).contains(tag),
            id == "\(tag)"
        else { throw Rendering.unproved("\(file.name) makes no VLAN") }
        var wanted = ["NetDev.Kind": ["vlan"]]
        for (key, value) in Networks.fixed { wanted["VLAN.\(key)"] = [value] }
        try compare(unit, wanted, file.name)
        return (name, tag)
    }

    /// The interface that a file is for, its network, and the devices above it.
    private func network(
        _ file: Rendering.File
    ) throws(Failure) -> (name: String, prefix: Prefix?, above: [String]) {
        var unit = try ReadUnit(file, Self.networks)
        // More words, or a pattern, would be more interfaces than one.
        guard let names = unit.take("Match.Name"), names.count == 1, UnitWord.isInterface(names[0])
        else { throw Rendering.unproved("\(file.name) is not for one interface") }
        let above = unit.take("Network.VLAN") ?? []
        let addresses = unit.take("Network.Address") ?? []
        var wanted = ["Link.RequiredForOnline": ["no"]]
        for (key, value) in Networks.off { wanted["Network.\(key)"] = [value] }
        try compare(unit, wanted, file.name)
        guard let word = addresses.first else { return (names[0], nil, above) }
        guard addresses.count == 1, let prefix = gateway(word) else {
            throw Rendering.unproved("\(file.name) gives an address that is no gateway's")
        }
        return (names[0], prefix, above)
    }

    /// The network of an address like `10.77.1.1/24` that is free for a gateway.
    private func gateway(_ word: String) -> Prefix? {
        let parts = word.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let address = Address(parts[0]), let length = Int(parts[1]),
            (1...30).contains(length)
        else { return nil }
        let base = Address(address.value & (~0 << UInt32(32 - length)))
        guard let prefix = Prefix(base: base, length: length),
            prefix.description.hasSuffix("/\(parts[1])"),
            address != base, address != prefix.last,
            !outline.seats.contains(where: { $0.address == address })
        else { return nil }
        return prefix
    }

    private func compare(
        _ unit: ReadUnit, _ wanted: [String: [String]], _ name: String
    ) throws(Failure) {
        for key in Set(wanted.keys).union(unit.values.keys).sorted()
        where unit.values[key] != wanted[key] {
            throw Rendering.unproved("\(name) has another \(key) than the plan")
        }
    }

    private static let devices: [String: ReadUnit.Kind] = {
        var kinds: [String: ReadUnit.Kind] = [
            "NetDev.Name": .single, "NetDev.Kind": .single, "VLAN.Id": .single,
        ]
        for wall in Networks.fixed { kinds["VLAN.\(wall.key)"] = .single }
        return kinds
    }()

    private static let networks: [String: ReadUnit.Kind] = {
        var kinds: [String: ReadUnit.Kind] = [
            "Match.Name": .words, "Link.RequiredForOnline": .single, "Network.VLAN": .words,
            "Network.Address": .words,
        ]
        for wall in Networks.off { kinds["Network.\(wall.key)"] = .single }
        return kinds
    }()
}
