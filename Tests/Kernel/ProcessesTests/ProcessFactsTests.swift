import Descriptors
import Glibc
import Processes
import Testing

@Suite("Process facts")
struct ProcessFactsTests {
    private static let status = """
        Name:\tcat
        Umask:\t0022
        State:\tR (running)
        Uid:\t1000\t1001\t1002\t1003
        Gid:\t100\t100\t100\t100
        Groups:\t4 24 27
        NSpid:\t812\t2
        CapInh:\t0000000000000000
        CapPrm:\t00000000a80425fb
        CapEff:\t0000000000000001
        CapBnd:\t000001ffffffffff
        CapAmb:\t0000000000000000
        NoNewPrivs:\t1
        Seccomp:\t2
        Seccomp_filters:\t1
        """

    @Test("every line of status that matters is read")
    func parses() {
        var facts = ProcessFacts()
        let whole = facts.parse(status: Array(Self.status.utf8))
        #expect(whole)
        #expect(facts.uids == [1000, 1001, 1002, 1003])
        #expect(facts.gids == [100, 100, 100, 100])
        #expect(facts.groups == [4, 24, 27])
        #expect(facts.pids == [812, 2])
        #expect(facts.capabilities["CapPrm"] == 0xA804_25FB)
        #expect(facts.noNewPrivileges)
        #expect(facts.seccomp == 2)
    }

    @Test(
        "a missing or unreadable line is refused",
        arguments: [
            ("Uid:", "Vid:"), ("Groups:", "Grps:"), ("00000000a80425fb", "xyz"),
            ("1000\t", "-1\t"), ("NoNewPrivs:\t1", "NoNewPrivs"), ("812", "99999999999"),
            ("000001ffffffffff", "000001fffffffffff00000"),
        ])
    func refuses(_ old: String, _ new: String) throws {
        let place = try #require(Self.status.firstRange(of: old))
        var facts = ProcessFacts()
        let whole = facts.parse(status: Array(Self.status.replacingCharacters(place, new).utf8))
        #expect(!whole)
    }

    @Test("mutated status never traps")
    func mutations() {
        var state: UInt64 = 5
        func roll(_ sides: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int((state >> 33) % UInt64(sides))
        }
        for _ in 0..<5_000 {
            var bytes = Array(Self.status.utf8)
            for _ in 0...roll(3) {
                bytes[roll(bytes.count)] = UInt8(roll(256))
                bytes.removeLast(roll(8))
            }
            var facts = ProcessFacts()
            _ = facts.parse(status: bytes)
        }
    }

    @Test("this process's own facts are readable and true")
    func own() throws {
        let facts = try ProcessFacts.own()
        #expect(facts.uids.first == getuid())
        #expect(facts.pids.last == UInt32(getpid()))
        #expect(facts.namespaces.count == 7)
        #expect(facts.filesLimit.count == 2)
        let file = try Files.open("/dev/null")
        #expect(try ProcessFacts.own().descriptors[file.number] == "/dev/null")
    }

    @Test("a process that is not there is refused")
    func absent() {
        #expect(throws: SystemFailure.self) { try ProcessFacts.read(4_194_305) }
    }

    @Test("the numbers of a waiting program's descriptors")
    func numbers() {
        let expected = ExpectedFacts.descriptors(handed: ["socket:[7]"], filesLimit: 1024)
        #expect(Set(expected.keys) == [0, 1, 2, 3, 4, 5, 1024])
        #expect(expected[3] == "socket:[7]")
        #expect(expected[4] == "socket:[")
        #expect(expected[5] == "pipe:[")
    }

    @Test("a program that is not there cannot be spawned")
    func noProgram() throws {
        let log = try Files.open("/dev/null")
        #expect(throws: SystemFailure.self) { try Self.spawn("/nowhere/jail", log: log) }
    }

    private static func spawn(
        _ path: String, log: borrowing Descriptor
    ) throws(SystemFailure) {
        _ = try Jail.spawn(path, log: log).takeControl()
    }
}

extension String {
    fileprivate func replacingCharacters(_ range: Range<Index>, _ text: String) -> String {
        String(self[..<range.lowerBound]) + text + String(self[range.upperBound...])
    }
}
