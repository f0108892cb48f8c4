internal import Addresses
package import AuditTreaty
package import Netlink

/// Where a log socket was opened.
package enum LogPlace: Sendable, Hashable {
    case fabric
    /// The host's table around published ports.
    case host
    /// The firewall inside the compartment of that index.
    case compartment(UInt16)

    /// Reads the name under which the supervisor hands a log socket over.
    package init?(descriptor name: String) {
        switch name {
        case "log.fabric": self = .fabric
        case "log.host": self = .host
        default:
            guard name.hasPrefix("log."), let index = UInt16(name.dropFirst(4)),
                "log.\(index)" == name
            else { return nil }
            self = .compartment(index)
        }
    }
}

/// Turns log records into attempts, counts, and gaps.
package struct AttemptSensor: Sendable {
    private struct Log: Hashable {
        let place: LogPlace
        let group: UInt16
    }

    private struct CountKey: Hashable {
        let wall: Wall
        let verdict: Verdict
        let source: UInt16
        let target: UInt16
        let port: UInt16
    }

    private static let countersMax = 4096
    private static let second: UInt64 = 1_000_000_000

    private let names: SensorNames
    private let perSecond: UInt32
    private var expected: [Log: UInt32] = [:]
    private var counters: [CountKey: UInt64] = [:]
    private var currentSecond: UInt64 = 0
    /// Attempts listed in this second, from the internet and from the office.
    private var listed: (internet: UInt32, office: UInt32) = (0, 0)

    package init(_ table: SensorTable) {
        names = SensorNames(table)
        perSecond = table.outsidePerSecond
    }

    /// Takes the records of one datagram in their order.
    package mutating func take(
        _ records: [LogRecord], from place: LogPlace, now: UInt64, into outlet: inout EventOutlet
    ) {
        // A datagram holds records of one group; the last one's place in the table is kept.
        var group: UInt16?
        var number: UInt32?
        for record in records {
            if record.group != group {
                keep(number, place, group)
                group = record.group
                number = expected[Log(place: place, group: record.group)]
            }
            check(record, after: number, place, into: &outlet)
            number = record.sequence &+ 1
            guard let attempt = names.attempt(record, from: place, now: now) else { continue }
            judge(attempt, now: now, into: &outlet)
        }
        keep(number, place, group)
    }

    private mutating func keep(_ number: UInt32?, _ place: LogPlace, _ group: UInt16?) {
        guard let number, let group else { return }
        expected[Log(place: place, group: group)] = number
    }

    /// Reports records that are missing before this one.
    private func check(
        _ record: LogRecord, after number: UInt32?, _ place: LogPlace,
        into outlet: inout EventOutlet
    ) {
        // A log that does not begin at zero was read by an earlier sensor: how much it took with
        // it nobody knows.
        let lost = number.map { record.sequence &- $0 }
        guard lost != 0, lost != nil || record.sequence != 0 else { return }
        let known = lost.map { $0 < 1 << 31 ? UInt64($0) : 0 } ?? 0
        let (wall, compartment) = names.wall(place)
        outlet.add(.attemptGap(wall: wall, compartment: compartment, lost: known))
    }

    private mutating func judge(
        _ attempt: Attempt, now: UInt64, into outlet: inout EventOutlet
    ) {
        guard attempt.source >= Attempt.office else {
            outlet.add(attempt: attempt)
            return
        }
        if now / Self.second != currentSecond {
            currentSecond = now / Self.second
            listed = (0, 0)
        }
        let isOffice = attempt.source == Attempt.office
        let used = isOffice ? listed.office : listed.internet
        guard used < perSecond, !outlet.isPressed else {
            count(attempt)
            return
        }
        if isOffice { listed.office += 1 } else { listed.internet += 1 }
        outlet.add(attempt: attempt)
    }

    private mutating func count(_ attempt: Attempt) {
        var key = CountKey(
            wall: attempt.wall, verdict: attempt.verdict, source: attempt.source,
            target: attempt.target, port: attempt.targetPort)
        if counters[key] == nil, counters.count >= Self.countersMax {
            // A scan over all ports shares one counter: exact in number, not in ports.
            key = CountKey(
                wall: key.wall, verdict: key.verdict, source: key.source, target: key.target,
                port: 0)
        }
        counters[key, default: 0] += 1
    }

    /// Whether a window has something to say.
    package var isCounting: Bool { !counters.isEmpty }

    /// Ends a window of 100 ms: every counter becomes an event.
    package mutating func closeWindow(now: UInt64, into outlet: inout EventOutlet) {
        for (key, count) in counters {
            outlet.add(
                .attemptCount(
                    AttemptCount(
                        time: now, wall: key.wall, verdict: key.verdict, source: key.source,
                        target: key.target, targetPort: key.port, count: count)))
        }
        counters.removeAll(keepingCapacity: true)
    }
}
