import Bytes
import Chance
import Descriptors
import Glibc
import Namespaces
import Netlink
import Testing

@Suite("Audit records")
struct AuditRecordTests {
    static let seccomp =
        "audit(1700000000.123:45): auid=4294967295 uid=700001 gid=700001 ses=4294967295 "
        + "subj=unconfined pid=321 comm=\"py thon\" exe=\"/usr/bin/python3\" sig=0 arch=c000003e "
        + "syscall=101 compat=0 ip=0x7f1234 code=0x50000"
    static let landlock =
        "audit(1700000001.007:46): domain=1a2b3c blockers=fs.read_file path=\"/etc/shadow\" "
        + "dev=\"vda\" ino=77"

    @Test("a seccomp denial is split into its fields")
    func seccompFields() throws {
        let record = try AuditRecord(type: AuditRecord.seccomp, text: Array(Self.seccomp.utf8))
        #expect(record.serial == 45)
        #expect(record.time == 1_700_000_000_123_000_000)
        #expect(record.number("syscall") == 101)
        #expect(record.number("pid") == 321)
        #expect(record.untrusted("comm") == "py thon")
        #expect(record.text("exe") == "/usr/bin/python3")
        #expect(record.hexadecimal("code") == 0x50000)
        #expect(record.hexadecimal("arch") == 0xC000_003E)
        #expect(record.text("none") == nil)
    }

    @Test("a Landlock denial is split into its fields")
    func landlockFields() throws {
        let record = try AuditRecord(
            type: AuditRecord.landlockAccess, text: Array(Self.landlock.utf8))
        #expect(record.hexadecimal("domain") == 0x1A2B3C)
        #expect(record.text("blockers") == "fs.read_file")
        #expect(record.untrusted("path") == "/etc/shadow")
    }

    @Test(
        "a value that the kernel wrote in hexadecimal is decoded, another is left",
        arguments: [
            ("2F746D702F6120", "/tmp/a "), ("\"plain\"", "plain"), ("2F7", "2F7"), ("zz", "zz"),
            ("\"open", "\"open"),
        ])
    func untrusted(_ raw: String, _ expected: String) throws {
        let record = try AuditRecord(type: 1, text: Array("audit(1.2:3): name=\(raw)".utf8))
        #expect(record.untrusted("name") == expected)
    }

    @Test(
        "what is no stamp is refused",
        arguments: [
            "", "audit", "audit(", "audit(x.1:2):", "audit(1.:2):", "audit(1.2:):", "audit(1.2:3)",
            "type=1 audit(1.2:3):",
        ])
    func stamps(_ text: String) {
        #expect(throws: Malformed.self) { _ = try AuditRecord(type: 1, text: Array(text.utf8)) }
    }

    @Test("long records are refused, many fields are cut off")
    func bounds() throws {
        let long = "audit(1.2:3): a=" + String(repeating: "x", count: AuditRecord.textBytesMax)
        #expect(throws: Malformed.self) { _ = try AuditRecord(type: 1, text: Array(long.utf8)) }
        let many = "audit(1.2:3): " + String(repeating: "a=1 ", count: 500)
        let record = try AuditRecord(type: 1, text: Array(many.utf8))
        #expect(record.fields.count == AuditRecord.fieldsMax)
    }

    @Test("no mutation of a record makes the reader trap")
    func fuzz() {
        var dice = Seeded(state: 3)
        for seed in [Self.seccomp, Self.landlock] {
            for _ in 0..<10_000 {
                let text = dice.mutate(Array(seed.utf8))
                guard let record = try? AuditRecord(type: 1, text: text) else { continue }
                #expect(record.fields.count <= AuditRecord.fieldsMax)
                for field in record.fields { _ = record.untrusted(field.name) }
            }
        }
    }

    @Test("a datagram that is no record is counted, and the next one is still read")
    func datagrams() throws {
        var records: [AuditRecord] = []
        var skipped = 0
        for text in [Self.seccomp, "nonsense", Self.landlock] {
            var writer = MessageWriter()
            writer.message(type: 1326, flags: 0, sequence: 0) { $0.raw(Array(text.utf8)) }
            let bytes = writer.bytes
            try AuditDatagram.read(
                bytes.span, count: bytes.count, into: &records, skipped: &skipped)
        }
        #expect(records.map(\.serial) == [45, 46])
        #expect(skipped == 1)
        #expect(throws: Malformed.self) {
            let short: [UInt8] = [1, 2, 3]
            try AuditDatagram.read(short.span, count: 3, into: &records, skipped: &skipped)
        }
    }
}

/// The kernel's audit belongs to the whole machine: where it cannot be reached from here (another
/// pid or network namespace), there is nothing to test.
private func auditIsReachable() -> Bool {
    guard geteuid() == 0, let host = try? NetworkNamespace.current() else { return false }
    do {
        var session = try AuditSession(in: host)
        _ = try session.status()
        return true
    } catch { return false }
}

@Suite("Audit session", .enabled(if: auditIsReachable(), "needs root of the first namespaces"))
struct AuditSessionTests {
    @Test("audit is switched on for the log's readers, and left as it was found")
    func engage() throws {
        let host = try NetworkNamespace.current()
        var session = try AuditSession(in: host)
        let before = try session.status()
        let change = try session.engage()
        let during = try session.status()
        #expect(during.enabled >= 1)
        #expect(change.addedRule == (before.enabled == 0 && before.daemon == 0))
        let log = try AuditSession.openLog(in: host)
        try session.restore(change)
        let after = try session.status()
        #expect(after.enabled == before.enabled && after.backlogLimit == before.backlogLimit)
        guard before.enabled == 0 else { return }
        // Switching audit off is itself a record (1305), and the last one.
        var records: [AuditRecord] = []
        var skipped = 0
        while !records.contains(where: { $0.type == 1305 }), readable(log.number) {
            var bytes: [UInt8] = []
            guard case .bytes(let count) = try log.read(into: &bytes, limit: 16384) else { break }
            try AuditDatagram.read(bytes.span, count: count, into: &records, skipped: &skipped)
        }
        #expect(records.last?.number("audit_enabled") == UInt64(before.enabled))
    }

    private func readable(_ number: Int32) -> Bool {
        var wait = pollfd(fd: number, events: Int16(POLLIN), revents: 0)
        return unsafe poll(&wait, 1, 5000) > 0
    }
}
