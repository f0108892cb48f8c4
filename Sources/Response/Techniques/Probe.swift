internal import Breach
internal import CLinux
internal import Glibc

/// The probe's course: what it finds itself to be, then one attempt after another, each announced
/// before it begins, so that one that ends the probe is known by its name.
package struct Probe {
    private var seat: Seat

    /// `report` is the descriptor that takes one message a record.
    package init(seat: Seat, report: Int) {
        self.seat = seat
        self.seat.report = report
    }

    /// Every attempt by its technique's id.
    private static let attacks: [String: Attack] = Dictionary(
        Network.attempts + Forgery.attempts + Inherited.attempts + Places.attempts
            + Identities.attempts + Others.attempts + KernelSurface.attempts + Code.attempts
            + Channels.attempts + Resources.attempts,
        uniquingKeysWith: { first, _ in first })

    /// Ids that have an attempt, for the table's test.
    package static var implemented: Set<String> { Set(attacks.keys) }

    /// Runs what the orders name; ids without an attempt are reported as such.
    package mutating func run() {
        bh_ignore_pipe()
        tell(.identity(identity()))
        var count: UInt32 = 0
        for id in seat.orders.techniques.prefix(256) {
            let begin = now()
            tell(.began(id: id, time: begin))
            seat.touches = []
            let outcome = attempt(id)
            // The kernel's log of the walls waits up to 10 ms before it tells.
            if !seat.touches.isEmpty { pause(milliseconds: 15) }
            tell(
                .ended(
                    Trial(
                        id: id, begin: begin, end: now(), outcome: outcome, touches: seat.touches)))
            count += 1
        }
        tell(.finished(trials: count))
    }

    private mutating func attempt(_ id: String) -> Outcome {
        guard let attack = Self.attacks[id] else { return .couldNotRun("no attempt of that name") }
        do throws(Refusal) { return try attack(&seat) } catch { return .stopped(error) }
    }

    private func tell(_ record: Report) { seat.tell(record) }

    /// What the kernel says of this process; nil where the filter lets it not ask.
    private func identity() -> Identity {
        var result = Identity(
            uid: (try? call(SYS_getuid)).map { UInt32(truncatingIfNeeded: $0) },
            gid: (try? call(SYS_getgid)).map { UInt32(truncatingIfNeeded: $0) }, effective: nil,
            permitted: nil, noNewPrivileges: nil, seccomp: nil, descriptors: [])
        result.descriptors = openDescriptors()
        guard let file = try? opened("/proc/self/status", O_RDONLY) else { return result }
        defer { close(file) }
        let room = Memory(zeroes: 8192)
        guard let got = try? call(SYS_read, Argument(file), Argument(room), 8192) else {
            return result
        }
        for line in String(decoding: room.bytes(got), as: UTF8.self).split(separator: "\n") {
            let words = line.split(separator: "\t")
            guard words.count == 2 else { continue }
            switch words[0] {
            case "CapEff:": result.effective = UInt64(words[1], radix: 16)
            case "CapPrm:": result.permitted = UInt64(words[1], radix: 16)
            case "NoNewPrivs:": result.noNewPrivileges = words[1] == "1"
            case "Seccomp:": result.seccomp = UInt8(words[1])
            default: continue
            }
        }
        return result
    }

    /// By asking each number: /proc of a compartment shows no `fd` of others, and listing it would
    /// open one more.
    private func openDescriptors() -> [UInt32] {
        (0..<Identity.descriptorsMax).filter {
            (try? call(SYS_fcntl, Argument($0), Argument(F_GETFD))) != nil
        }
    }
}
