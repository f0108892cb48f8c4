import CJailPlan
import Confinement
import Testing

@Suite("Jail plan")
struct JailPlanTests {
    /// Type and value of each record, as the jail's own reader finds them.
    private func records(_ bytes: [UInt8]) -> [(type: Int, value: [UInt8])] {
        unsafe bytes.withUnsafeBufferPointer { room in
            var found: [(type: Int, value: [UInt8])] = []
            guard let base = room.baseAddress else { return found }
            var cursor = unsafe jail_plan_begin(base, room.count)
            var record = unsafe jail_record()
            while unsafe jail_plan_next(&cursor, &record) == 1 {
                let value = unsafe UnsafeBufferPointer(
                    start: record.value, count: Int(record.length))
                found.append((type: Int(unsafe record.type), value: unsafe Array(value)))
            }
            return found
        }
    }

    private func holds(_ bytes: [UInt8]) -> Bool {
        unsafe jail_plan_check(bytes, bytes.count) == 0
    }

    private func text(_ text: String) -> [UInt8] { Array(text.utf8) + [0] }

    @Test("the jail reads every record that Swift writes, in order")
    func agrees() throws {
        let found = records(try JailPlan.encode(Samples.order()))
        let types: [Int] = [
            0x10, 0x20, 0x30, 0x30, 0x31, 0x32, 0x33, 0x34, 0x36, 0x36, 0x36, 0x36, 0x36, 0x35,
            0x40, 0x40, 0x40, 0x40, 0x50, 0x50, 0x50, 0x51, 0x52, 0x52, 0x60, 0x70, 0x80, 0x90,
            0xA0, 0xA0, 0xA0, 0xB0, 0xB0, 0xB0, 0xF0,
        ]
        #expect(found.map(\.type) == types)
        #expect(found.first?.value == [0x48, 0xEE, 0, 0, 0x48, 0xEE, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0])
        let tree = found.first { $0.type == 0x30 }?.value
        #expect(tree == [1, 0, 0, 0] + text("/usr/bin/web") + text("/usr/bin/web"))
        #expect(found.first { $0.type == 0x31 }?.value.prefix(11) == text("/etc/hosts")[...])
        #expect(found.first { $0.type == 0x60 }?.value == allowAll + allowAll)
        #expect(found.filter { $0.type == 0xA0 }.map(\.value) == ["web", "--quiet", ""].map(text))
        #expect(found.last { $0.type == 0xB0 }?.value == text("LISTEN_PID="))
    }

    @Test("a preparation brings its own program, filter and mounts")
    func prepares() throws {
        var order = Samples.order()
        order.preparation = order.compartment.prepare.first
        let found = records(try JailPlan.encode(order))
        #expect(found.first { $0.type == 0x80 }?.value == text("/usr/bin/init"))
        #expect(found.first { $0.type == 0x60 }?.value == allowAll)
        #expect(found.count { $0.type == 0x30 } == 3)
    }

    @Test("a probe stands where the program stood, and the rest of the plan is the same")
    func probes() throws {
        var order = Samples.order()
        let plain = records(try JailPlan.encode(order))
        order.probe = "/usr/lib/probe"
        let found = records(try JailPlan.encode(order))
        let trees = found.filter { $0.type == 0x30 }.map(\.value)
        #expect(trees.last == [1, 0, 0, 0] + text("/usr/lib/probe") + text("/usr/bin/web"))
        for kind in [0x10, 0x40, 0x50, 0x51, 0x52, 0x60, 0x80, 0x90, 0xB0] {
            let before = plain.filter { $0.type == kind }.map(\.value)
            #expect(found.filter { $0.type == kind }.map(\.value) == before)
        }
    }

    @Test("the weaker levels have neither mounts nor an own uid")
    func weaker() throws {
        var order = Samples.order()
        order.isolation = .none
        order.without = []
        let found = records(try JailPlan.encode(order))
        #expect(found.first?.value[8] == 0)
        #expect(!found.contains { $0.type >> 4 == 3 })
    }

    @Test("a service that needs writable executable memory has no such wall")
    func writableExecutable() throws {
        var plan = Samples.compartment()
        plan.wx = true
        let found = records(try JailPlan.encode(Samples.order(plan)))
        #expect(found.first?.value[12...] == [0, 4, 0, 0])
    }

