import AuditTreaty
import Netlink
import Sensors
import Testing

@Suite("Denial sensor")
struct DenialSensorTests {
    /// What a list of records, each a type and its text, becomes.
    private func events(_ records: [(UInt16, String)]) throws -> [Event] {
        var sensor = DenialSensor(Fixtures.table())
        var outlet = EventOutlet()
        for (type, text) in records {
            let record = try AuditRecord(type: type, text: Array("audit(1.002:3): \(text)".utf8))
            sensor.take(record, into: &outlet)
        }
        return try outlet.events()
    }

    @Test("a system call that seccomp denied names compartment, pid, program and number")
    func seccomp() throws {
        let text =
            "auid=4294967295 uid=70002 gid=70002 ses=4294967295 pid=812 comm=\"postgres\" "
            + "exe=\"/usr/bin/postgres\" sig=0 arch=c000003e syscall=101 compat=0 code=0x50000"
        #expect(
            try events([(1326, text)]) == [
                .denied(
                    compartment: 1, wall: .seccomp, pid: 812, what: "system call by postgres",
                    detail: 101)
            ])
    }

    @Test("a call that every filter answers by design makes no event")
    func byDesign() throws {
        #expect(try events([(1326, "uid=70002 pid=8 comm=\"w\" syscall=435")]).isEmpty)
    }

    @Test("records of programs that are not ours make no event")
    func others() throws {
        #expect(
            try events([
                (1326, "uid=1000 pid=1 comm=\"x\" syscall=1"), (1326, "pid=1"),
                (1424, "domain=5 status=allocated mode=enforcing pid=9 uid=1000 exe=\"/x\""),
                (1423, "domain=5 blockers=fs.read_file path=\"/etc/shadow\""),
                (1400, "uid=70001"), (1424, "domain=5 status=deallocated denials=9"),
            ]).isEmpty)
    }

    @Test("a Landlock denial waits for the record that tells whose domain it is")
    func landlock() throws {
        let found = try events([
            (1423, "domain=1a blockers=fs.read_file path=\"/etc/shadow\" dev=\"vda1\" ino=77"),
            (1424, "domain=1a status=allocated mode=enforcing pid=9 uid=70001 comm=\"w\""),
            (1423, "domain=1a blockers=net.connect_tcp daddr=::1 dest=22"),
        ])
        #expect(
            found == [
                .denied(
                    compartment: 0, wall: .landlock, pid: 9, what: "fs.read_file /etc/shadow",
                    detail: 77),
                .denied(
                    compartment: 0, wall: .landlock, pid: 9,
                    what: "net.connect_tcp daddr=::1 dest=22", detail: 22),
            ])
    }

    @Test("a connection that Landlock denied is an attempt, with both ends by name")
    func connection() throws {
        let found = try events([
            (1423, "domain=1a blockers=net.connect_tcp daddr=10.77.3.4 dest=5432"),
            (1424, "domain=1a status=allocated mode=enforcing pid=9 uid=70001 comm=\"w\""),
        ])
        let text = EventText.line(try #require(found.first), Fixtures.table().roster)
        #expect(
            text == "REFUSED web (dmz) 10.77.1.5 -> db (data) 10.77.3.4:5432/tcp  landlock  "
                + "no flow from web to db on tcp/5432")
    }

    @Test("the kernel's count at a domain's end shows the denials that were lost")
    func reconciled() throws {
        let begin = (UInt16(1424), "domain=1a status=allocated mode=enforcing pid=9 uid=70001")
        let denial = (UInt16(1423), "domain=1a blockers=fs.write_file path=\"/x\"")
        let end = (UInt16(1424), "domain=1a status=deallocated denials=5")
        let found = try events([begin, denial, denial, end, end])
        #expect(found.count == 3)
        #expect(found.last == .attemptGap(wall: .landlock, compartment: 0, lost: 3))
        let complete = (UInt16(1424), "domain=1a status=deallocated denials=1")
        #expect(try events([begin, denial, complete]).count == 1)
    }

    @Test("tables stay within their bounds under a flood of domains and denials")
    func bounds() throws {
        var records: [(UInt16, String)] = []
        for number in 1...6000 {
            records.append((1423, "domain=\(String(number, radix: 16)) blockers=fs.read_file"))
        }
        for number in 1...6000 {
            records.append(
                (1424, "domain=\(String(number, radix: 16)) status=allocated pid=1 uid=70001"))
        }
        #expect(try events(records).count <= 256)
    }

    @Test("a path that the kernel wrote in hexadecimal is read, and escaped when shown")
    func hexadecimal() throws {
        let found = try events([
            (1424, "domain=1 status=allocated pid=9 uid=70001"),
            (1423, "domain=1 blockers=fs.read_file path=2F1B5B324A"),
        ])
        let text = EventText.line(try #require(found.first), nil)
        #expect(text.contains("/\\u{1b}[2J"))
    }
}
