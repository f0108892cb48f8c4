internal import Addresses
internal import AuditTreaty
internal import Netlink

/// Whose address, interface or uid something is.
struct SensorNames: Sendable {
    private struct HostPort: Hashable {
        let address: UInt32
        let port: UInt16
    }

    private var byAddress: [UInt32: UInt16] = [:]
    private var byUid: [UInt32: UInt16] = [:]
    private var byPort: [HostPort: PublishedPort] = [:]
    private let office: [Prefix]
    private let addresses: [Address]

    init(_ table: SensorTable) {
        for (index, entry) in table.roster.compartments.enumerated() where entry.address.value != 0
        {
            byAddress[entry.address.value] = UInt16(truncatingIfNeeded: index)
        }
        for (index, uid) in table.uids.enumerated() where uid != 0 {
            byUid[uid] = UInt16(truncatingIfNeeded: index)
        }
        for port in table.published {
            byPort[HostPort(address: port.address.value, port: port.port)] = port
        }
        office = table.office
        addresses = table.roster.compartments.map(\.address)
    }

    /// 0.0.0.0 for an index that is none.
    func address(of compartment: UInt16) -> Address {
        Int(compartment) < addresses.count ? addresses[Int(compartment)] : Address(0)
    }

    func compartment(uid: UInt32) -> UInt16? { byUid[uid] }

    func wall(_ place: LogPlace) -> (Wall, UInt16) {
        switch place {
        case .fabric: (.fabric, Attempt.outside)
        case .host: (.publishing, Attempt.outside)
        case .compartment(let index): (.host, index)
        }
    }

    /// The attempt that a record tells of; nil for a group that no rule of ours logs to.
    func attempt(_ record: LogRecord, from place: LogPlace, now: UInt64) -> Attempt? {
        guard let verdict = verdict(record.group, place) else { return nil }
        let (wall, _) = wall(place)
        var (source, target) = (outside(record.source), owner(record.target))
        var flow = verdict == .allowed ? record.mark : 0
        switch place {
        case .fabric:
            // The link tells who sent it; the address is what the sender claims.
            if let index = Fabric.compartment(ofInterface: record.inputInterface),
                index < addresses.count
            {
                source = UInt16(truncatingIfNeeded: index)
            }
        case .host:
            if let own = byUid[record.uid] { source = own }
            if let port = published(record) {
                target = port.compartment
                if verdict == .allowed { flow = port.flow }
            }
        case .compartment(let index):
            // Without an interface that it came in by, it is leaving.
            if record.inputInterface == 0 { source = index } else { target = index }
        }
        return Attempt(
            time: record.time == 0 ? now : record.time, wall: wall, verdict: verdict,
            source: source, target: target, flow: flow, sourceAddress: Address(record.source),
            targetAddress: Address(record.target), transport: record.transport,
            sourcePort: record.sourcePort, targetPort: record.targetPort)
    }

    private func verdict(_ group: UInt16, _ place: LogPlace) -> Verdict? {
        switch (place, group) {
        // Platforms beside one another hold different pairs of the host's groups.
        case (.host, 40...): group % 2 == 0 ? .allowed : .refused
        case (.host, _): nil
        case (_, 1): .allowed
        case (_, 2): .refused
        case (_, 3): .invalid
        case (_, 4): .spoofed
        default: nil
        }
    }

    private func published(_ record: LogRecord) -> PublishedPort? {
        byPort[HostPort(address: record.target, port: record.targetPort)]
            ?? byPort[HostPort(address: 0, port: record.targetPort)]
    }

    func owner(_ address: UInt32) -> UInt16 { byAddress[address] ?? Attempt.outside }

    private func outside(_ address: UInt32) -> UInt16 {
        if let own = byAddress[address] { return own }
        let isOffice = office.contains { $0.contains(Address(address)) }
        return isOffice ? Attempt.office : Attempt.outside
    }
}
