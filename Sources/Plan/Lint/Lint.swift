// Lint: what is allowed in a platform file and should be looked at: flows that others make
// superfluous, flows wider than their need, reasons that say nothing, tags that join zones, and
// what nobody promised. It judges the file alone, or beside a record of what was really used, and
// says in each finding by what it judged; nothing here makes a check fail. Bounds: work grows with
// flows and services, findings stop at `Lint.findingsMax`.
package import Findings
package import Platform

/// Looking over a platform that has no errors.
package enum Lint {
    /// Findings of one kind beyond this many are one sentence.
    static let findingsMax = 100

    /// Everything found in the file alone, in the order of the file.
    package static func findings(_ platform: Platform) -> [Finding] {
        let members = Members(platform)
        let found =
            bounded(Cover.findings(platform, members))
            + bounded(Breadth.findings(platform, members))
            + bounded(Reasons.findings(platform)) + bounded(Tags.findings(platform))
            + bounded(Passages.findings(platform, members)) + bounded(Idle.findings(platform))
            + bounded(Selves.findings(platform, members))
            + bounded(Vacuous.findings(platform, members))
            + bounded(Promises.findings(platform, members))
        return sorted(found)
    }

    static func sorted(_ findings: [Finding]) -> [Finding] {
        let nowhere = Place(line: .max, column: 0)
        return findings.enumerated().sorted {
            ($0.element.place ?? nowhere, $0.offset) < ($1.element.place ?? nowhere, $1.offset)
        }.map(\.element)
    }

    static func bounded(_ findings: [Finding]) -> [Finding] {
        guard findings.count > findingsMax, let first = findings.first else { return findings }
        return findings.prefix(findingsMax) + [
            Finding(
                .note, first.code, at: nil,
                "\(findings.count - findingsMax) more findings of this kind are left out",
                remedy: "mend these first")
        ]
    }
}

/// Services by zone and by name, found once.
struct Members {
    private let byZone: [String: [String]]
    private let byName: [String: Service]

    init(_ platform: Platform) {
        byZone = Dictionary(grouping: platform.services, by: \.zone).mapValues { $0.map(\.name) }
        byName = Dictionary(
            platform.services.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    }

    func service(_ name: String) -> Service? { byName[name] }
    /// Names of a zone's services, in the order of the file.
    func zone(_ name: String) -> [String] { byZone[name] ?? [] }

    /// Names of services that a flow lets connect; none for one from outside.
    func senders(_ flow: Flow) -> [String] {
        switch flow.from {
        case .internet, .office: []
        case .service(let name): byName[name] == nil ? [] : [name]
        // A service's way to itself stays inside.
        case .zone(let name): zone(name).filter { $0 != flow.to }
        }
    }

    /// How many those are, for a flow from a zone.
    func count(_ zone: String, to target: String) -> Int {
        self.zone(zone).count - (byName[target]?.zone == zone ? 1 : 0)
    }
}

/// The port that a flow leads to.
struct Target: Hashable {
    let service: String
    let port: String

    init(_ flow: Flow) {
        service = flow.to
        port = flow.port
    }

    var name: String { "\(service).\(port)" }
}

/// `a`, `a and b`, `a, b and c`; beyond eight the rest is counted.
func listed(_ names: [String]) -> String {
    let shown = names.count > 8 ? names.prefix(7) + ["\(names.count - 7) more"] : names[...]
    guard shown.count > 1, let last = shown.last else { return shown.first ?? "" }
    return shown.dropLast().joined(separator: ", ") + " and " + last
}

/// `line 3`, `lines 3 and 4`.
func lines(_ places: [Place]) -> String {
    "line\(places.count == 1 ? "" : "s") " + listed(places.sorted().map { "\($0.line)" })
}
