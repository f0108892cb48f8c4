import Addresses
import Bytes
import Confinement
import Testing

@Suite("A running plan and other flows")
struct RunningPlanTests {
    private static func desk(_ flows: [(Origin, Int, UInt16)]) throws -> Deployment {
        var plan = Deployment(platform: "desk", file: "desk.yaml", isolation: .full)
        plan.zones = [ZonePlan(name: "zone", network: try #require(Prefix("10.77.1.0/24")))]
        for (index, name) in ["web", "app", "store"].enumerated() {
            var one = CompartmentPlan(
                name: name, zone: 0, address: Address(0x0A4D_0102 + UInt32(index)),
                program: "/bin/true")
            one.ports = [8000, 8001].compactMap { Port(.tcp, $0) }
            one.connectPorts = [8000]
            plan.compartments.append(one)
        }
        plan.flows = try flows.enumerated().map { line, flow in
            FlowPlan(
                from: flow.0, to: flow.1, port: try #require(Port(.tcp, flow.2)),
                line: UInt32(line + 10))
        }
        return plan
    }

    @Test("a flow that stays keeps its number, a new one gets one that nobody had")
    func numbers() throws {
        let old = try Self.desk([(.compartment(0), 1, 8000), (.compartment(1), 2, 8000)])
        let new = try Self.desk([(.compartment(0), 2, 8000), (.compartment(1), 2, 8000)])
        let plan = try RunningPlan(old, closed: []).amended(by: new)
        #expect(plan.closed == [0])
        #expect(plan.deployment.flows.map(\.to) == [1, 2, 2])
        #expect(plan.deployment.flows.map(\.line) == [10, 11, 10])
        let back = try plan.amended(by: old)
        #expect(back.closed == [2] && back.deployment.flows.count == 3)
        #expect(back.deployment.flows.map(\.line) == [10, 11, 10])
    }

    @Test("what comes back leaves flows of the time between closed, and ended ones ended")
    func restored() throws {
        let old = try Self.desk([(.compartment(0), 1, 8000), (.compartment(1), 2, 8000)])
        let new = try Self.desk([(.compartment(0), 2, 8000), (.compartment(1), 2, 8000)])
        let before = RunningPlan(old, closed: [])
        let after = try before.amended(by: new)
        let plan = before.restored(from: after, endedSince: [1])
        #expect(plan.closed == [1, 2] && plan.deployment.flows.count == 3)
    }

    @Test("other compartments are refused, whatever the flows")
    func others() throws {
        let old = RunningPlan(try Self.desk([]), closed: [])
        var named = try Self.desk([])
        named.compartments[1].name = "other"
        var moved = try Self.desk([])
        moved.compartments[1].address = Address(0x0A4D_0177)
        var fewer = try Self.desk([])
        fewer.compartments.removeLast()
        var foreign = try Self.desk([])
        foreign.platform = "foreign"
        for plan in [named, moved, fewer, foreign] {
            #expect(throws: RunningPlan.NotAmendable.self) { try old.amended(by: plan) }
        }
    }

    @Test("who needs a restart is said by name, and why; less is no reason")
    func restarts() throws {
        let old = RunningPlan(try Self.desk([]), closed: [])
        #expect(old.restarts(for: old.deployment) == [])
        var less = old.deployment
        less.compartments[0].connectPorts = []
        less.compartments[0].mounts = [.file(target: "/etc/hosts", contents: [10])]
        #expect(old.restarts(for: less) == [])
        var more = old.deployment
        more.compartments[0].connectPorts = [8000, 8001]
        more.compartments[1].role = ["inet-client"]
        more.compartments[2].memoryBytes = 1 << 30
        let lines = old.restarts(for: more)
        #expect(
            lines == [
                "web needs a restart: Landlock lets it connect to no port 8001",
                "app needs a restart: its filter has no inet-client",
                "store needs a restart: its limits",
            ])
    }

    @Test("what a running program's table of passages says otherwise is told by peer and message")
    func passages() throws {
        func table(_ lines: String...) -> [UInt8] {
            Array((["self app 10.77.1.3"] + lines + [""]).joined(separator: "\n").utf8)
        }
        let first = table("accept web 10.77.1.2 8000 ask,tell", "open store 10.77.1.4 8000 put")
        func reasons(_ new: [UInt8], from given: [UInt8]? = nil) throws -> [String] {
            var old = try Self.desk([])
            old.channels = [.table(of: 1, name: "passages", bytes: given ?? first)]
            var next = old
            next.channels = [.table(of: 1, name: "passages", bytes: new)]
            return RunningPlan(old, closed: []).restarts(for: next)
        }
        let web = "accept web 10.77.1.2 8000 tell,ask"
        #expect(try reasons(table(web, "open store 10.77.1.4 8000 put")) == [])
        // No packet of what is gone passes the rules.
        #expect(try reasons(table(web)) == [])
        #expect(
            try reasons(table("accept web 10.77.1.2 8000 ask", "open store 10.77.1.4 8000 get,put"))
                == [
                    "app needs a restart: its passage from web still carries tell, "
                        + "its passage to store does not carry get"
                ])
        #expect(
            try reasons(table("accept store 10.77.1.4 8001 put"))
                == ["app needs a restart: it has no passage from store on port 8001 for put"])
        #expect(
            try reasons(table("public 192.0.2.1", "open web 1"))
                == ["app needs a restart: its table of passages"])
        // Two flows lead the same way: without one of them its messages would go on.
        let both = table("accept web 10.77.1.2 8000 ask", "accept web 10.77.1.2 8000 tell")
        #expect(try reasons(table(web), from: both) == [])
        #expect(
            try reasons(table("accept web 10.77.1.2 8000 ask"), from: both)
                == ["app needs a restart: its passage from web still carries tell"])
    }

    @Test("an operator's way that would be gone is found")
    func operators() throws {
        var old = try Self.desk([(.office, 1, 8000)])
        old.channels = [.operators(to: 2, name: "desk")]
        let plan = RunningPlan(old, closed: [])
        #expect(plan.lostWays(in: old) == [])
        #expect(
            plan.lostWays(in: try Self.desk([])) == ["office to app", "channel store.desk"])
        #expect(RunningPlan(old, closed: [0]).lostWays(in: try Self.desk([])).count == 1)
    }

    @Test("it is read as it was written; damage is an error, never a trap")
    func codec() throws {
        let flows: [(Origin, Int, UInt16)] = [(.compartment(0), 1, 8000), (.office, 2, 8001)]
        let plan = RunningPlan(Samples.deployment(), closed: [])
        #expect(try RunningPlan.decode(plan.encode()) == plan)
        let bytes = RunningPlan(try Self.desk(flows), closed: [1]).encode()
        for count in stride(from: 0, to: bytes.count, by: 7) {
            #expect(throws: Malformed.self) { try RunningPlan.decode(Array(bytes[..<count])) }
        }
        #expect(throws: Malformed.self) {
            try RunningPlan.decode(RunningPlan(try Self.desk([]), closed: [0]).encode())
        }
    }
}
