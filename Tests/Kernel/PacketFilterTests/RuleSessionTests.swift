import Descriptors
import Findings
import Glibc
import Namespaces
import PacketFilter
import Testing

@Suite("Rule counters")
struct RuleCounterTests {
    @Test(
        "counters are read from a listing, anything else is skipped",
        arguments: [
            ("table inet t {\n\tcounter a {\n\t\tpackets 3 bytes 180\n\t}\n}\n", ["a": 3]),
            (
                "counter a {\npackets 1 bytes 2\n}\ncounter b {\npackets 4 bytes 5\n}",
                ["a": 1, "b": 4]
            ),
            ("counter a {\n}\n", [:]),
            ("packets 3 bytes 4\n", [:]),
            ("counter a {\npackets x bytes 4\n", [:]),
            ("counter a {\npackets 99999999999999999999 bytes 4\n", [:]),
            ("", [:]),
        ] as [(String, [String: UInt64])])
    func parse(_ listing: String, _ expected: [String: UInt64]) {
        #expect(RuleCounter.parse(listing: listing).mapValues(\.packets) == expected)
    }
}

@Suite("Rule sessions", .enabled(if: geteuid() == 0, "needs root"))
struct RuleSessionTests {
    @Test("a text is performed whole, and a bad one leaves nothing behind")
    func transaction() throws {
        let space = try NetworkNamespace.create()
        var session = try RuleSession(in: space)
        try session.load("table inet one {\n\tcounter kept {\n\t}\n}\n")
        let before = try session.ruleset()
        let failure = #expect(throws: Failure.self) {
            try session.load("table inet two {\n}\nadd element inet two nowhere { 1 }\n")
        }
        #expect(failure?.code == "packet-filter-refused")
        #expect(failure?.problem.contains("No such file or directory") == true)
        #expect(try session.ruleset() == before)
        #expect(try session.counters("inet one") == ["kept": RuleCounter(packets: 0, bytes: 0)])
    }

    @Test("sessions of two namespaces do not see each other's rules")
    func separate() throws {
        let one = try NetworkNamespace.create()
        let two = try NetworkNamespace.create()
        var first = try RuleSession(in: one)
        var second = try RuleSession(in: two)
        try first.load("table inet one {\n}\n")
        #expect(try first.listing("inet one") == "table inet one {\n}\n")
        #expect(try second.ruleset().isEmpty)
        #expect(throws: Failure.self) { try second.listing("inet one") }
    }

    @Test("a process with thousands of descriptors still opens sessions")
    func many() async {
        await #expect(processExitsWith: .exitCode(7)) {
            RuleSession.keepNumbers()
            var limit = rlimit(rlim_cur: 4096, rlim_max: 4096)
            guard unsafe setrlimit(__rlimit_resource_t(7), &limit) == 0 else { exit(1) }
            let space = try NetworkNamespace.create()
            var held: [SharedDescriptor] = []
            for _ in 0..<2048 { held.append(SharedDescriptor(try Files.open("/dev/null"))) }
            for _ in 0..<8 {
                var one = try RuleSession(in: space)
                var two = try RuleSession(in: space)
                try one.load("table inet one {\n}\n")
                try two.load("delete table inet one\n")
            }
            exit(withExtendedLifetime(held) { 7 })
        }
    }

    @Test("a session in what is no namespace is refused")
    func wrong() throws {
        let file = try Files.open("/dev/null")
        let failure = #expect(throws: Failure.self) { _ = try RuleSession(in: file) }
        #expect(failure?.code == "packet-filter-unavailable")
    }
}
