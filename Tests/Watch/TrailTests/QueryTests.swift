import Addresses
import AuditTreaty
import Testing
import Trail

@Suite("Showing a trail")
struct QueryTests {
    private static let start: UInt64 = 1_795_233_600_000_000_000

    private static let roster = Roster(
        platform: "first", file: "first.yaml", isolation: "full",
        compartments: [
            RosterEntry(name: "web", zone: "dmz", address: Address(1)),
            RosterEntry(name: "db", zone: "data", address: Address(2)),
        ], flows: [])

    private func attempt(_ verdict: Verdict, from source: UInt16, to target: UInt16) -> Event {
        .attempt(
            Attempt(
                time: Self.start + UInt64(source), wall: .fabric, verdict: verdict, source: source,
                target: target, flow: 0, sourceAddress: Address(1), targetAddress: Address(2),
                transport: 6, sourcePort: 9, targetPort: 5432))
    }

    /// A trail whose supervisor told the names and whose compartment sent the events.
    private func rows(
        _ events: [Event], isObserver: Bool = true, _ scratch: Scratch
    ) throws -> [TrailRow] {
        var recorder = try Recorder(scratch.directory, time: Self.start)
        recorder.receive(
            EventMessage(sequence: 0, wantsReceipt: false, events: [.roster(Self.roster)]).encode(),
            from: .supervisor, time: Self.start)
        recorder.receive(
            EventMessage(sequence: 0, wantsReceipt: false, events: events).encode(),
            from: .service, time: Self.start)
        _ = try recorder.close(time: Self.start)
        var cursor = TrailCursor(scratch.directory, isObserver: isObserver)
        var rows: [TrailRow] = []
        _ = cursor.read { rows.append($0) }
        _ = cursor.read { rows.append($0) }
        return rows
    }

    @Test("filters pick by kind, refusal, ends and time")
    func filters() throws {
        let scratch = try Scratch()
        let rows = try rows(
            [
                attempt(.allowed, from: 0, to: 1), attempt(.refused, from: 1, to: 0),
                .command(uid: 1, verb: "down", granted: false), .swept(what: "x"),
            ], scratch)
        #expect(rows.count == 5)
        func count(_ change: (inout TrailQuery) -> Void) -> Int {
            var query = TrailQuery()
            change(&query)
            return rows.count { query.wants($0) }
        }
        #expect(count { _ in } == 5)
        #expect(count { $0.kinds = ["attempt"] } == 2)
        #expect(count { $0.refusedOnly = true } == 2)
        #expect(count { $0.from = "web" } == 1)
        #expect(count { $0.to = "web" } == 1)
        #expect(count { ($0.from, $0.to) = ("web", "web") } == 0)
        #expect(count { $0.since = Self.start + 1 } == 1)
        #expect(count { $0.until = Self.start } == 0)
    }

    @Test("names come from the supervisor's roster, and each record is delivered once")
    func names() throws {
        let scratch = try Scratch()
        let rows = try rows([attempt(.refused, from: 0, to: 1)], scratch)
        #expect(rows.last?.text.contains("no flow from web to db on tcp/5432") == true)
        #expect(rows.map(\.index) == [0, 1])
    }

    @Test("what a service says about others is shown as its claim; its roster renames nobody")
    func claims() throws {
        let scratch = try Scratch()
        var forged = Self.roster
        forged.compartments[0].name = "forged"
        let rows = try rows(
            [.roster(forged), attempt(.allowed, from: 0, to: 1), .note(kind: "own", text: "x")],
            isObserver: false, scratch)
        #expect(rows.map(\.isClaim) == [false, true, true, false])
        #expect(rows[2].text.hasPrefix("CLAIMED by the service: allowed web (dmz)"))
    }
}
