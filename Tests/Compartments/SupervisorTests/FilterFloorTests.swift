import Addresses
import Confinement
import Seccomp
import Supervisor
import Testing

@Suite("What no filter may let through")
struct FilterFloorTests {
    private static let mount: UInt32 = 165
    private static let allow: UInt32 = 0x7FFF_0000
    private static let refuse: UInt32 = 0x0005_0001

    private static func code(_ code: UInt8, _ yes: UInt8, _ no: UInt8, _ k: UInt32) -> [UInt8] {
        [code, 0, yes, no] + (0..<4).map { UInt8(truncatingIfNeeded: k >> (8 * UInt32($0))) }
    }

    private static let number = code(0x20, 0, 0, 0)
    private static let ownOnly =
        code(0x20, 0, 0, 4) + code(0x15, 1, 0, 0xC000_003E) + code(0x06, 0, 0, refuse)

    @Test("every role that words can make, and pid 1's filter, stay above it")
    func roles() throws {
        for holds in [false, true] {
            let role = Role(
                words: Word.allCases, programDescriptor: 1024, holdsHostSocket: holds, dials: true)
            #expect(FilterFloor.breach(try Filter.program(role)) == nil)
        }
        for word in Word.allCases {
            let role = Role(words: [word], programDescriptor: 64, dials: true)
            #expect(FilterFloor.breach(try Filter.program(role)) == nil)
        }
        #expect(FilterFloor.breach(try Filter.initProgram()) == nil)
    }

    #if arch(x86_64)
        @Test(
            "a filter that permits a call, or might, is found",
            arguments: [
                ("everything", code(0x06, 0, 0, allow)),
                (
                    "one call",
                    ownOnly + number + code(0x15, 0, 1, mount) + code(0x06, 0, 0, allow)
                        + code(0x06, 0, 0, refuse)
                ),
                (
                    "one call with one argument",
                    ownOnly + number + code(0x15, 0, 3, mount) + code(0x20, 0, 0, 16)
                        + code(0x15, 0, 1, 0x1234) + code(0x06, 0, 0, allow)
                        + code(0x06, 0, 0, refuse)
                ),
                (
                    "by a comparison with the index register",
                    ownOnly + number + code(0x1D, 0, 1, 0) + code(0x06, 0, 0, allow)
                        + code(0x06, 0, 0, refuse)
                ),
                (
                    "by a tracer's or a listener's leave",
                    ownOnly + number + code(0x15, 0, 1, mount) + code(0x06, 0, 0, 0x7FC0_0000)
                        + code(0x06, 0, 0, refuse)
                ),
                (
                    "by what the accumulator holds",
                    ownOnly + code(0x20, 0, 0, 16) + code(0x16, 0, 0, 0)
                ),
                (
                    "of another architecture",
                    code(0x20, 0, 0, 4) + code(0x15, 0, 1, 0xC000_003E) + code(0x06, 0, 0, refuse)
                        + code(0x06, 0, 0, allow)
                ),
                (
                    "of x32",
                    ownOnly + number + code(0x35, 0, 1, 0x4000_0000) + code(0x06, 0, 0, allow)
                        + code(0x06, 0, 0, refuse)
                ),
                ("past its end", ownOnly + number + code(0x05, 0, 0, 7)),
                ("without instructions", []),
            ] as [(String, [UInt8])])
        func open(_ what: String, _ filter: [UInt8]) {
            #expect(FilterFloor.breach(filter) != nil)
        }

        @Test("a filter that permits only what words hold is not")
        func closed() {
            let read =
                Self.ownOnly + Self.number + Self.code(0x35, 2, 0, 0x4000_0000)
                + Self.code(0x15, 0, 1, 0) + Self.code(0x06, 0, 0, Self.allow)
                + Self.code(0x06, 0, 0, Self.refuse)
            #expect(FilterFloor.breach(read) == nil)
        }
    #endif

    @Test("no bytes make it trap")
    func fuzz() {
        var seed: UInt64 = 7
        for _ in 0..<2_000 {
            var bytes: [UInt8] = []
            for _ in 0..<Int(seed >> 58) * 3 {
                seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                bytes.append(UInt8(truncatingIfNeeded: seed >> 40))
            }
            seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            _ = FilterFloor.breach(bytes)
        }
    }

    @Test("the plan is refused with the compartment's and the call's name")
    func deployment() {
        var plan = CompartmentPlan(name: "web", zone: 0, address: Address(1), program: "/bin/true")
        plan.filter = Self.code(0x06, 0, 0, Self.refuse)
        plan.initFilter = Self.code(0x06, 0, 0, Self.allow)
        var deployment = Deployment(platform: "first", file: "first.yaml", isolation: .full)
        deployment.compartments = [plan]
        #expect { try FilterFloor.require(deployment) } throws: { error in
            "\(error)".contains("web permits mount")
        }
    }
}
