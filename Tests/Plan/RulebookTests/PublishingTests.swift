import Addresses
import Confinement
import Descriptors
import Glibc
import Namespaces
import Netlink
import PacketFilter
import Rulebook
import Testing

@Suite("Publishing", .enabled(if: geteuid() == 0, "needs root"))
struct PublishingTests {
    private static let loopback = Address(0x7F00_0001)
    private static let uid: UInt32 = 700_001

    private func plan(_ address: Address = loopback) -> Deployment {
        var plan = Neighbourhood.plan()
        plan.listeners = [
            ListenerPlan(compartment: 0, name: "https", address: address, port: 8443, flows: [0])
        ]
        return plan
    }

    /// A socket whose file belongs to the service, as the supervisor makes published listeners.
    private func ownedSocket(in space: SharedDescriptor) throws -> TestSocket {
        try TestSocket(.stream, in: space, owner: Self.uid)
    }

    @Test(
        "clients reach a published port on record; its owner dials out nowhere",
        arguments: [
            loopback, Address(0),
        ])
    func publish(_ address: Address) throws {
        let host = SharedDescriptor(try NetworkNamespace.create())
        let table = Rulebook.publishing(plan(address), instance: "a-1", uids: [0: Self.uid])
        #expect(table.name == "inet bulkhead_a_1")
        var session = try RuleSession(in: host.descriptor)
        try session.load(table.text)
        let log = SharedDescriptor(try LogSocket.open(in: host.descriptor, groups: [40, 41]))
        let published = try ownedSocket(in: host)
        #expect(published.listen(Self.loopback, 8443) == 0)
        let bystander = try TestSocket(.stream, in: host)
        #expect(bystander.listen(Self.loopback, 9000) == 0)

        let client = try TestSocket(.stream, in: host)
        #expect(client.connect(Self.loopback, 8443) == EINPROGRESS)
        let server = try #require(published.accept())
        try server.descriptor.writeAll([1])
        #expect(client.receive() == [1])
        let neighbour = try TestSocket(.stream, in: host)
        #expect(neighbour.connect(Self.loopback, 9000) == EINPROGRESS)
        #expect(bystander.accept() != nil)

        let escape = try ownedSocket(in: host)
        _ = escape.connect(Self.loopback, 9000)
        #expect(try groups(log, count: 2) == [40, 41])
        #expect(!readable(bystander.number, milliseconds: 0))
        let counters = try session.counters(table.name).mapValues(\.packets)
        #expect(counters == ["allowed": 1, "refused": 1])
    }

    @Test("without the table a published socket dials out")
    func control() throws {
        let host = SharedDescriptor(try NetworkNamespace.create())
        let bystander = try TestSocket(.stream, in: host)
        #expect(bystander.listen(Self.loopback, 9000) == 0)
        let escape = try ownedSocket(in: host)
        _ = escape.connect(Self.loopback, 9000)
        #expect(bystander.accept() != nil)
    }

    @Test("the host's own rules stay as they were, and the table reads back as planned")
    func neighbours() throws {
        let host = try NetworkNamespace.create()
        var session = try RuleSession(in: host)
        try session.load(
            """
            table inet filter {
                chain input { type filter hook input priority 0; policy drop; tcp dport 22 accept; }
            }
            table ip nat {
                chain prerouting { type nat hook prerouting priority -100; }
            }
            """)
        let before = try session.ruleset()
        let table = Rulebook.publishing(plan(), instance: "p", uids: [0: Self.uid, 1: 7])
        for _ in 0..<2 { try session.load(table.text) }
        let listing = try session.listing(table.name)
        #expect(RuleComparison.compare(expected: table, listing: listing).isEmpty)
        for set in table.sets {
            let found = try RuleElements.read(in: host, table: "bulkhead_p", set: set.name)
            #expect(RuleComparison.compare(expected: set, found: found.map(\.bytes)).isEmpty)
        }
        #expect(table.sets.map(\.elements.count) == [1, 1, 0])
        for _ in 0..<2 { try session.load(table.removal) }
        #expect(try session.ruleset() == before)
    }

    @Test("nothing published, or the wall left out, is no table")
    func none() {
        #expect(Rulebook.publishing(Neighbourhood.plan(), instance: "p", uids: [:]).skeleton == "")
        var plan = plan()
        plan.without = .publishing
        #expect(Rulebook.publishing(plan, instance: "p", uids: [0: 1]).skeleton == "")
    }

    private func groups(_ log: SharedDescriptor, count: Int) throws -> [UInt16] {
        var records: [LogRecord] = []
        while records.count < count, readable(log.number) {
            var chunk: [UInt8] = []
            guard
                case .bytes(let length) = try DescriptorIO.read(
                    log.number, into: &chunk, limit: LogDatagram.bytesMax)
            else { break }
            try LogDatagram.read(chunk.span, count: length, into: &records)
        }
        return records.map(\.group).sorted()
    }
}
