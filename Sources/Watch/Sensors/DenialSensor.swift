package import AuditTreaty
package import Netlink

/// Turns the kernel's audit records of seccomp and Landlock into denials of compartments.
///
/// The records of other programs on the machine pass by unseen: only uids of the table are ours.
package struct DenialSensor: Sendable {
    private struct Domain {
        let compartment: UInt16
        let pid: UInt32
        var seen: UInt64 = 0
    }

    private struct Waiting {
        let domain: UInt64
        let what: String
        let detail: UInt64
    }

    private static let domainsMax = 4096
    private static let waitingMax = 256
    private static let whatMax = 1024

    private let names: SensorNames
    private var domains: [UInt64: Domain] = [:]
    /// Denials whose domain is told only by the record behind them.
    private var waiting: [Waiting] = []

    package init(_ table: SensorTable) { names = SensorNames(table) }

    /// Takes one record.
    package mutating func take(_ record: AuditRecord, into outlet: inout EventOutlet) {
        switch record.type {
        case AuditRecord.seccomp: seccomp(record, into: &outlet)
        case AuditRecord.landlockAccess: access(record, into: &outlet)
        case AuditRecord.landlockDomain: domain(record, into: &outlet)
        default: return
        }
    }

    /// Records were lost before they could be read: how many nobody knows.
    package func overrun(into outlet: inout EventOutlet) {
        outlet.add(.attemptGap(wall: .seccomp, compartment: Attempt.outside, lost: 0))
        outlet.add(.attemptGap(wall: .landlock, compartment: Attempt.outside, lost: 0))
    }

    private func owner(_ record: AuditRecord) -> UInt16? {
        record.number("uid").flatMap { UInt32(exactly: $0) }.flatMap { names.compartment(uid: $0) }
    }

    private func pid(_ record: AuditRecord) -> UInt32 {
        UInt32(truncatingIfNeeded: record.number("pid") ?? 0)
    }

    private func seccomp(_ record: AuditRecord, into outlet: inout EventOutlet) {
        guard let compartment = owner(record) else { return }
        let program = record.untrusted("comm") ?? ""
        outlet.add(
            .denied(
                compartment: compartment, wall: .seccomp, pid: pid(record),
                what: "system call by \(program)", detail: record.number("syscall") ?? 0))
    }

    private mutating func access(_ record: AuditRecord, into outlet: inout EventOutlet) {
        guard let number = record.hexadecimal("domain") else { return }
        var words = [record.text("blockers") ?? "access"]
        if let path = record.untrusted("path") { words.append(path) }
        for field in record.fields
        where !["domain", "blockers", "path", "dev", "ino"].contains(field.name) {
            words.append("\(field.name)=\(field.raw)")
        }
        let what = String(words.joined(separator: " ").prefix(Self.whatMax))
        let detail = record.number("dest") ?? record.number("ino") ?? 0
        guard domains[number] != nil else {
            // The first denial of a domain comes before the record that says whose it is.
            waiting.append(Waiting(domain: number, what: what, detail: detail))
            if waiting.count > Self.waitingMax { waiting.removeFirst() }
            return
        }
        deny(number, what, detail, into: &outlet)
    }

    private mutating func deny(
        _ number: UInt64, _ what: String, _ detail: UInt64, into outlet: inout EventOutlet
    ) {
        guard let domain = domains[number] else { return }
        domains[number]?.seen += 1
        outlet.add(
            .denied(
                compartment: domain.compartment, wall: .landlock, pid: domain.pid, what: what,
                detail: detail))
    }

    private mutating func domain(_ record: AuditRecord, into outlet: inout EventOutlet) {
        guard let number = record.hexadecimal("domain") else { return }
        if record.text("status") == "deallocated" {
            guard let ended = domains.removeValue(forKey: number) else { return }
            // The kernel's own count shows what was lost on the way.
            let denials = record.number("denials") ?? ended.seen
            if denials > ended.seen {
                outlet.add(
                    .attemptGap(
                        wall: .landlock, compartment: ended.compartment,
                        lost: denials - ended.seen))
            }
            return
        }
        let known = waiting.filter { $0.domain == number }
        waiting.removeAll { $0.domain == number }
        guard let compartment = owner(record), domains.count < Self.domainsMax else { return }
        domains[number] = Domain(compartment: compartment, pid: pid(record))
        for denial in known { deny(number, denial.what, denial.detail, into: &outlet) }
    }
}
