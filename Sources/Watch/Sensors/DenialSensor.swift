internal import Addresses
package import AuditTreaty
package import Netlink

/// Turns the kernel's audit records of seccomp and Landlock into denials of compartments.
///
/// A TCP connection that Landlock denied never becomes a packet: it is recorded as an attempt, so
/// that it stands beside those that the firewalls refused.
/// The records of other programs on the machine pass by unseen: only uids of the table are ours.
package struct DenialSensor: Sendable {
    private struct Domain {
        let compartment: UInt16
        let pid: UInt32
        var seen: UInt64 = 0
    }

    /// A denied access: a connection attempt where the record says whereto, else words.
    private struct Access {
        let domain: UInt64
        let time: UInt64
        let what: String
        let detail: UInt64
        let target: (address: Address, port: UInt16)?
    }

    private static let domainsMax = 4096
    private static let waitingMax = 256
    private static let whatMax = 1024

    private let names: SensorNames
    private var domains: [UInt64: Domain] = [:]
    /// Denials whose domain is told only by the record behind them.
    private var waiting: [Access] = []

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

    /// The number of clone3, which every filter answers with ENOSYS.
    ///
    /// The C library then falls back to clone, whose flags a filter can read. Each thread of a harmless program asks, and a denial that is
    /// always there hides those that matter.
    private static let answeredByDesign: UInt64 = 435

    private func seccomp(_ record: AuditRecord, into outlet: inout EventOutlet) {
        guard let compartment = owner(record), record.number("syscall") != Self.answeredByDesign
        else { return }
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
        let access = Access(
            domain: number, time: record.time, what: what, detail: detail,
            target: Self.target(record))
        guard domains[number] != nil else {
            // The first denial of a domain comes before the record that says whose it is.
            waiting.append(access)
            if waiting.count > Self.waitingMax { waiting.removeFirst() }
            return
        }
        deny(access, into: &outlet)
    }

    /// Whereto a denied TCP connection was going.
    private static func target(_ record: AuditRecord) -> (address: Address, port: UInt16)? {
        guard record.text("blockers") == "net.connect_tcp",
            let address = record.text("daddr").flatMap({ Address($0) }),
            let port = record.number("dest").flatMap({ UInt16(exactly: $0) })
        else { return nil }
        return (address, port)
    }

    private mutating func deny(_ access: Access, into outlet: inout EventOutlet) {
        guard let domain = domains[access.domain] else { return }
        domains[access.domain]?.seen += 1
        guard let target = access.target else {
            outlet.add(
                .denied(
                    compartment: domain.compartment, wall: .landlock, pid: domain.pid,
                    what: access.what, detail: access.detail))
            return
        }
        outlet.add(
            attempt: Attempt(
                time: access.time, wall: .landlock, verdict: .refused, source: domain.compartment,
                target: names.owner(target.address.value), flow: 0,
                sourceAddress: names.address(of: domain.compartment),
                targetAddress: target.address, transport: 6, sourcePort: 0,
                targetPort: target.port))
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
        for access in known { deny(access, into: &outlet) }
    }
}
