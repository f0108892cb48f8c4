// Inspection: what the kernel holds of a running platform, taken by root's side of a front, which
// parses none of it. The supervisor hands over namespaces and does nothing else, so that whatever
// somebody loaded into one of them is met here, in a process that may fail. Bounds: a listing of
// `RuleSession.textBytesMax` for each namespace, `listingBytesMax` in all.

package import Addresses
package import Confinement
internal import Descriptors
package import Findings
internal import Netlink
internal import Operator
internal import PacketFilter

/// The rules and connections of a running platform at one moment, unread.
package struct Inspection: Sendable {
    /// One namespace's rules as text; the compartment's index, or nil for the fabric.
    package struct Listing: Sendable {
        package let compartment: Int?
        package let rules: [UInt8]
    }

    /// A connection that the fabric tracks, seen from the side that opened it.
    package struct Connection: Sendable {
        package let source: Address
        package let target: Address
        package let transport: UInt8
        package let sourcePort: UInt16
        package let targetPort: UInt16
    }

    package static let listingBytesMax = 512 << 20

    package let plan: RunningPlan
    package private(set) var listings: [Listing] = []
    package private(set) var connections: [Connection] = []

    /// Asks the supervisor at a control socket for its plan and namespaces and lists them.
    package init(control path: String) throws(Failure) {
        let plan = try ControlClient.plan(at: path)
        self.plan = plan
        guard plan.deployment.isolation == .full else {
            throw Failure(
                .refused, "no-rules", "at level none a platform has no rules of its own",
                remedy: "run it at isolation full")
        }
        RuleSession.keepNumbers()
        let count = plan.deployment.compartments.count
        let services = plan.deployment.compartments.indices.filter {
            plan.deployment.compartments[$0].kind == .service
        }
        var room = Self.listingBytesMax
        for place in [count] + services {
            let namespace = try ControlClient.namespace(place, at: path)
            var session = try RuleSession(in: namespace)
            let rules = Array(try session.ruleset().utf8)
            room -= rules.count
            guard room >= 0 else {
                throw Failure(
                    .refused, "too-large", "the live rules are more than 512 MiB of text",
                    remedy: "somebody has filled a namespace; `bulkhead status` names which")
            }
            listings.append(Listing(compartment: place == count ? nil : place, rules: rules))
            if place == count { connections = try Self.connections(namespace) }
        }
    }

    private static func connections(
        _ namespace: borrowing Descriptor
    ) throws(Failure) -> [Connection] {
        do {
            var session = try ConntrackSession(in: namespace)
            return try session.connections().map { one in
                Connection(
                    source: one.source, target: one.target, transport: one.transport,
                    sourcePort: one.sourcePort, targetPort: one.targetPort)
            }
        } catch {
            throw Failure(
                .machine, "connections", "the tracked connections cannot be read: \(error)",
                remedy: "run `bulkhead doctor`")
        }
    }
}
