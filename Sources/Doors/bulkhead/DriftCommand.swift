internal import Arguments
internal import Confinement
internal import ControlTreaty
internal import Drift
internal import Findings
internal import Inspection
internal import Notation
internal import Operator
internal import Packets
internal import Ruleset

extension Verb {
    static let drift = Verb(
        Usage(
            "drift", operands: "[FILE]...", counts: 0...256,
            about:
                "Compares a running platform's kernel, or an import, with the plan, packet by packet",
            flags: [
                .json, platformFlag, stateFlag,
                Flag(
                    "from-format", value: "FORMAT",
                    "compare a platform file with what the further files of this format allow"),
            ],
            details: """
                Without FILE it asks a running platform: which packets its kernel decides otherwise
                than its plan, and which tracked connections no flow allows; for root.
                With --from-format: FILE PATH..., endpoints of the same names. Formats:
                \(ImportFormat.all.map { "  \($0.name): \($0.about)" }.joined(separator: "\n"))
                Exit 1 when something differs, or cannot be read.
                """)
    ) { arguments throws(Failure) in
        if let format = arguments.value("from-format") {
            return try importedDrift(format, arguments)
        }
        guard arguments.words.isEmpty else {
            throw Failure(
                .usage, "words", "without --from-format `drift` asks a running platform",
                remedy: "name no file, or the format of what to compare with")
        }
        let locations = try running(arguments)
        let inspection = try Inspection(control: locations.control)
        let told = try toldDrift(locations)
        // From here on this process is nobody: only then is anything parsed that others may have
        // written into the kernel.
        try Privileges.drop()
        let report = try DriftReport(inspection, told: told)
        if arguments.has("json") {
            Output.line(report.document.renderPretty())
        } else {
            for line in report.lines { Output.line(line) }
        }
        return report.isClean ? .good : .refused
    }

    /// Places whose text the supervisor finds changed.
    private static func toldDrift(_ locations: Locations) throws(Failure) -> [String] {
        guard case .status(let status) = try ControlClient.ask(.status, at: locations.control)
        else { return [] }
        return status.drift
    }
}

/// What differs in a running platform, with names.
private struct DriftReport {
    private struct Row {
        let deviation: NamedDeviation
        /// Who now reaches whom by it, past every other wall.
        let through: String?
    }

    private let platform: String
    private var rows: [Row] = []
    private var more = 0
    private var strays: [(from: String, to: String, what: String)] = []
    private var strayCount = 0
    private var connections = 0
    /// What cannot be proved, by the name of the filter.
    private var unproved: [(site: String, why: String)] = []
    private let told: [String]

    private static let straysMax = 200

    init(_ inspection: Inspection, told: [String]) throws(Failure) {
        self.told = told
        platform = inspection.plan.deployment.platform
        connections = inspection.connections.count
        let listings = inspection.listings.map { listing in
            LivePlatform.Listing(
                listing.compartment.map(Site.Kind.compartment) ?? .fabric, rules: listing.rules)
        }
        let live: LivePlatform
        do throws(Unreadable) {
            live = try LivePlatform(
                inspection.plan.deployment, closed: inspection.plan.closed, listings: listings)
        } catch {
            throw Failure(
                .refused, "unreadable-rules",
                "the live rules of \(error.site) cannot be read: \(Excerpt.of(error.problem, limit: 400))",
                remedy: "somebody loaded them: nothing can be said of what passes there; "
                    + "`bulkhead status` has the first difference")
        }
        let found = inspection.connections.map { one in
            Tracked(
                source: one.source, target: one.target, transport: one.transport,
                sourcePort: one.sourcePort, targetPort: one.targetPort)
        }
        let stray = live.strays(found)
        strayCount = stray.count
        strays = stray.prefix(Self.straysMax).map { one in
            (
                live.name(of: one.source), live.name(of: one.target),
                "protocol \(one.transport), \(one.source):\(one.sourcePort) > "
                    + "\(one.target):\(one.targetPort)"
            )
        }
        unproved = live.sites.flatMap { site in
            site.unmodelled.map { (site.name, Excerpt.of($0, limit: 200)) }
        }
        do throws(PacketSet.TooLarge) {
            let (listed, more) = try live.deviations()
            self.more = more
            for one in listed {
                let way = try live.through(one)
                let through = way.map { way in
                    "\(live.deployment.compartments[way.from].name) reaches "
                        + "\(live.deployment.compartments[way.to].name): "
                        + live.text(of: way.packet, .v4)
                }
                rows.append(Row(deviation: live.named(one), through: through))
            }
        } catch {
            throw Failure(
                .refused, "too-large", "the live rules cut packets into too many pieces to compare",
                remedy: "`bulkhead status` has the first difference of each place")
        }
    }

    var isClean: Bool {
        rows.isEmpty && more == 0 && strayCount == 0 && unproved.isEmpty && told.isEmpty
    }

    var lines: [String] {
        var lines: [String] = []
        for row in rows {
            lines.append(row.deviation.line)
            lines.append("    packet: \(row.deviation.packet)")
            if let through = row.through {
                lines.append("    past every wall: \(through)")
            } else if row.deviation.change == "opened" {
                lines.append("    past every wall: no, another one stops it")
            }
        }
        if more > 0 { lines.append("and \(more) more differences") }
        for one in strays {
            lines.append("connection \(one.from) -> \(one.to) (\(one.what)): no flow allows it")
        }
        if strayCount > strays.count {
            lines.append("and \(strayCount - strays.count) more such connections")
        }
        for one in unproved { lines.append("\(one.site): not modelled: \(one.why)") }
        if rows.isEmpty, !told.isEmpty {
            lines.append("no packet differs, but the text of rules does:")
            lines += told.map { "    \(Printable.lines($0.utf8))" }
        }
        if lines.isEmpty {
            lines.append(
                "\(platform): the kernel decides every packet as planned; "
                    + "\(counted(connections, "tracked connection")), each by a flow")
        }
        return lines
    }

    var document: JSON {
        [
            "platform": .text(platform), "clean": .boolean(isClean),
            "differences": .list(
                rows.map { row in
                    [
                        "place": .text(row.deviation.site), "change": .text(row.deviation.change),
                        "from": .text(row.deviation.from), "to": .text(row.deviation.to),
                        "protocol": .text(row.deviation.transport),
                        "ports": .text(row.deviation.ports),
                        "states": .text(row.deviation.states),
                        "packet": .text(row.deviation.packet),
                        "whole": .boolean(row.deviation.isWhole),
                        "certain": .boolean(row.deviation.isCertain),
                        "past_every_wall": .optional(row.through),
                    ]
                }),
            "more_differences": .count(more), "connections": .count(connections),
            "stray_connections": .list(
                strays.map { one in
                    [
                        "from": .text(one.from), "to": .text(one.to), "what": .text(one.what),
                    ]
                }),
            "stray_count": .count(strayCount),
            "not_modelled": .list(
                unproved.map { ["place": .text($0.site), "what": .text($0.why)] }),
            "text": .list(told.map { .text($0) }),
        ]
    }
}
