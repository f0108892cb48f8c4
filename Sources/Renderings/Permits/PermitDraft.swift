internal import Addresses
internal import Findings
internal import Platform

/// Permits while they are gathered from the flows.
struct PermitDraft {
    private struct Key: Hashable {
        let from: Permits.Source
        let to: Int
        let port: Port
    }

    private let platform: Platform
    private let seats: [Permits.Seat]
    private let ofService: [String: [Int]]
    private let ofZone: [String: [Int]]
    private let ports: [String: [String: Port]]
    private let published: Set<String>
    private var known: [Key: Int] = [:]
    private(set) var permits: [Permits.Permit] = []
    private(set) var findings: [Finding] = []

    init(platform: Platform, seats: [Permits.Seat]) {
        self.platform = platform
        self.seats = seats
        ofService = Dictionary(grouping: seats.indices) { seats[$0].service }
        ofZone = Dictionary(grouping: seats.indices) { platform.zones[seats[$0].zone].name }
        var ports: [String: [String: Port]] = [:]
        for service in platform.services {
            for port in service.ports { ports[service.name, default: [:]][port.name] = port.port }
        }
        self.ports = ports
        published = Set(platform.publications.map { "\($0.service).\($0.port)" })
    }

    mutating func add(_ reason: Permits.Reason, _ number: Int) {
        let flow = reason.flow
        guard let port = ports[flow.to]?[flow.port] else { return }
        let sources: [Permits.Source]
        switch flow.from {
        case .internet, .office:
            guard published.contains("\(flow.to).\(flow.port)") else {
                return note(
                    "not-published", reason,
                    "nothing outside reaches \(flow.to).\(flow.port), which is not published",
                    "publish it at an address")
            }
            if flow.from == .office, platform.office.isEmpty {
                return note(
                    "office-nowhere", reason,
                    "the file names no network of the office, so nobody there is let in",
                    "write its networks under `office:`", .warning)
            }
            sources = [flow.from == .internet ? .internet : .office]
        case .zone(let name): sources = (ofZone[name] ?? []).map { .seat($0) }
        case .service(let name): sources = (ofService[name] ?? []).map { .seat($0) }
        }
        var added = 0
        for from in sources {
            for to in ofService[flow.to] ?? [] where from != .seat(to) {
                guard known[Key(from: from, to: to, port: port)] == nil else { continue }
                known[Key(from: from, to: to, port: port)] = number
                permits.append(Permits.Permit(from: from, to: to, port: port, reason: number))
                added += 1
            }
        }
        if added == 0, !sources.isEmpty {
            note(
                "allowed-before", reason,
                "\(reason.ends) allows nothing that a line above does not; records name that one",
                "remove one of the two")
        }
    }

    private mutating func note(
        _ code: String, _ reason: Permits.Reason, _ problem: String, _ remedy: String,
        _ severity: Severity = .note
    ) {
        findings.append(
            Finding(severity, code, at: reason.flow.place, problem, remedy: remedy))
    }
}
