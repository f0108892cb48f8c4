internal import Findings
internal import NftText
internal import Packets
internal import Ruleset
internal import Topology

/// The rules of one filter as they were read.
struct ReadRules: Sendable {
    /// A compartment's only interface but the loopback.
    private static let wire = "eth0"

    let name: String
    let rules: Ruleset
    /// IPv6 addresses that some rule tells apart.
    let v6: [ClosedRange<UInt128>]

    /// The filter of a compartment.
    init(compartment name: String, _ text: String) throws(Segmentation.Unreadable) {
        try self.init(name, text, interfaces: [Self.wire])
    }

    init(
        _ name: String, _ text: String, interfaces: [String]
    ) throws(Segmentation.Unreadable) {
        self.name = name
        let (rules, findings) = NftText.read(Array(text.utf8), interfaces: interfaces)
        guard let rules else {
            let problem = findings.first { $0.severity == .error }
            throw Segmentation.Unreadable(filter: name, problem: problem?.problem ?? "no rules")
        }
        self.rules = rules
        v6 = rules.addresses(.v6)
    }
}

/// Lays rules out as gates.
struct GateMaker: Sendable {
    let atoms: AddressAtoms

    init(_ filters: [ReadRules]) {
        atoms = AddressAtoms(filters.flatMap(\.v6))
    }

    /// The gates of a routing namespace: each packet that crosses it meets all of them.
    func transit(_ filter: ReadRules) throws(Segmentation.Unreadable) -> [Gate] {
        try gates(filter, .prerouting) + gates(filter, .forward)
    }

    /// The gates inside a compartment, for what leaves and for what comes by its wire.
    func ends(
        _ filter: ReadRules
    ) throws(Segmentation.Unreadable) -> (egress: [Gate], ingress: [Gate]) {
        (try gates(filter, .output, at: .departure), try gates(filter, .input, at: .arrival))
    }

    /// One gate for each base chain at a hook; with a field, as the first interface meets it.
    private func gates(
        _ filter: ReadRules, _ hook: Hook, at field: Field? = nil
    ) throws(Segmentation.Unreadable) -> [Gate] {
        var gates: [Gate] = []
        for base in filter.rules.bases(at: hook) {
            do throws(UnfoldingError) {
                let isOrdered = field == nil
                var v4 = try Unfolding(filter.rules, .v4).rules(of: base, isOrdered: isOrdered)
                var v6 = try Unfolding(filter.rules, .v6(atoms))
                    .rules(of: base, isOrdered: isOrdered)
                if let field {
                    v4 = v4.at(field, 1)
                    v6 = v6.at(field, 1)
                }
                let chain = filter.rules.chains[base].name
                gates.append(Gate(name: "\(filter.name), \(chain)", v4: v4, v6: v6, labels: []))
            } catch {
                throw Segmentation.Unreadable(filter: filter.name, problem: "\(error)")
            }
        }
        return gates
    }
}

extension BoundedRules {
    fileprivate func at(_ field: Field, _ value: UInt32) -> BoundedRules {
        let narrow = may.at(field, value)
        guard !unmodelled.isEmpty else { return BoundedRules(narrow) }
        return BoundedRules(may: narrow, must: must.at(field, value), unmodelled: unmodelled)
    }
}
