import Addresses
import AuditTreaty
import Breach
import Confinement
import Testing

@Suite("Correlation of probes and records")
struct CorrelationTests {
    private static let second: UInt64 = 1_000_000_000
    private static let database = Touch(transport: 6, address: Address(0x0A4D_0301), port: 5432)

    static func technique(
        _ id: String = "net.connect-others", _ walls: Walls = [.landlock, .fabric, .host],
        standing: String = "", control: Control = .works
    ) -> Technique {
        Technique(id, "a test's own", "T1210", walls, standing: standing, control: control)
    }

    static func trial(_ outcome: Outcome, _ touches: [Touch] = []) -> Trial {
        Trial(
            id: "net.connect-others", begin: 10 * second, end: 11 * second, outcome: outcome,
            touches: touches)
    }

    static func attempt(
        _ verdict: Verdict = .refused, _ wall: Wall = .host, source: UInt16 = 2,
        at time: UInt64 = 10 * second + 5, port: UInt16 = 5432
    ) -> Observed {
        Observed(
            time: time, trail: "sensor",
            event: .attempt(
                Attempt(
                    time: time, wall: wall, verdict: verdict, source: source, target: 3, flow: 0,
                    sourceAddress: Address(1), targetAddress: database.address, transport: 6,
                    sourcePort: 40_000, targetPort: port)))
    }

    static func denied(_ wall: Wall, _ detail: UInt64, compartment: UInt16 = 2) -> Observed {
        Observed(
            time: 10 * second + 7, trail: "sensor",
            event: .denied(
                compartment: compartment, wall: wall, pid: 9, what: "blocked", detail: detail))
    }

    static func cell(
        _ technique: Technique, _ trial: Trial?, _ observed: [Observed] = [],
        without: Walls = [], recordsCalls: Bool = true, absent: [String: String] = [:],
        proof: Proof = .works(""), sightings: [Sighting] = []
    ) -> Cell {
        var around = Circumstances(compartment: 2, name: "jobs", without: without)
        around.recordsCalls = recordsCalls
        around.recordsAccess = recordsCalls
        around.absent = absent
        around.proofs = [technique.id: proof]
        around.observed = observed
        around.sightings = sightings
        let trials = trial.map { [technique.id: $0] } ?? [:]
        return Correlation.cells([technique], trials, around)[technique.id]
            ?? .couldNotRun("no cell")
    }

    static let silent = trial(
        .stopped(Refusal(call: 42, errno: 110, detail: "unanswered")), [database])
    static let refused = trial(
        .stopped(Refusal(call: 41, errno: 1, arguments: [2, 3, 0], detail: "socket")))

    @Test("a packet that was dropped needs the record of the wall that dropped it")
    func packets() {
        let cases: [([Observed], String, [String])] = [
            ([Self.attempt()], "stopped", ["host"]),
            ([Self.attempt(.refused, .fabric)], "stopped", ["fabric"]),
            ([Self.attempt(), Self.attempt(.spoofed, .fabric)], "stopped", ["host"]),
            ([], "unrecorded", []),
            ([Self.attempt(source: 1)], "unrecorded", []),
            ([Self.attempt(port: 80)], "unrecorded", []),
            ([Self.attempt(at: 8 * Self.second)], "unrecorded", []),
            ([Self.attempt(at: 12 * Self.second)], "unrecorded", []),
            ([Self.attempt(.allowed, .fabric)], "through", []),
        ]
        for (observed, state, layers) in cases {
            let cell = Self.cell(Self.technique(), Self.silent, observed)
            #expect(cell.state == state)
            if case .stopped(let by, let how, let trace, _) = cell {
                #expect(by == layers && how == .record && trace != .nothing)
            }
        }
    }

    @Test("a refused connection takes the record of its own target, not of another's")
    func target() {
        let cases: [(String, [Observed], Trace)] = [
            ("connect 10.77.3.1:22", [Self.attempt(.refused, .landlock)], .nothing),
            (
                "connect 10.77.3.1:22",
                [Self.attempt(.refused, .landlock), Self.attempt(.refused, .landlock, port: 22)],
                .logged("landlock refused protocol 6 to 10.77.3.1 port 22")
            ),
            (
                "connect by another way", [Self.attempt(.refused, .landlock)],
                .logged("landlock refused protocol 6 to 10.77.3.1 port 5432")
            ),
        ]
        for (detail, observed, wanted) in cases {
            let refused = Self.trial(.stopped(Refusal(call: 42, errno: 13, detail: detail)))
            let cell = Self.cell(Self.technique(), refused, observed)
            guard case .stopped(let by, _, let trace, _) = cell else {
                Issue.record("\(cell)")
                continue
            }
            #expect(trace == wanted && (by == ["landlock"]) == (wanted != .nothing))
        }
    }

