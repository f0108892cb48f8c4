import Addresses
import AuditTreaty

/// One value of each kind of event, with fields at their edges.
enum Samples {
    static let roster: Roster = {
        var roster = Roster(
            platform: "first", file: "first.yaml", isolation: "full",
            compartments: [
                RosterEntry(name: "web", zone: "dmz", address: Address(0x0A4D_0105)),
                RosterEntry(name: "db", zone: "data", address: Address(0x0A4D_0304)),
            ], flows: [])
        for (from, to, number) in [("web", "db", UInt16(5432)), ("internet", "web", 8443)] {
            guard let port = Port(.tcp, number) else { continue }
            roster.flows.append(
                RosterFlow(from: from, to: to, port: port, line: UInt32(roster.flows.count) + 41))
        }
        return roster
    }()

    static func attempt(_ verdict: Verdict = .refused, flow: UInt32 = 0) -> Attempt {
        Attempt(
            time: 1_795_233_600_123_456_789, wall: .fabric, verdict: verdict, source: 0, target: 1,
            flow: flow, sourceAddress: Address(0x0A4D_0105), targetAddress: Address(0x0A4D_0304),
            transport: 6, sourcePort: 40_312, targetPort: 5432)
    }

    static let count = AttemptCount(
        time: .max, wall: .publishing, verdict: .invalid, source: 0xFFFF, target: 0,
        targetPort: 65_535, count: .max)

    static let events: [Event] = [
        .roster(roster), .attempt(attempt()), .attempt(attempt(.allowed, flow: 1)),
        .attempt(attempt(.spoofed)), .attemptCount(count),
        .attemptGap(wall: .host, compartment: 65_535, lost: .max),
        .started(compartment: 1, digest: Array(0..<32), pid: .max, landlock: 7),
        .ready(compartment: 0, milliseconds: .max), .ended(compartment: 0, .exited(status: 255)),
        .ended(compartment: 0, .signalled(9)), .ended(compartment: 0, .outOfMemory),
        .restarting(compartment: 0, attempt: 3, delayMilliseconds: 1600),
        .abandoned(compartment: 0, attempts: 8),
        .stepFailed(compartment: 0, step: "pivot_root", errno: -22),
        .mismatch(compartment: 0, what: "uid 0"),
        .denied(
            compartment: 0, wall: .landlock, pid: 7, what: "fs.read_file /etc/shadow", detail: 0),
        .flowClosed(flow: 1, connections: 2, by: "operator"), .drift(where: "fabric"),
        .command(uid: 1000, verb: "down", granted: false),
        .command(uid: 0, verb: "status", granted: true),
        .platformUp(compartments: 20, milliseconds: 1500), .platformDown(reason: "operator"),
        .swept(what: "veth bh3"), .recovered(bytes: 12), .shed(count: 99),
        .note(kind: "login", text: "é ‮ \u{1B}[2J"), .note(kind: "", text: ""),
        .malformed(bytes: 65_536), .full(bytes: 1 << 30), .resumed(lost: 4),
    ]
}
