internal import Arguments
internal import AuditTreaty
internal import Findings
internal import Glibc
internal import Notation
internal import Trail

/// Most events kept in memory for one showing.
private let limitMax = 1_000_000

func showTrails(_ trails: [FoundTrail], _ arguments: Arguments) throws(Failure) -> ExitCode {
    let query = try query(arguments)
    let limit = try arguments.integer("limit", in: 1...limitMax) ?? 1000
    let wantsJSON = arguments.has("json")
    var cursors = trails.map { TrailCursor($0.directory, isObserver: $0.isObserver) }
    var exit = ExitCode.good
    var gather = Gathering(limit: limit)
    repeat {
        for (number, trail) in trails.enumerated() {
            let reading = cursors[number].read { row in
                if query.wants(row) { gather.add(row, trail.title) }
            }
            if let fault = reading.fault {
                Output.error("bulkhead: \(trail.title): \(fault)")
                exit = .refused
            }
            if let text = reading.unreadable {
                Output.error("bulkhead: \(trail.title): \(EventText.escaped(text))")
                exit = .usage
            }
        }
        for shown in gather.take() {
            Output.line(wantsJSON ? object(shown).render() : line(shown))
        }
        guard arguments.has("follow"), exit == .good else { break }
        _ = poll(nil, 0, 300)
    } while true
    return exit
}

/// The newest rows up to a limit, from trails that are read one after the other.
private struct Gathering {
    struct Shown {
        let row: TrailRow
        let title: String
    }
    let limit: Int
    private var rows: [Shown] = []

    init(limit: Int) { self.limit = limit }

    mutating func add(_ row: TrailRow, _ title: String) {
        rows.append(Shown(row: row, title: title))
        if rows.count >= limit * 2 + 1024 { rows = sorted() }
    }

    /// What was gathered, oldest first.
    mutating func take() -> [Shown] {
        defer { rows.removeAll() }
        return sorted()
    }

    /// Stable, so that rows of one trail with equal times keep their order.
    private func sorted() -> [Shown] {
        let order = rows.indices.sorted {
            (rows[$0].row.time, $0) < (rows[$1].row.time, $1)
        }
        return order.suffix(limit).map { rows[$0] }
    }
}

private func line(_ shown: Gathering.Shown) -> String {
    "\(EventText.time(shown.row.time))  \(shown.title)  \(shown.row.text)"
}

private func object(_ shown: Gathering.Shown) -> JSON {
    let row = shown.row
    var members: [JSON.Member] = [
        .init("time", .text(EventText.time(row.time))), .init("trail", .text(shown.title)),
        .init("record", .count(row.index)), .init("origin", .text(row.origin.name)),
        .init("kind", .text(EventText.kind(row.event))), .init("claim", .boolean(row.isClaim)),
        .init("text", .text(row.text)),
    ]
    for (name, field) in EventText.fields(row.event, row.roster) {
        let value: JSON =
            switch field {
            case .text(let text): .text(text)
            case .number(let number): .count(number)
            case .flag(let flag): .boolean(flag)
            }
        // An event's own text keeps its name; the sentence above is called text already.
        members.append(.init(name == "text" ? "noteText" : name, value))
    }
    return .object(members)
}

private func query(_ arguments: Arguments) throws(Failure) -> TrailQuery {
    var query = TrailQuery()
    if let time = try time("since", arguments) { query.since = time }
    if let time = try time("until", arguments) { query.until = time }
    for kind in arguments.values("kind") {
        guard EventText.kinds.contains(kind) else {
            let nearest = Nearest.name(to: kind, among: EventText.kinds)
            throw Failure(
                .usage, "trail-kind", "there is no kind of event `\(Excerpt.of(kind))`",
                remedy: nearest.map { "did you mean \($0)?" }
                    ?? "kinds: " + EventText.kinds.joined(separator: ", "))
        }
        query.kinds.insert(kind)
    }
    query.refusedOnly = arguments.has("refused")
    query.from = arguments.value("from")
    query.to = arguments.value("to")
    return query
}

private func time(_ flag: String, _ arguments: Arguments) throws(Failure) -> UInt64? {
    guard let text = arguments.value(flag) else { return nil }
    guard let time = EventText.parse(time: text) else {
        throw Failure(
            .usage, "trail-time", "--\(flag) does not take `\(Excerpt.of(text))`",
            remedy: "write a UTC time as 2026-01-31T09:05:00Z or a date as 2026-01-31")
    }
    return time
}
