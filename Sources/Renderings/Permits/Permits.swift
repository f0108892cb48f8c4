// Permits: a platform as renderers see it: who has which address, who may open which connection to
// whom, and by which line of the file. Renderings are made from these; what they are proved against
// are the flows of the deployment, which another room makes. Bounds: those of the platform file.
package import Addresses
internal import Confinement
package import Findings
package import Platform

/// What a platform allows, one permit for each kind of connection between two places.
package struct Permits: Sendable {
    /// One compartment's place in the network.
    package struct Seat: Sendable, Hashable {
        /// `api`, or `api.2` for a second instance.
        package let name: String
        package let service: String
        /// Index into `zones`.
        package let zone: Int
        package let address: Address
    }

    /// Where a permitted connection begins.
    package enum Source: Sendable, Hashable {
        /// Index into `seats`.
        case seat(Int)
        /// Any address that no zone has.
        case internet
        /// The operators' networks.
        case office
    }

    package struct Permit: Sendable, Hashable {
        package let from: Source
        /// Index into `seats`.
        package let to: Int
        package let port: Port
        /// Index into `reasons`.
        package let reason: Int
    }

    /// A flow of the file, as it may be written into comments.
    package struct Reason: Sendable {
        /// Stable while the flow stays on its line: `86`, or `86-2` for the second of a line.
        package let id: String
        package let flow: Flow
        /// `gateway > api.requests`.
        package var ends: String { "\(flow.from.name) > \(flow.to).\(flow.port)" }
    }

    package let platform: Platform
    /// The platform file's name without its folder, in characters that every format takes.
    package let file: String
    package let zones: [Zone]
    package let seats: [Seat]
    package let reasons: [Reason]
    /// In the order of the file; of two that allow the same connection only the first stands here.
    package let permits: [Permit]
    /// What no rendering of packets can say, and what it is about.
    package let findings: [Finding]

    /// From the model and what was compiled of it: `outline` gives the seats, the flows are read
    /// anew from the model.
    package init(_ platform: Platform, _ outline: Outline, file: String) {
        self.platform = platform
        let name = file.split(separator: "/").last.map(String.init) ?? file
        self.file = Inscription.plain(name, limit: 64)
        zones = platform.zones
        seats = outline.seats
        reasons = Self.reasons(platform)
        var draft = PermitDraft(platform: platform, seats: outline.seats)
        for (index, reason) in reasons.enumerated() { draft.add(reason, index) }
        permits = draft.permits
        findings = draft.findings + Self.unsaid(platform)
    }

    private static func reasons(_ platform: Platform) -> [Reason] {
        var lines: [Int: Int] = [:]
        return platform.flows.map { flow in
            let count = lines[flow.place.line, default: 0] + 1
            lines[flow.place.line] = count
            let id = count == 1 ? "\(flow.place.line)" : "\(flow.place.line)-\(count)"
            return Reason(id: id, flow: flow)
        }
    }

    /// What a platform says and packets do not.
    private static func unsaid(_ platform: Platform) -> [Finding] {
        var findings: [Finding] = []
        for flow in platform.flows {
            let ends = "\(flow.from.name) > \(flow.to).\(flow.port)"
            if !flow.messages.isEmpty {
                findings.append(
                    Finding(
                        .warning, "messages-not-rendered", at: flow.place,
                        "\(ends) carries certain messages only: rules of packets let it say anything",
                        remedy: "keep the passage at both ends, or inspect what it carries"))
            }
            if flow.expires != nil {
                findings.append(
                    Finding(
                        .warning, "expiry-not-rendered", at: flow.place,
                        "\(ends) expires: what is rendered today allows it for ever",
                        remedy: "render again when it has expired"))
            }
            if flow.observe {
                findings.append(
                    Finding(
                        .warning, "observe-not-rendered", at: flow.place,
                        "\(ends) is only observed: it is rendered as allowed",
                        remedy: "render again when it is enforced"))
            }
        }
        for channel in platform.channels {
            findings.append(
                Finding(
                    .note, "channel-not-rendered", at: channel.place,
                    "channel \(channel.name) of \(channel.to) is a descriptor, not packets",
                    remedy: "hand it over as this platform does, or give it a flow"))
        }
        return findings
    }

    /// The index of a seat's zone's name.
    package func zoneName(of seat: Int) -> String { zones[seats[seat].zone].name }
}
