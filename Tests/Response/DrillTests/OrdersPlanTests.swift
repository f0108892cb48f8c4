import Addresses
import Breach
import ControlTreaty
import Drill
import Testing

@Suite("Orders of a drill")
struct OrdersPlanTests {
    static func service(
        _ name: String, _ address: String, _ ports: [String], isService: Bool = true,
        pid: UInt32 = 50
    ) -> CompartmentStatus {
        var one = CompartmentStatus(
            name: name, zone: "z", address: address, state: .ready, isService: isService, pid: pid,
            uid: 70_001, memoryBytes: 0, restarts: 0, connections: 0, refusals: 0, ports: ports)
        one.program = "/usr/bin/\(name)"
        one.limits.files = 256
        return one
    }

    static let plan = OrdersPlan(
        status: PlatformStatus(
            platform: "p", file: "p.yaml", isolation: "full", upMilliseconds: 1, without: [],
            compartments: [
                service("web", "10.0.0.1", ["tcp/8080"], pid: 51),
                service("app", "10.0.0.2", ["tcp/8000", "udp/53"], pid: 52),
                service("data", "10.0.0.3", ["tcp/5432"], pid: 53),
                service("sensor", "", [], isService: false, pid: 54),
            ],
            flows: [
                FlowStatus(id: 1, from: "web", to: "app", port: "tcp/8000", line: 1, open: true)
            ],
            published: ["web.http 127.88.0.1:8080"]),
        state: "/s", run: "/r", supervisor: 99,
        bait: Bait(
            canary: 4000, abstractName: "a", sharedKey: 7, nonce: [UInt8](repeating: 1, count: 16)))

    @Test("what a flow allows is no target, everything else of other services is")
    func targets() throws {
        let orders = try #require(Self.plan.orders(0, techniques: ["net.listen"]))
        let declared = orders.targets.filter { $0.kind == .declared }
        #expect(
            declared == [
                Target(.declared, Address(0x0A00_0002), transport: 17, port: 53),
                Target(.declared, Address(0x0A00_0003), port: 5432),
            ])
        let own = Address(0x0A00_0001)
        #expect(orders.targets.allSatisfy { $0.address != own } && orders.address == own)
        #expect(orders.targets.contains { $0.kind == .hostLoopback && $0.port == 4000 })
        #expect(orders.neighbours == [Address(0x0A00_0002), Address(0x0A00_0003)])
        #expect(orders.allowance.files == 256 && orders.program == "/usr/bin/web")
    }

    @Test("the victims are everyone else, the watch among them")
    func victims() throws {
        let orders = try #require(Self.plan.orders(1, techniques: []))
        #expect(
            orders.victims == [
                Victim(.service, pid: 51), Victim(.service, pid: 53), Victim(.watch, pid: 54),
                Victim(.watch, pid: 99),
            ])
        #expect(orders.paths.contains(VictimPath(.state, "/s/services/web")))
        #expect(!orders.paths.contains(VictimPath(.state, "/s/services/app")))
        #expect(try OrdersCodec.decode(OrdersCodec.encode(orders)) == orders)
    }

    @Test("what is no service gets no probe")
    func implicit() {
        #expect(Self.plan.orders(3, techniques: []) == nil)
        #expect(Self.plan.orders(9, techniques: []) == nil)
    }

    @Test("only a published service holds sockets of the host")
    func absent() throws {
        let out = try #require(Technique.byID["out.listener-dial"])
        #expect(Self.plan.absent(0, [out]).isEmpty)
        #expect(Self.plan.absent(1, [out])[out.id] != nil)
        #expect(Self.plan.published(0).first?.1 == 8080)
        let keys = try #require(Technique.byID["file.host-keys"])
        #expect(Self.plan.absent(0, [keys]) { _ in false }[keys.id] != nil)
        #expect(Self.plan.absent(0, [keys]) { $0 == Technique.hostKeys[0] }.isEmpty)
        let state = try #require(Technique.byID["res.state-fill"])
        var rootless = Self.plan
        rootless.status.without = ["root"]
        #expect(Self.plan.absent(0, [state]).isEmpty)
        #expect(rootless.absent(0, [state])[state.id] != nil)
    }

    @Test("a role that may open listeners has the trait, one that holds a socket of the host not")
    func traits() {
        var plan = Self.plan
        for index in plan.status.compartments.indices {
            plan.status.compartments[index].role = ["inet-server", "stdio"]
        }
        #expect(plan.traits(0) == ["inet-server", "stdio", Technique.published])
        #expect(plan.traits(1) == ["inet-server", "stdio", Technique.listens])
        #expect(plan.others(1).map(\.pid) == [51, 53])
    }

    @Test("a probe that is not in the program's place is found out")
    func difference() {
        var plan = Self.plan
        plan.status.compartments[0].handed = 2
        let fine = Identity(
            uid: 70_001, gid: 70_001, effective: 0, permitted: 0, noNewPrivileges: true,
            seccomp: 2, descriptors: [0, 1, 2, 3, 4, 5, 6])
        #expect(plan.difference(0, fine, without: []) == nil)
        #expect(plan.difference(0, nil, without: []) != nil)
        var cases: [(Identity, Set<String>)] = []
        var one = fine
        one.uid = 0
        cases.append((one, []))
        one = fine
        one.effective = 1
        cases.append((one, []))
        one = fine
        one.seccomp = 0
        cases.append((one, ["uid"]))
        one = fine
        one.noNewPrivileges = false
        cases.append((one, []))
        one = fine
        one.descriptors.append(9)
        cases.append((one, []))
        one = fine
        one.descriptors.remove(at: 4)
        cases.append((one, []))
        for (identity, without) in cases {
            #expect(plan.difference(0, identity, without: without) != nil)
        }
        one = fine
        one.seccomp = 0
        #expect(plan.difference(0, one, without: ["seccomp"]) == nil)
        one = fine
        one.descriptors += [7, 8]
        #expect(plan.difference(0, one, without: []) != nil)
        plan.status.compartments[0].handed = 4
        #expect(plan.difference(0, one, without: []) == nil)
        #expect(plan.difference(0, fine, without: []) != nil)
    }

    @Test("reports are taken once, junk is counted, an attempt that ended its probe is known")
    func hearing() throws {
        var hearing = Hearing()
        let id = "net.listen"
        let first = Trial(id: id, begin: 1, end: 2, outcome: .through("x"))
        let second = Trial(id: id, begin: 3, end: 4, outcome: .inapplicable("never mind"))
        func take(_ bytes: [UInt8]) -> Bool { hearing.take(bytes) }
        #expect(!take([1, 2, 3]))
        #expect(!take(ReportCodec.encode(.began(id: id, time: 1))))
        #expect(hearing.pending?.id == id)
        #expect(!take(ReportCodec.encode(.ended(first))))
        #expect(!take(ReportCodec.encode(.ended(second))))
        #expect(hearing.trials[id] == first && hearing.malformed == 1 && hearing.pending == nil)
        #expect(!take(ReportCodec.encode(.began(id: "net.tun", time: 5))))
        let gone = try #require(Hearing.unfinished(hearing, .hungUp))
        guard case .stopped(let refusal) = gone.outcome else {
            Issue.record("\(gone)")
            return
        }
        #expect(gone.id == "net.tun" && refusal.signal == 9)
        #expect(Hearing.unfinished(hearing, .interrupted) == nil)
        #expect(take(ReportCodec.encode(.finished(trials: 1))))
    }
}