    typealias Change = @Sendable (inout JailOrder) -> Void
    static let refused: [(String, Change)] = [
        ("too many descriptors", { $0.descriptors = JailPlan.handedMax + 1 }),
        ("a path with dots", { $0.compartment.program = "/usr/../bin/web" }),
        ("a relative path", { $0.compartment.paths = [PathRule("usr", .read)] }),
        ("an empty component", { $0.compartment.paths = [PathRule("/usr//bin", .read)] }),
        ("a trailing slash", { $0.compartment.paths = [PathRule("/usr/", .read)] }),
        ("a mount on /proc", { $0.compartment.mounts = [.state(target: "/proc/self")] }),
        ("a mount on the root", { $0.compartment.mounts = [.scratch(target: "/", bytes: 4096)] }),
        ("two state directories", { $0.compartment.mounts += [.state(target: "/more")] }),
        ("a half instruction", { $0.compartment.filter = [1, 2, 3, 4] }),
        ("no filter", { $0.compartment.filter = [] }),
        (
            "a filter over the kernel's bound",
            { $0.compartment.filter = .init(repeating: 0, count: 32_776) }
        ),
        ("no arguments", { $0.compartment.arguments = [] }),
        ("too many arguments", { $0.compartment.arguments = .init(repeating: "a", count: 1025) }),
        ("an environment entry without a name", { $0.environment = ["=value"] }),
        ("an environment entry without a value", { $0.environment = ["value"] }),
        ("a NUL in an argument", { $0.compartment.arguments = ["a\0b"] }),
        ("port zero", { $0.compartment.bindPorts = [0] }),
        ("too few files", { $0.compartment.files = 3 }),
        ("uid zero", { $0.uid = 0 }),
        ("no uid", { $0.gid = .max }),
        ("an empty link", { $0.compartment.mounts = [.link(target: "/bin", to: "")] }),
        (
            "a file over its bound",
            {
                $0.compartment.mounts = [
                    .file(target: "/a", contents: .init(repeating: 0, count: 65_537))
                ]
            }
        ),
    ]

    @Test("what is over a bound is not handed out", arguments: refused)
    func refuses(_ name: String, _ change: @Sendable (inout JailOrder) -> Void) {
        var order = Samples.order()
        change(&order)
        #expect(throws: (any Error).self, "\(name)") { try JailPlan.encode(order) }
    }

    @Test("records out of order, missing, doubled or cut are refused")
    func order() throws {
        let plan = try JailPlan.encode(Samples.order())
        var pieces: [[UInt8]] = []
        var at = 8
        for record in records(plan) {
            pieces.append(Array(plan[at..<at + 8 + record.value.count]))
            at += 8 + record.value.count
        }
        let header = Array(plan.prefix(8))
        #expect(holds(header + pieces.joined()))
        for index in pieces.indices.dropLast()
        where pieces[index][0] >> 4 != pieces[index + 1][0] >> 4 {
            var swapped = pieces
            swapped.swapAt(index, index + 1)
            #expect(!holds(header + swapped.joined()), "\(index)")
        }
        for kind: UInt8 in [0x10, 0x60, 0x70, 0x80, 0x90, 0xF0] {
            #expect(!holds(header + pieces.filter { $0[0] != kind }.joined()))
            #expect(!holds(header + pieces.flatMap { $0[0] == kind ? [$0, $0] : [$0] }.joined()))
        }
        for end in stride(from: 0, to: plan.count, by: 7) { #expect(!holds(Array(plan[..<end]))) }
        #expect(!holds(plan + [0]))
    }

    @Test("mutated plans never crash the reader, and what it accepts stays inside the bytes")
    func mutations() throws {
        let plan = try JailPlan.encode(Samples.order())
        var dice = Dice(seed: 2)
        var accepted = 0
        for _ in 0..<30_000 {
            let bytes = dice.mutate(plan)
            guard holds(bytes) else { continue }
            accepted += 1
            let size = records(bytes).reduce(8) { $0 + 8 + $1.value.count }
            if size != bytes.count { Issue.record("an accepted plan is not whole") }
        }
        #expect(accepted > 0)
    }

    @Test("every step has a name, and only steps have one")
    func names() {
        let names = (0..<JAIL_STEP_COUNT.rawValue).map {
            unsafe String(cString: jail_step_name($0))
        }
        #expect(Set(names).count == names.count)
        #expect(!names.contains("unknown"))
        #expect(unsafe String(cString: jail_step_name(JAIL_STEP_COUNT.rawValue)) == "unknown")
    }

    @Test("the walls' bits are the same on both sides")
    func walls() {
        let pairs: [(Walls, Int)] = [
            (.seccomp, Int(JAIL_WALL_SECCOMP)), (.landlock, Int(JAIL_WALL_LANDLOCK)),
            (.capabilities, Int(JAIL_WALL_CAPABILITIES)), (.uid, Int(JAIL_WALL_UID)),
            (.root, Int(JAIL_WALL_ROOT)), (.pids, Int(JAIL_WALL_PIDS)),
            (.limits, Int(JAIL_WALL_LIMITS)), (.privileges, Int(JAIL_WALL_PRIVILEGES)),
            (.wx, Int(JAIL_WALL_WX)), (.ipc, Int(JAIL_WALL_IPC)),
        ]
        for (wall, bit) in pairs { #expect(Int(wall.rawValue) == bit) }
        let all = Walls.names.reduce(0) { $0 | $1.wall.rawValue }
        #expect(all == UInt32(JAIL_WALLS_ALL))
    }
}
