internal import Addresses
package import Confinement

/// A compiled platform as proofs need it: who sits where, and which packets its flows are.
package struct Outline: Sendable {
    package let seats: [Permits.Seat]
    /// The flows as the deployment has them: first packets of connections, in its order.
    package let wanted: [Wanted]

    /// One flow of the deployment.
    package struct Wanted: Sendable, Hashable {
        package let from: Permits.Source
        package let to: Int
        package let transport: UInt32
        package let port: UInt32
    }

    package init(_ deployment: Deployment) {
        var places: [Int: Int] = [:]
        var seats: [Permits.Seat] = []
        for (index, compartment) in deployment.compartments.enumerated()
        where compartment.kind == .service {
            places[index] = seats.count
            let service = compartment.name.split(separator: ".").first.map(String.init) ?? ""
            seats.append(
                Permits.Seat(
                    name: compartment.name, service: service, zone: compartment.zone,
                    address: compartment.address))
        }
        self.seats = seats
        wanted = deployment.flows.compactMap { flow in
            let from: Permits.Source
            switch flow.from {
            case .compartment(let index):
                guard let seat = places[index] else { return nil }
                from = .seat(seat)
            case .internet: from = .internet
            case .office: from = .office
            }
            guard let to = places[flow.to] else { return nil }
            return Wanted(
                from: from, to: to, transport: UInt32(flow.port.transport.rawValue),
                port: UInt32(flow.port.number))
        }
    }
}
