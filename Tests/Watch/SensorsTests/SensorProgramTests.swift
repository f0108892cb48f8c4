import AuditTreaty
import CLinux
import Descriptors
import Glibc
import Namespaces
import Netlink
import PacketFilter
import Testing

@Suite(
    "The sensor as a program", .serialized,
    .enabled(if: SensorProgram.isBuilt && geteuid() == 0, "needs root and bulkhead-sensor"))
struct SensorProgramTests {
    private static let rules = """
        table inet bulkhead {
            counter refused { }
            chain leaving {
                type filter hook output priority 0; policy accept;
                udp dport 5432 counter name refused log group 2 drop
            }
        }
        """

    private func channel() -> [SharedDescriptor] {
        var ends: [Int32] = [0, 0]
        unsafe socketpair(AF_UNIX, Int32(SOCK_SEQPACKET.rawValue) | 0x80000, 0, &ends)
        return ends.map { SharedDescriptor(Descriptor(owning: $0)) }
    }

    private func table() throws -> SharedDescriptor {
        let memory = Descriptor(owning: unsafe bh_memfd("roster"))
        try memory.writeAll(Fixtures.table().encode())
        return SharedDescriptor(memory)
    }

    /// Refused datagrams from inside the namespace; each is one packet on the counter.
    private func refuse(_ count: Int, in namespace: borrowing Descriptor) throws {
        let sender = try NetworkNamespace.socket(
            in: namespace, domain: AF_INET, type: Int32(SOCK_DGRAM.rawValue), protocol: 0)
        var target = sockaddr_in()
        target.sin_family = UInt16(AF_INET)
        target.sin_port = UInt16(5432).bigEndian
        target.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        for _ in 0..<count {
            // EPERM each time: the rule drops what leaves.
            _ = unsafe withUnsafePointer(to: &target) {
                unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    unsafe sendto(
                        sender.number, "x", 1, 0, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
        }
    }

    /// Events from the channel until `enough` are there, or twenty seconds pass without one.
    private func events(on channel: Int32, enough: Int) throws -> [Event] {
        var events: [Event] = []
        while events.count < enough {
            var wait = pollfd(fd: channel, events: Int16(POLLIN), revents: 0)
            guard unsafe poll(&wait, 1, 20_000) == 1 else { break }
            var bytes: [UInt8] = []
            guard case .bytes = try DescriptorIO.read(channel, into: &bytes, limit: 1 << 17) else {
                break
            }
            events += try EventMessage.decode(bytes).events
        }
        return events
    }

    @Test("every packet that a rule refused is an attempt, and a killed sensor leaves a known gap")
    func counted() throws {
        let namespace = try NetworkNamespace.create()
        var link = try NetlinkSocket(.route, in: namespace)
        try link.perform([RouteMessages.raise(1)], subject: { _ in "lo" })
        var session = try RuleSession(in: namespace)
        try session.load(Self.rules)
        let log = SharedDescriptor(try LogSocket.open(in: namespace, groups: [1, 2, 3, 4]))
        let ends = channel()
        let roster = try table()
        let handed = [
            (name: "events", number: ends[1].number), (name: "log.1", number: log.number),
            (name: "roster", number: roster.number),
        ]

        let first = try SensorProgram(handed)
        try refuse(700, in: namespace)
        let seen = try events(on: ends[0].number, enough: 700)
        #expect(
            seen.allSatisfy {
                guard case .attempt(let attempt) = $0 else { return false }
                return attempt.source == 1 && attempt.verdict == .refused
                    && attempt.wall == .host && attempt.targetPort == 5432
            })
        #expect(seen.count == 700)
        #expect(try session.counters("inet bulkhead")["refused"]?.packets == 700)
        #expect(first.end(SIGKILL) & 0x7F == SIGKILL)

        try refuse(10, in: namespace)
        let second = try SensorProgram(handed)
        let later = try events(on: ends[0].number, enough: 11)
        #expect(later.first == .attemptGap(wall: .host, compartment: 1, lost: 0))
        #expect(later.count == 11)
        try refuse(5, in: namespace)
        #expect(second.end(SIGTERM) == 0)
        let last = try events(on: ends[0].number, enough: 5)
        #expect(last.count == 5, "what the log held when it was told to stop is sent")
    }

    @Test("without its channel or its table it refuses to start")
    func refused() throws {
        let ends = channel()
        let roster = try table()
        for handed in [
            [(name: "roster", number: roster.number)], [(name: "events", number: ends[1].number)],
            [(name: "events", number: ends[1].number), (name: "roster", number: ends[0].number)],
        ] {
            if handed.last?.name == "roster" && handed.count == 2 {
                // A table that is none: the peer's message is no roster.
                try DescriptorIO.writeAll(ends[1].number, [9, 9, 9])
                shutdown(ends[1].number, Int32(SHUT_WR))
            }
            let program = try SensorProgram(handed)
            #expect(program.end(0) >> 8 & 0xFF != 0)
        }
    }
}