    @Test("attempts that were counted and not listed are on record too")
    func counted() {
        let count = AttemptCount(
            time: 11 * Self.second, wall: .host, verdict: .refused, source: 2, target: 3,
            targetPort: 5432, count: 70)
        let observed = Observed(
            time: 11 * Self.second, trail: "sensor", event: .attemptCount(count))
        #expect(Self.cell(Self.technique(), Self.silent, [observed]).state == "stopped")
    }

    @Test("what was sent and refused by nobody's record is never taken for stopped")
    func sent() {
        let packet = Self.trial(.sent("one datagram"), [Self.database])
        #expect(Self.cell(Self.technique(), packet, [Self.attempt()]).state == "stopped")
        #expect(Self.cell(Self.technique(), packet).state == "unrecorded")
        let bare = Self.trial(.sent("bytes"))
        #expect(Self.cell(Self.technique(), bare).state == "unrecorded")
        let channel = Self.technique("event.garbage", [], standing: "the writer")
        #expect(Self.cell(channel, bare).state == "stopped")
        let claim = Observed(
            time: 10 * Self.second + 9, trail: "jobs", event: .malformed(bytes: 12))
        guard case .stopped(_, _, let trace, _) = Self.cell(channel, bare, [claim]) else {
            Issue.record("a recorded forgery is stopped")
            return
        }
        #expect(trace == .logged("12 bytes that are no event"))
    }

    @Test("a witness that saw the packet arrive overrules everything")
    func sighting() {
        let seen = Sighting(
            time: 10 * Self.second + 1, interface: "bh3", source: Address(1), touch: Self.database)
        let cell = Self.cell(
            Self.technique(), Self.silent, [Self.attempt()], sightings: [seen])
        #expect(cell.isThrough)
    }

