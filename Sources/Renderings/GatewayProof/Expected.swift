internal import Addresses
internal import Packets
internal import Permits
internal import Platform
internal import Ruleset

/// What the base chains of a gateway must decide, as lists that nobody has written as text.
struct Expected {
    let permits: Permits
    let outline: Outline
    let gateway: Gateway

    /// The hooks that must have a chain; all others must have none.
    var hooks: [Hook] {
        (gateway.links == nil ? [] : [.prerouting]) + [.input, .forward, .output]
    }

    func list(_ hook: Hook, _ family: Families) -> RuleList {
        var list = RuleList(otherwise: false)
        switch hook {
        case .prerouting: arriving(&list, family)
        case .forward: if family == .v4 { crossing(&list) }
        case .input: list.append(Self.by(.arrival, Gateway.loopback), allow: true, owner: 0)
        case .output: list.append(Self.by(.departure, Gateway.loopback), allow: true, owner: 0)
        case .postrouting: break
        }
        return list
    }

    private static func by(_ field: Field, _ link: UInt32) -> Box {
        .everything.with(field, link...link)
    }

    /// Nobody sends in another zone's name.
    private func arriving(_ list: inout RuleList, _ family: Families) {
        list.append(Self.by(.arrival, Gateway.loopback), allow: true, owner: 0)
        guard family == .v4 else { return }
        for (index, zone) in permits.zones.enumerated() {
            let network = zone.network.base.value...zone.network.last.value
            list.append(
                Self.by(.arrival, gateway.number(zone: index)).with(.source, network),
                allow: true, owner: 0)
        }
        for range in permits.outside {
            list.append(
                Self.by(.arrival, gateway.outsideNumber).with(.source, range), allow: true,
                owner: 0)
        }
    }

    /// Flows, their replies, and what routers have to say about them.
    private func crossing(_ list: inout RuleList) {
        let established = ConnectionState.established.rawValue
        let related = ConnectionState.related.rawValue
        let new = ConnectionState.new.rawValue
        list.append(
            .everything.with(.state, established...established), allow: true, owner: 0)
        list.append(
            .everything.with(.state, related...related).with(.protocolNumber, 1...1), allow: true,
            owner: 0)
        for (index, flow) in outline.wanted.enumerated() {
            let target = outline.seats[flow.to].address.value
            let flows = Box.everything.with(.state, new...new).with(.destination, target...target)
                .with(.protocolNumber, flow.transport...flow.transport)
                .with(.destinationPort, flow.port...flow.port)
            for range in permits.addresses(of: flow.from) {
                list.append(
                    flows.with(.source, range), allow: true,
                    owner: UInt32(truncatingIfNeeded: index + 1))
            }
        }
    }
}
