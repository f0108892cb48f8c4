import Addresses
import Breach
import Bytes
import Testing

@Suite("Codecs of orders and reports")
struct BreachCodecTests {
    private static let refusal = Refusal(
        call: 41, errno: 1, signal: 0, arguments: [2, 3, 255, 0, 0, .max], detail: "socket")
    private static let touch = Touch(transport: 6, address: Address(0x0A4D_0301), port: 5432)

    static let reports: [Report] = [
        .identity(
            Identity(
                uid: 200_001, gid: nil, effective: 0, permitted: nil, noNewPrivileges: true,
                seccomp: 2, descriptors: [0, 1, 2, 3])),
        .began(id: "net.tun", time: 7),
        .ended(Trial(id: "net.tun", begin: 1, end: 2, outcome: .stopped(refusal))),
        .ended(Trial(id: "net.tun", begin: 1, end: 2, outcome: .sent("gone"), touches: [touch])),
        .ended(Trial(id: "net.tun", begin: 1, end: 2, outcome: .through("read"))),
        .ended(Trial(id: "net.tun", begin: 1, end: 2, outcome: .inapplicable("none"))),
        .ended(Trial(id: "net.tun", begin: 1, end: 2, outcome: .couldNotRun("hung"))),
        .sighting(Sighting(time: 9, interface: "bh1", source: Address(5), touch: touch)),
        .listening(port: 40_001), .loot(loot), .prompt("block"),
        .ended(
            {
                var trial = Trial(id: "pass.kind", begin: 1, end: 2, outcome: .stopped(refusal))
                trial.targets = ["ledger", "orders"]
                trial.control = "ledger answers balances"
                return trial
            }()),
        .finished(trials: 130),
    ]

    private static let loot = Loot(
        owner: "risk", certificate: [1, 2, 3], secret: [4, 5], believer: "ledger")

    static var envoyOrders: EnvoyOrders {
        var orders = EnvoyOrders(techniques: Technique.envoys.map(\.id))
        orders.takesLoot = true
        orders.loot = [loot]
        orders.doors = [ForeignDoor(owner: "ledger", address: Address(9), port: 7006)]
        orders.requests = [
            PassingRequest(
                label: "edited", account: 7, key: "abc", signature: [1], payload: [2, 3])
        ]
        orders.verifier = "identity"
        orders.account = 1
        orders.victim = 2
        orders.otherKey = "def"
        orders.sequence = 9
        orders.base = 1
        orders.held = 100
        orders.resting = 8
        orders.price = 500
        orders.tick = 5
        orders.divisor = 1_000
        orders.root = loot
        return orders
    }

    @Test("an envoy's orders read back as they were written, and are refused when cut or longer")
    func envoyRoundTrip() throws {
        let bytes = EnvoyCodec.encode(Self.envoyOrders)
        #expect(try EnvoyCodec.decode(bytes) == Self.envoyOrders)
        for count in 0..<bytes.count {
            #expect(throws: Malformed.self) { try EnvoyCodec.decode(Array(bytes[..<count])) }
        }
        #expect(throws: Malformed.self) { try EnvoyCodec.decode(bytes + [0]) }
    }

    static var orders: Orders {
        var orders = Orders(
            compartment: 3, address: Address(0x0A4D_0201), program: "/usr/bin/web",
            allowance: Allowance(
                memoryBytes: 1 << 28, processes: 64, files: 1024, diskBytes: 1 << 28,
                scratchBytes: 1 << 24))
        orders.neighbours = [Address(1), Address(2)]
        orders.targets = [Target(.declared, Address(9), port: 5432)]
        orders.paths = [VictimPath(.trail, "/trails/web")]
        orders.techniques = Technique.all.map(\.id)
        orders.nonce = [UInt8](0..<16)
        orders.abstractName = "canary"
        orders.sharedKey = 77
        orders.victims = [Victim(.watch, pid: 4242)]
        return orders
    }

    @Test("a report reads back as it was written", arguments: reports)
    func roundTrip(_ report: Report) throws {
        let read = try ReportCodec.decode(ReportCodec.encode(report))
        #expect(read == report)
    }

    @Test("orders read back as they were written")
    func ordersRoundTrip() throws {
        let read = try OrdersCodec.decode(OrdersCodec.encode(Self.orders))
        #expect(read == Self.orders)
    }

    @Test("the largest report still fits its message")
    func bound() throws {
        let long = String(repeating: "é\0", count: 4000)
        let touches = (0..<1000).map {
            Touch(transport: 17, address: Address(UInt32($0)), port: 53)
        }
        let trial = Trial(id: long, begin: 0, end: 0, outcome: .through(long), touches: touches)
        let bytes = ReportCodec.encode(.ended(trial))
        #expect(bytes.count <= ReportCodec.bytesMax)
        let read = try ReportCodec.decode(bytes)
        guard case .ended(let kept) = read else {
            Issue.record("another kind of report came back")
            return
        }
        #expect(kept.touches.count == 256)
    }

    @Test("a report cut short or lengthened is refused", arguments: reports)
    func truncated(_ report: Report) {
        let bytes = ReportCodec.encode(report)
        let accepted = (0..<bytes.count).filter {
            (try? ReportCodec.decode(Array(bytes.prefix($0)))) != nil
        }
        #expect(accepted == [])
        #expect(throws: Malformed.self) { try ReportCodec.decode(bytes + [0]) }
    }

    @Test("no bytes trap the readers, and what they accept reads back the same")
    func mutated() {
        var random: UInt64 = 0x42_4852
        let next = { () -> Int in
            random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(random >> 33)
        }
        let seeds = Self.reports.map { ReportCodec.encode($0) }
        let orders = OrdersCodec.encode(Self.orders)
        var changed = 0
        for round in 0..<20_000 {
            var bytes = round % 10 == 0 ? orders : seeds[next() % seeds.count]
            for _ in 0...(next() % 4) { bytes[next() % bytes.count] = UInt8(next() & 255) }
            if next() % 4 == 0 { bytes.removeLast(next() % bytes.count) }
            if let report = try? ReportCodec.decode(bytes) {
                let again = try? ReportCodec.decode(ReportCodec.encode(report))
                if again != report { changed += 1 }
            }
            if let read = try? OrdersCodec.decode(bytes) {
                let again = try? OrdersCodec.decode(OrdersCodec.encode(read))
                if again != read { changed += 1 }
            }
        }
        #expect(changed == 0)
    }
}