    @Test("a refused call is the filter's only with the filter's record of that call")
    func calls() {
        let technique = Self.technique("kern.io-uring", [.seccomp])
        let own = Self.cell(technique, Self.refused, [Self.denied(.seccomp, 41)])
        #expect(
            own
                == .stopped(
                    by: ["seccomp"], how: .record, trace: .logged("denied system call 41"),
                    detail: "errno 1, call 41, socket"))
        #expect(Self.cell(technique, Self.refused).state == "unrecorded")
        #expect(
            Self.cell(technique, Self.refused, [Self.denied(.seccomp, 9)]).state == "unrecorded",
            "another call's record")
        #expect(
            Self.cell(technique, Self.refused, [Self.denied(.seccomp, 41, compartment: 1)]).state
                == "unrecorded", "another compartment's record")
        #expect(
            Self.cell(technique, Self.refused, recordsCalls: false)
                == .stopped(
                    by: ["seccomp"], how: .errno, trace: .nothing,
                    detail: "errno 1, call 41, socket"))
        // A filter that records and did not is not what decided, where something else could.
        let two = Self.technique("net.raw-spoof", [.seccomp, .capabilities])
        for without in [Walls.seccomp, []] {
            guard
                case .stopped(let by, _, let trace, _) = Self.cell(
                    two, Self.refused, without: without)
            else {
                Issue.record("the capabilities are what is missing")
                continue
            }
            #expect(by == ["capabilities"] && trace == .nothing)
        }
    }

    @Test("a record speaks for one attempt only")
    func once() {
        let techniques = [
            Self.technique("net.sniff", [.seccomp]), Self.technique("net.raw-spoof", [.seccomp]),
        ]
        var around = Circumstances(compartment: 2, name: "jobs")
        around.recordsCalls = true
        around.observed = [Self.denied(.seccomp, 41)]
        var later = Self.refused
        later.begin += 1
        let trials = ["net.sniff": later, "net.raw-spoof": Self.refused]
        var cells = Correlation.cells(techniques, trials, around)
        #expect(cells["net.raw-spoof"]?.state == "stopped")
        #expect(cells["net.sniff"]?.state == "unrecorded")
        around.observed.append(Self.denied(.seccomp, 41))
        cells = Correlation.cells(techniques, trials, around)
        #expect(cells.values.allSatisfy { $0.state == "stopped" })
    }

    @Test("a connection that Landlock refused needs Landlock's record")
    func landlock() {
        let trial = Self.trial(.stopped(Refusal(call: 42, errno: 13, detail: "connect")))
        let record = Self.attempt(.refused, .landlock, port: 22)
        guard case .stopped(let by, .record, _, _) = Self.cell(Self.technique(), trial, [record])
        else {
            Issue.record("Landlock's own record of an attempt counts")
            return
        }
        #expect(by == ["landlock"])
        #expect(Self.cell(Self.technique("x.y", [.landlock]), trial).state == "unrecorded")
    }

    @Test("what ended the probe is told by how it ended")
    func endings() {
        let trial = Self.trial(
            .stopped(Refusal(call: nil, errno: 0, signal: 9, detail: "it ended the probe")))
        let memory = Observed(
            time: 11 * Self.second, trail: "supervisor",
            event: .ended(compartment: 2, .outOfMemory))
        let technique = Self.technique("res.memory-storm", [.limits])
        guard case .stopped(let by, _, let trace, _) = Self.cell(technique, trial, [memory]) else {
            Issue.record("a kill at the limit is a stop")
            return
        }
        #expect(by == ["limits"] && trace != .nothing)
    }

    @Test("an error number speaks of the wall that gives it, when nothing is on record")
    func errors() {
        let cases: [(Int32, UInt8, Walls, String, String?)] = [
            (2, 0, [.root, .landlock, .uid], "", "root"),
            (3, 0, [.pids, .uid], "", "pids"),
            (13, 0, [.root, .landlock, .uid], "", "uid"),
            (24, 0, [.limits], "", "limits"),
            (28, 0, [.limits], "the mount's size", "limits"),
            (101, 0, [.fabric], "own network namespace", "standing"),
            (0, 9, [.limits], "", "limits"),
            (0, 31, [.seccomp], "", "seccomp"),
            (0, 11, [.wx, .seccomp], "", "wx"),
            (110, 0, [.seccomp, .fabric], "", "fabric"),
            (92, 0, [.seccomp, .host], "switched off", "standing"),
            // What the kernel dislikes or lacks is no wall's doing, whatever stands there.
            (22, 0, [], "", nil), (22, 0, [.seccomp, .capabilities], "", nil),
            (14, 0, [.seccomp], "", nil), (95, 0, [.seccomp], "", nil),
            (2, 0, [.landlock, .uid, .seccomp], "", nil),
        ]
        for (errno, signal, walls, standing, layer) in cases {
            let refusal = Refusal(call: nil, errno: errno, signal: signal, detail: "")
            let cell = Self.cell(
                Self.technique("x.y", walls, standing: standing), Self.trial(.stopped(refusal)),
                recordsCalls: false)
            if let layer {
                guard case .stopped(let by, let how, _, _) = cell else {
                    Issue.record("errno \(errno) signal \(signal): \(cell)")
                    continue
                }
                #expect(by == [layer] && how == .errno)
            } else {
                #expect(cell.state == "could-not-run")
            }
        }
    }

    @Test("what the host has none of was not hidden by a wall")
    func missing() {
        let trial = Self.trial(.stopped(Refusal(call: 257, errno: 2, detail: "no such file")))
        let technique = Self.technique("file.keys", [.root, .uid])
        #expect(Self.cell(technique, trial).state == "stopped")
        #expect(
            Self.cell(technique, trial, absent: [technique.id: "none here"])
                == .inapplicable("none here"))
    }

    @Test("nothing to attack counts only when the plan or the open twin says so too")
    func nothing() {
        let trial = Self.trial(.inapplicable("no published port"))
        let technique = Self.technique()
        #expect(Self.cell(technique, trial).state == "could-not-run")
        #expect(
            Self.cell(technique, trial, absent: [technique.id: "none"])
                == .inapplicable("none"))
        #expect(
            Self.cell(technique, trial, proof: .lacking("x")) == .inapplicable("no published port"))
        #expect(Self.cell(technique, nil).state == "could-not-run")
        #expect(Self.cell(technique, Self.trial(.couldNotRun("?"))).isFailure)
    }

    @Test("the open twin proves a technique only by getting through")
    func proofs() {
        let refusal = Refusal(call: nil, errno: 38, detail: "")
        let needs = Self.technique(control: .needs("a device"))
        let cases: [(Technique, Outcome?, String)] = [
            (Self.technique(), .through("in"), "works"), (Self.technique(), .sent("out"), "works"),
            (Self.technique(), .stopped(refusal), "failed"), (Self.technique(), nil, "failed"),
            (needs, .stopped(refusal), "lacking"), (needs, .inapplicable("none"), "lacking"),
            (needs, .couldNotRun("hung"), "failed"), (needs, nil, "failed"),
            (Self.technique(), .inapplicable("none"), "failed"),
        ]
        for (technique, outcome, word) in cases {
            switch Proof(technique, outcome) {
            case .works: #expect(word == "works")
            case .lacking: #expect(word == "lacking")
            case .failed: #expect(word == "failed")
            }
        }
    }
}
