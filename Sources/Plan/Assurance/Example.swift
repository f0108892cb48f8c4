package import Addresses
internal import Confinement
internal import Platform
package import Reach

/// One connection that a hop is: who can really be seen sending what.
package struct Example: Sendable, Equatable {
    /// Nil for anywhere outside.
    package let source: Address?
    package let destination: Address
    package let port: Port
}

extension Assurance {
    /// A connection by which the hop is made; nil for a channel, where no packet is sent.
    ///
    /// From outside it goes to where the host publishes the port, or to nowhere when it does not.
    package func example(_ link: Link) -> Example? {
        guard case .flow(_, let name, let port) = link.by else { return nil }
        let target = graph.platform.services[link.to]
        switch link.from {
        case .internet, .office:
            guard let publication = graph.publication(of: link.to, port: name),
                let number = Port(port.transport, publication.number)
            else { return nil }
            return Example(source: nil, destination: publication.address, port: number)
        case .service(let index):
            guard let from = addresses[graph.platform.services[index].name],
                let to = addresses[target.name]
            else { return nil }
            return Example(source: from, destination: to, port: port)
        }
    }

    /// The hops that flows make whose last day is before this one, in the order of the file.
    ///
    /// Of a zone's flow one member's hop stands for all.
    package func expired(today: Int) -> [Link] {
        graph.platform.flows.enumerated().compactMap { number, flow in
            guard let last = flow.expires, last < today else { return nil }
            return graph.links(from: flow.from, to: .service(flow.to)).first { link in
                guard case .flow(number, _, _) = link.by else { return false }
                return true
            }
        }
    }
}
