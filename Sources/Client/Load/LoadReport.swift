package import Notation
internal import Numerals
package import OrderTreaty

/// A run's result, for people and programs.
package struct LoadReport: Sendable {
    private let tally: LoadTally
    private let closing: LoadClosing
    private let listing: Listing
    private let replayed: ReplayFlow.Counts?

    package init(
        _ tally: LoadTally, _ closing: LoadClosing, _ listing: Listing,
        _ replayed: ReplayFlow.Counts?
    ) {
        self.tally = tally
        self.closing = closing
        self.listing = listing
        self.replayed = replayed
    }

    private var perSecond: UInt64 {
        UInt64(tally.answered) * 1_000_000_000 / max(tally.nanoseconds, 1)
    }

    private var fees: [(String, String)] {
        zip(listing.currencies, closing.fees).map { currency, fee in
            (currency.name, FixedPoint.render(fee, digits: currency.digits))
        }
    }

    /// One document.
    package var document: JSON {
        var members: [JSON.Member] = [
            .init("steps", .count(tally.steps)), .init("answered", .count(tally.answered)),
            .init("seconds", .text(FixedPoint.render(Int64(tally.nanoseconds), digits: 9))),
            .init("per_second", .count(perSecond)),
            .init(
                "latency_nanoseconds",
                [
                    "p50": .count(tally.latencies.value(perThousand: 500)),
                    "p99": .count(tally.latencies.value(perThousand: 990)),
                    "p999": .count(tally.latencies.value(perThousand: 999)),
                    "largest": .count(tally.latencies.largest),
                ]),
            .init(
                "statuses",
                .object(
                    tally.statuses.sorted { $0.key < $1.key }
                        .map { .init("\($0.key)", .count($0.value)) })),
            .init(
                "problems",
                .object(
                    tally.problems.sorted { $0.key < $1.key }
                        .map { .init($0.key, .count($0.value)) })),
            .init("lost", .count(tally.lost)), .init("retries", .count(tally.retries)),
            .init("checked_orders", .count(closing.checked)),
            .init("open_at_end", .count(closing.open)),
            .init("fees", .object(fees.map { .init($0.0, .text($0.1)) })),
            .init("books_compared", .boolean(!closing.metOthers)),
            .init("fault_count", .count(tally.faultCount)),
            .init("faults", .list(tally.faults.map { .text($0) })),
        ]
        if let replayed {
            members.append(
                .init(
                    "replay",
                    [
                        "executions": .count(replayed.executions),
                        "unknown_references": .count(replayed.unknown),
                        "others": .count(replayed.others),
                    ]))
        }
        return .object(members)
    }

    /// Lines for people.
    package var lines: [String] {
        let latencies = [500, 990, 999].map { share in
            Self.milliseconds(tally.latencies.value(perThousand: UInt64(share)))
        }
        var lines = [
            "\(tally.steps) steps, \(tally.answered) outcomes, \(perSecond) a second",
            "latency p50 \(latencies[0]), p99 \(latencies[1]), p99.9 \(latencies[2]), "
                + "largest \(Self.milliseconds(tally.latencies.largest))",
            "answers "
                + tally.statuses.sorted { $0.key < $1.key }
                .map { "\($0.key): \($0.value)" }.joined(separator: ", "),
        ]
        if !tally.problems.isEmpty {
            lines.append(
                "problems "
                    + tally.problems.sorted { $0.key < $1.key }
                    .map { "\($0.key): \($0.value)" }.joined(separator: ", "))
        }
        if tally.lost + tally.retries > 0 {
            lines.append("\(tally.lost) answers lost, \(tally.retries) asked again")
        }
        if let replayed {
            lines.append(
                "file: \(replayed.executions) executions, \(replayed.unknown) unknown references, "
                    + "\(replayed.others) other messages")
        }
        lines.append("fees " + fees.map { "\($0.1) \($0.0)" }.joined(separator: ", "))
        lines.append(
            closing.metOthers
                ? "books not compared: other traffic was there" : "books hold what was open")
        lines.append(
            "\(closing.checked) orders checked, \(closing.open) were open at the end, "
                + (tally.faultCount == 0
                    ? "everything adds up" : "\(tally.faultCount) things do not add up:"))
        return lines + tally.faults
    }

    private static func milliseconds(_ nanoseconds: UInt64) -> String {
        FixedPoint.render(Int64(min(nanoseconds / 1_000, 1 << 50)), digits: 3) + " ms"
    }
}
