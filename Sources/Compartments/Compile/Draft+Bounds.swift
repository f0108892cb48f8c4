internal import Findings
internal import Platform

extension Draft {
    /// Whether the plan is one that can be answered at all; says where it grows too large.
    ///
    /// A flow between zones with instances is as many connections as there are pairs, so a short
    /// file can stand for very many.
    mutating func isBounded() -> Bool {
        var compartments = 0
        var inZone: [String: Int] = [:]
        var ofService: [String: Int] = [:]
        for service in platform.services {
            let instances = max(service.instances, 1)
            compartments += instances
            guard compartments <= Compile.compartmentsMax else {
                error(
                    "plan-too-large", at: service.place,
                    "there are more than \(Compile.compartmentsMax) compartments",
                    remedy: "split the plan into several platforms")
                return false
            }
            inZone[service.zone, default: 0] += instances
            ofService[service.name, default: 0] += instances
        }
        var connections = 0
        for flow in platform.flows {
            let ends =
                switch flow.from {
                case .internet, .office: 1
                case .service(let name): ofService[name] ?? 0
                case .zone(let name): inZone[name] ?? 0
                }
            connections += ends * (ofService[flow.to] ?? 0)
            guard connections <= Compile.connectionsMax else {
                error(
                    "plan-too-large", at: flow.place,
                    "there are more than \(Compile.connectionsMax) connections between compartments",
                    remedy: "split the plan, or let fewer services begin the flow")
                return false
            }
        }
        return true
    }
}
