// Envoy: the attacker who owns a service and uses what is the service's: its certificate, its table,
// its flows, its words. It attacks the neighbours' programs, where the probe attacks the walls.
//
// It sits where the program sat, with the same walls, and tries what its orders name, each time
// beside the honest way, and tells what the other side did. Whether that is on record, and whether
// any state changed, the runner finds out elsewhere. Bounds: one connection at a time, two seconds
// for each sign of the other side.

internal import Breach
internal import Descriptors
package import Findings
internal import Loop
internal import Passage
package import Tenancy

/// One attempt: what became of it, at whom.
struct Finding {
    var outcome: Outcome
    var targets: [String] = []
    var control = ""

    init(_ outcome: Outcome) { self.outcome = outcome }
}

typealias Attempt = @Sendable (Mission) -> Finding

/// From a handed-over start to the last attempt.
package enum Envoy {
    private static let attempts: [String: Attempt] = Dictionary(
        PassageAttempts.all + AbsenceAttempts.all + OrderAttempts.all + PostingAttempts.all
            + ReportAttempts.all,
        uniquingKeysWith: { first, _ in first })

    /// Ids that have an attempt, for the table's test.
    package static var implemented: Set<String> { Set(attempts.keys) }

    /// Runs what the orders name.
    package static func run(_ tenancy: borrowing Tenancy) throws(Failure) {
        guard let bytes = try tenancy.table("orders", limit: EnvoyOrders.bytesMax),
            let orders = try? EnvoyCodec.decode(bytes), let report = tenancy.descriptor("report"),
            let table = try tenancy.table(PassageTable.descriptor, limit: PassageTable.bytesMax)
        else {
            throw Failure(
                .usage, "envoy-orders", "orders, a report channel or a table are missing",
                remedy: "use `bulkhead drill`")
        }
        let mission = try Mission(
            orders, PassageTable(parsing: table), authority: tenancy.descriptor("authority") ?? -1,
            report: report)
        if orders.takesLoot { mission.tell(.loot(loot(mission))) }
        var count: UInt32 = 0
        for id in orders.techniques {
            let begin = Clocks.wallNanoseconds()
            mission.tell(.began(id: id, time: begin))
            let finding =
                attempts[id]?(mission) ?? Finding(.couldNotRun("no attempt of that name"))
            var trial = Trial(
                id: id, begin: begin, end: Clocks.wallNanoseconds(), outcome: finding.outcome)
            trial.targets = finding.targets
            trial.control = finding.control
            mission.tell(.ended(trial))
            count += 1
        }
        mission.tell(.finished(trials: count))
    }

    private static func loot(_ mission: Mission) -> Loot {
        let believer = mission.opened.first { mission.greeted($0, as: mission.own) != nil }
        return Loot(
            owner: mission.name, certificate: mission.own.certificate, secret: mission.own.secret,
            believer: believer?.peer ?? "")
    }
}
