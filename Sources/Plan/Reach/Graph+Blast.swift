internal import Platform

/// What an attacker who owns one service reaches, and how.
package struct Exposure: Sendable {
    /// A service that falls within reach.
    package struct Reached: Sendable {
        /// Index of the service.
        package let service: Int
        /// Hops from the owned service, the last one into this; the number of services that must
        /// fall first is one less.
        package let path: [Link]
        /// The fewest flows and channels without which no way leads there, however many services
        /// fall in between.
        package let cut: [Link]
    }
    package let owned: Int
    /// Nearest first.
    package let reached: [Reached]
}

extension Graph {
    /// What an attacker who owns the service reaches while up to `steps` further services fall.
    package func exposure(of service: Int, steps: Int) -> Exposure {
        let blast = Blast(of: service, steps: steps, in: self)
        let cut = Cut(self)
        return Exposure(
            owned: service,
            reached: blast.reached.map { target in
                Exposure.Reached(
                    service: target, path: blast.path(to: target),
                    cut: cut.edges(from: service, to: target).map { number in
                        edges[number].link(from: members(edges[number].from).first ?? .internet)
                    })
            })
    }

    /// The index of the service of that name.
    package func service(_ name: String) -> Int? {
        index[name]
    }
}
