// Packs: rules that others ask of a platform, as data: which connections each is about, which of
// them it permits, why, and whose controls it serves. One reading of the data judges the file's
// flows, then proves from the rules of the kernel that nothing else passes. Bounds: those of
// `Segmentation`; at most `PackCheck.findingsMax` findings of one rule.
internal import Addresses
package import Platform

/// Rules that belong together.
package struct Pack: Sendable {
    package let name: PackName
    package let about: String
    /// The first that concerns a flow judges it.
    package let rules: [PackRule]
}

/// One rule of a pack.
package struct PackRule: Sendable {
    /// Stable code of its findings.
    package let code: String
    /// What it says, in the words of the pack.
    package let claim: String
    /// Why.
    package let reason: String
    /// Numbers of other people's controls that it serves, never their text.
    package let controls: [Control]
    let concerns: Concern
    let permits: [Permit]
    /// What to do about a flow that it does not permit; `TARGET` and `LINE` are the flow's.
    let remedy: String
}

/// Items of one framework.
package struct Control: Sendable {
    package let framework: String
    package let ids: [String]

    /// `ISO/IEC 27001:2022 A.8.20, A.8.22`.
    package var text: String { framework + " " + ids.joined(separator: ", ") }
}

/// Which flows a rule is about.
enum Concern: Sendable {
    /// Flows to a port of a kind.
    case ports(PortKind)
    /// Flows from anybody outside.
    case internet
    /// Every other flow, and whatever else the rules let pass.
    case rest
}

/// A flow that a rule lets be; any of them is enough.
enum Permit: Sendable {
    /// From a service of this name.
    case fromService(String)
    /// From the office to a service of this name.
    case fromOfficeTo(String)
    /// From one of the services that an `only` guarantee of the same port names.
    case fromPromised
    /// To a port that is published under this number, over TCP.
    case published(UInt16)
    /// From any single service.
    case fromAnyService
}

/// Ports that are known by their number, or by the name that a platform file gives them.
struct PortKind: Sendable {
    let ports: Set<Port>
    let names: Set<String>

    init(tcp: [UInt16], names: Set<String>) {
        ports = Set(tcp.compactMap { Port(.tcp, $0) })
        self.names = names
    }
}
