package import Platform

/// What became of a guarantee.
package enum Verdict: Sendable, Equatable {
    /// It is true of this file; `why` says on what grounds.
    case holds(why: String)
    /// It is false; `path` is one way that breaks it, empty when something is missing instead.
    case refuted(why: String, path: [Link])
    /// Nothing here can decide it: a check must not pass.
    case unanswered(why: String)

    /// Whether a check may pass with it.
    package var passes: Bool {
        if case .holds = self { return true }
        return false
    }

    /// `holds`, `refuted` or `unanswered`.
    package var name: String {
        switch self {
        case .holds: "holds"
        case .refuted: "refuted"
        case .unanswered: "unanswered"
        }
    }

    /// On what grounds.
    package var why: String {
        switch self {
        case .holds(let why), .refuted(let why, _), .unanswered(let why): why
        }
    }

    /// The way that breaks it; empty for anything but a refutation with a path.
    package var path: [Link] {
        guard case .refuted(_, let path) = self else { return [] }
        return path
    }
}

extension Guarantee {
    /// The guarantee in words: `never internet reaches data`.
    package var claim: String {
        words + (steps == 0 ? "" : ", \(steps) further service\(steps == 1 ? "" : "s") fallen")
    }

    private var words: String {
        switch kind {
        case .never(let from, let to, let port):
            "never \(from.name) reaches \(Self.target(to, port))"
        case .only(let from, let to, let port):
            "only \(Self.list(from)) \(from.count == 1 ? "reaches" : "reach") "
                + Self.target(to, port)
        case .must(let from, let to, let port): "\(from.name) must reach \(Self.target(to, port))"
        case .contain(let service, let within, let steps):
            "\(service), owned, reaches \(within.isEmpty ? "nothing" : "only " + Self.list(within))"
                + (steps == 0 ? "" : " within \(steps) further step\(steps == 1 ? "" : "s")")
        case .expect(let from, let to, let name, let port, let isOpen):
            "\(from.name) \(isOpen ? "can" : "cannot") reach \(Self.target(to, name))"
                + (port.map { " on \($0)" } ?? "")
        case .beyond(let claim, _): claim
        }
    }

    private static func target(_ party: Party, _ port: String?) -> String {
        party.name + (port.map { "." + $0 } ?? "")
    }

    private static func list(_ parties: [Party]) -> String {
        parties.isEmpty ? "nobody" : parties.map(\.name).joined(separator: ", ")
    }
}
