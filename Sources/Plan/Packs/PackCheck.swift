internal import Addresses
package import Confinement
package import Findings
package import Platform
internal import Segmentation

/// Holds a platform to a pack.
package enum PackCheck {
    static let findingsMax = 100

    /// An error for each flow and each packet that a rule does not permit, and a note for each rule
    /// with its reason, whose controls it serves and what was judged.
    ///
    /// `outline` is the same platform compiled: without it nothing is proved of the rules, and the
    /// last rule fails.
    package static func findings(
        _ pack: Pack, _ platform: Platform, outline: Deployment?
    ) -> [Finding] {
        let evidence = Evidence(platform, outline)
        var judge = Judge(pack: pack, platform: platform, evidence: evidence)
        for flow in platform.flows { judge.take(flow) }
        judge.takeRules()
        return judge.findings
    }
}

/// Goes through the flows with the rules of a pack.
private struct Judge {
    let pack: Pack
    let platform: Platform
    let evidence: Evidence
    private var judged: [Int]
    private var found: [[Finding]]
    private let ports: [Target: Port]
    private let publications: [Target: Publication]
    /// Who may reach a port by an `only` guarantee of that port.
    private var promised: [Target: Set<Party>] = [:]

    private struct Target: Hashable {
        let service: String
        let port: String
    }

    init(pack: Pack, platform: Platform, evidence: Evidence) {
        self.pack = pack
        self.platform = platform
        self.evidence = evidence
        judged = Array(repeating: 0, count: pack.rules.count)
        found = Array(repeating: [], count: pack.rules.count)
        ports = Dictionary(
            platform.services.flatMap { service in
                service.ports.map { (Target(service: service.name, port: $0.name), $0.port) }
            }, uniquingKeysWith: { first, _ in first })
        publications = Dictionary(
            platform.publications.map { (Target(service: $0.service, port: $0.port), $0) },
            uniquingKeysWith: { first, _ in first })
        for guarantee in platform.guarantees {
            guard case .only(let from, .service(let service), let port?) = guarantee.kind else {
                continue
            }
            // Of two promises both must hold.
            let target = Target(service: service, port: port)
            promised[target] = promised[target]?.intersection(from) ?? Set(from)
        }
    }

    mutating func take(_ flow: Flow) {
        guard let index = pack.rules.firstIndex(where: { concerns($0.concerns, flow) }) else {
            return
        }
        judged[index] += 1
        let rule = pack.rules[index]
        if rule.permits.contains(where: { permits($0, flow) }) { return }
        if isForThisMachine(rule, flow) {
            add(index, here(rule, flow))
        } else {
            add(index, refusal(rule, flow))
        }
    }

    /// Whatever the kernel's rules let pass besides the flows is against the rule about the rest.
    mutating func takeRules() {
        guard
            let index = pack.rules.firstIndex(where: {
                if case .rest = $0.concerns { true } else { false }
            })
        else { return }
        for problem in evidence.excess {
            add(
                index,
                Finding(
                    .error, pack.rules[index].code, at: nil,
                    "\(title(pack.rules[index])): \(problem)",
                    remedy: "this is no fault of the file: report it with the file"))
        }
    }

    private mutating func add(_ index: Int, _ finding: Finding) {
        guard found[index].count < PackCheck.findingsMax else { return }
        found[index].append(finding)
    }

    var findings: [Finding] { pack.rules.indices.flatMap { found[$0] + [account($0)] } }

    /// What came of a rule, for the record.
    private func account(_ index: Int) -> Finding {
        let rule = pack.rules[index]
        let broken = found[index].filter { $0.severity == .error }
        var outcome: String
        if broken.isEmpty {
            outcome =
                "holds, " + (judged[index] == 0 ? "no flow is about it" : flows(judged[index]))
            if case .rest = rule.concerns { outcome += "; \(evidence.summary)" }
        } else {
            let places = broken.compactMap { $0.place.map { "\($0.line)" } }
            outcome = "broken, " + flows(judged[index])
            if !places.isEmpty { outcome += ", see line \(places.joined(separator: ", "))" }
        }
        let serves = rule.controls.map(\.text).joined(separator: "; ")
        return Finding(
            .note, rule.code, at: nil,
            "\(title(rule)): \(outcome); because \(rule.reason); serves \(serves)",
            remedy: "nothing to do" + (broken.isEmpty ? "" : " here"))
    }

    private func flows(_ count: Int) -> String { "\(count) flow\(count == 1 ? "" : "s") judged" }

    // MARK: what a rule says of a flow

    private func port(_ flow: Flow) -> Port? {
        ports[Target(service: flow.to, port: flow.port)]
    }

    private func publication(_ flow: Flow) -> Publication? {
        publications[Target(service: flow.to, port: flow.port)]
    }

    private func concerns(_ concern: Concern, _ flow: Flow) -> Bool {
        switch concern {
        case .rest: return true
        case .internet: return flow.from == .internet
        case .ports(let kind):
            if kind.names.contains(flow.port) { return true }
            guard let port = port(flow) else { return false }
            if kind.ports.contains(port) { return true }
            // Outside it is the published number that counts.
            guard flow.from == .internet || flow.from == .office,
                let number = publication(flow)?.number, let shown = Port(port.transport, number)
            else { return false }
            return kind.ports.contains(shown)
        }
    }

    private func permits(_ permit: Permit, _ flow: Flow) -> Bool {
        switch permit {
        case .fromService(let name): return flow.from == .service(name)
        case .fromOfficeTo(let name): return flow.from == .office && flow.to == name
        case .published(let number):
            return port(flow)?.transport == .tcp && publication(flow)?.number == number
        case .fromAnyService:
            if case .service = flow.from { return true }
            return false
        case .fromPromised:
            guard case .service = flow.from else { return false }
            return promised[Target(service: flow.to, port: flow.port)]?.contains(flow.from) == true
        }
    }

    /// A port at a loopback address is published to nobody but the machine itself.
    private func isForThisMachine(_ rule: PackRule, _ flow: Flow) -> Bool {
        guard case .internet = rule.concerns, let publication = publication(flow) else {
            return false
        }
        return publication.address.value >> 24 == 127
    }

    // MARK: words

    private func title(_ rule: PackRule) -> String { "\(pack.name.rawValue), \(rule.claim)" }

    private func target(_ flow: Flow) -> String { "\(flow.to).\(flow.port)" }

    private func here(_ rule: PackRule, _ flow: Flow) -> Finding {
        let at = publication(flow).map { "\($0.address):\($0.number)" } ?? ""
        return Finding(
            .note, rule.code, at: flow.place,
            "\(title(rule)): \(target(flow)) is published at \(at), where only this machine meets it",
            remedy: "nothing to do here; at any other address it must have number 443")
    }

    private func refusal(_ rule: PackRule, _ flow: Flow) -> Finding {
        let port = port(flow).map { " (\($0))" } ?? ""
        let remedy = rule.remedy.replacing("TARGET", with: target(flow))
            .replacing("LINE", with: "\(flow.place.line)")
        return Finding(
            .error, rule.code, at: flow.place,
            "\(title(rule)): \(flow.from.name) reaches \(target(flow))\(port); "
                + "\(evidence.packet(flow, publication(flow)))",
            remedy: remedy)
    }
}
