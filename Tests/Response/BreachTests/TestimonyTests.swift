import Addresses
import AuditTreaty
import Breach
import Testing

@Suite("Envoys and the records of those they attacked")
struct TestimonyTests {
    private static let second: UInt64 = 1_000_000_000
    private static let technique = Technique(
        "pass.kind", "a test's own", "T1210", [], checks: ["table"], records: ["not permitted"])

    static func trial(
        _ outcome: Outcome = .stopped(Refusal(call: nil, errno: 0, detail: "closed")),
        targets: [String] = ["ledger"], control: String = "ledger answers"
    ) -> Trial {
        var trial = Trial(
            id: "pass.kind", begin: 10 * second, end: 11 * second, outcome: outcome)
        trial.targets = targets
        trial.control = control
        return trial
    }

    static func note(
        _ text: String, _ trail: String = "ledger", at time: UInt64 = 10 * second + 5
    ) -> Observed {
        Observed(time: time, trail: trail, event: .note(kind: "passage", text: text))
    }

    static func cell(_ trial: Trial, _ observed: [Observed]) -> Cell {
        var around = Circumstances(compartment: 2, name: "risk")
        around.address = Address(0x0A4D_0201)
        around.observed = observed
        return Testimony.cells([technique], [trial.id: trial], around)[trial.id]
            ?? .couldNotRun("no cell")
    }

    @Test("what every target has on record about this attacker is stopped, by the check")
    func stopped() {
        let told = [
            Self.note("risk: a kind that is not permitted"),
            Self.note("passage at 10.77.2.1 refused: not permitted", "orders"),
        ]
        let cell = Self.cell(Self.trial(targets: ["ledger", "orders"]), told)
        guard case .stopped(["table"], .record, .logged(let text), "closed") = cell else {
            Issue.record("\(cell)")
            return
        }
        #expect(text.contains("ledger: risk") && text.contains("orders: passage"))
    }

    @Test(
        "what is not on record is a failure",
        arguments: [
            [], [note("risk: something else")], [note("orders: not permitted")],
            [note("risk: not permitted", "orders")],
            [note("risk: not permitted", at: 2 * second)],
            [note("risk: not permitted", at: 20 * second)],
        ])
    func unrecorded(_ observed: [Observed]) {
        let cell = Self.cell(Self.trial(), observed)
        #expect(cell.state == "unrecorded", "\(cell)")
    }

    @Test("what the target says of the attacker instead is told, and nothing of anybody else")
    func instead() {
        let observed = [
            Self.note("risk: too many connections"), Self.note("gateway: not permitted"),
        ]
        guard case .unrecorded(let text) = Self.cell(Self.trial(), observed) else {
            Issue.record("it counts as recorded")
            return
        }
        let wanted = "recorded nothing of it, but: risk: too many connections"
        #expect(text.hasSuffix(wanted), "\(text)")
    }

    @Test("more than a service lists is counted by it, for whoever caused it")
    func counted() {
        let about = { (name: String) in
            Self.note("4 further ends of passages, not listed: 4 \(name)")
        }
        #expect(Self.cell(Self.trial(), [about("risk")]).state == "stopped")
        #expect(Self.cell(Self.trial(), [about("gateway")]).state == "unrecorded")
    }

    @Test("one record speaks for one attempt")
    func once() {
        let other = Technique(
            "pass.state", "another", "T1210", [], checks: ["state"], records: ["not permitted"])
        var second = Self.trial()
        second.id = other.id
        second.begin += 1
        var around = Circumstances(compartment: 2, name: "risk")
        around.observed = [Self.note("risk: not permitted")]
        let cells = Testimony.cells(
            [Self.technique, other], ["pass.kind": Self.trial(), "pass.state": second], around)
        #expect(cells["pass.kind"]?.state == "stopped")
        #expect(cells["pass.state"]?.state == "unrecorded")
    }

    @Test("being stopped proves nothing where nothing honest was tried, or nobody is named")
    func unproven() {
        let told = [Self.note("risk: not permitted")]
        #expect(Self.cell(Self.trial(control: ""), told).state == "could-not-run")
        #expect(Self.cell(Self.trial(targets: []), told).state == "could-not-run")
        #expect(Self.cell(Self.trial(.through("in")), told).state == "through")
        #expect(Self.cell(Self.trial(.sent("gone")), told).state == "unrecorded")
        #expect(Proof(honest: [Self.trial()]) == .works("ledger answers"))
        #expect(Proof(honest: [Self.trial(.inapplicable("no"), control: "")]).isLacking)
        #expect(
            Proof(honest: [Self.trial(control: "")]) == .failed("nothing honest worked beside it"))
    }
}

@Suite("Routes of passages")
struct PassageRoutesTests {
    private static let routes = PassageRoutes([
        (
            "risk",
            [
                "self risk 10.77.2.3", "accept orders 10.77.2.2 7003 attach,block",
                "open ledger 10.77.3.1 7006 attach,holds",
            ]
        ),
        (
            "ledger",
            [
                "self ledger 10.77.3.1", "public 127.0.0.1",
                "accept risk 10.77.2.3 7006 attach,holds",
            ]
        ), ("page", []),
    ])

    @Test("lines of tables say who opens what to whom")
    func lines() {
        #expect(Self.routes.services.map(\.name) == ["risk", "ledger"])
        #expect(Self.routes.routes(of: "risk").map(\.isOpened) == [false, true])
        #expect(Self.routes.taker(of: "holds") == "ledger")
        #expect(Self.routes.taker(of: "block") == "risk")
        #expect(Self.routes.taker(of: "place") == nil)
        for line in ["", "open", "open a 1.2.3.4 x y", "accept a b 1 y", "shut a 1.2.3.4 1 y"] {
            #expect(PassageRoute(line) == nil, "\(line)")
        }
    }

    @Test("a foreign door is a passage's port to which no flow leads")
    func foreign() throws {
        let ledger = try #require(Address("10.77.3.1"))
        let risk = try #require(Address("10.77.2.3"))
        let addresses = ["risk": risk, "ledger": ledger]
        #expect(Self.routes.foreign(to: "risk", addresses: addresses) == [])
        #expect(
            Self.routes.foreign(to: "ledger", addresses: addresses)
                == [ForeignDoor(owner: "risk", address: risk, port: 7003)])
    }
}
