// Reach: answers who can reach what on the graph of services, flows and channels of one platform.
// It never looks inside messages, secrets or a running machine, and what it cannot answer it says
// so. Bounds: work grows with flows times questions; no path is longer than the services.
package import Addresses
package import Findings

/// A node of the graph: a service by its index in the platform, or an outside.
package enum Source: Sendable, Hashable {
    case internet
    case office
    case service(Int)
}

/// What joins two parties.
package enum Joint: Sendable, Equatable {
    /// A flow to a port; the index is its place in the platform's flows.
    case flow(index: Int, portName: String, port: Port)
    /// A channel; the index is its place in the platform's channels.
    case channel(index: Int, name: String)

    /// The port's or the channel's name: what stands behind the dot in `service.name`.
    package var name: String {
        switch self {
        case .flow(_, let name, _), .channel(_, let name): name
        }
    }
}

/// One hop: a source that may connect to a service, and by what.
package struct Link: Sendable, Equatable {
    package let from: Source
    /// Index of the service that listens.
    package let to: Int
    package let by: Joint
    package let because: String
    /// Where the file allows it.
    package let place: Place

    init(from: Source, to: Int, by: Joint, because: String, place: Place) {
        self.from = from
        self.to = to
        self.by = by
        self.because = because
        self.place = place
    }
}
