import AuditTreaty
import Chance
import Descriptors
import Glibc
import Testing
import Trail

/// The built writer, beside the test program; empty when it was not built.
private let writerPath: String = {
    let own = Files.resolve("/proc/self/exe") ?? ""
    let path = own.split(separator: "/").dropLast().reduce(into: "") { $0 += "/" + $1 }
    return path + "/bulkhead-trail"
}()

/// A started writer, killed when the value ends before it was.
private struct Writer: ~Copyable {
    let pid: pid_t

    /// Starts the program on a trail with one channel named `events`.
    init(trail: String, channel: Int32) throws {
        // Far from the number that it gets, so that duplicating never hits an open one.
        let high = fcntl(channel, F_DUPFD_CLOEXEC, 200)
        defer { close(high) }
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        unsafe posix_spawn_file_actions_adddup2(&actions, high, 3)
        let variables = ["LISTEN_FDS=1", "LISTEN_FDNAMES=events", "STATE_DIRECTORY=\(trail)"]
        var environment: [UnsafeMutablePointer<CChar>?] = unsafe variables.map { unsafe strdup($0) }
        unsafe environment.append(nil)
        let arguments: [UnsafeMutablePointer<CChar>?] = unsafe [strdup("bulkhead-trail"), nil]
        defer { unsafe (environment + arguments).forEach { unsafe free($0) } }
        var pid: pid_t = 0
        let status = unsafe posix_spawn(
            &pid, writerPath, &actions, nil, arguments, environment)
        guard status == 0 else { throw SystemFailure("spawn", writerPath, errno: status) }
        self.pid = pid
    }

    /// Sends the signal and waits; the raw wait status.
    consuming func end(_ signal: Int32) -> Int32 {
        kill(pid, signal)
        var status: Int32 = 0
        unsafe waitpid(pid, &status, 0)
        return status
    }
}

@Suite(
    "A writer killed at any moment", .serialized,
    .enabled(if: Files.facts(of: writerPath) != nil, "bulkhead-trail was not built"))
struct KillTests {
    /// Sends until the queue is full or `count` messages went out.
    private func send(
        _ count: Int, _ batch: inout EventBatch, _ random: inout Seeded, on channel: Int32,
        wanted: inout Set<UInt64>
    ) {
        for _ in 0..<count {
            for _ in 0...(random.next() % 20) {
                _ = batch.append(.note(kind: "round", text: "\(batch.next)"))
            }
            let wantsReceipt = random.next() % 8 == 0
            let first = batch.next - UInt64(batch.count)
            guard let message = batch.take(wantsReceipt: wantsReceipt) else { continue }
            let flags = Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL)
            let sent = unsafe message.withUnsafeBytes {
                unsafe Glibc.send(channel, $0.baseAddress, $0.count, flags)
            }
            if sent == message.count, wantsReceipt { wanted.insert(first) }
        }
    }

    /// Takes receipts until none waits, or, waiting, until `enough` have come.
    private func collect(
        _ receipts: inout Set<UInt64>, on channel: Int32, enough: Int = 0
    ) throws {
        var bytes: [UInt8] = []
        while true {
            bytes.removeAll()
            switch try DescriptorIO.read(channel, into: &bytes, limit: 64) {
            case .bytes:
                let receipt = try EventReceipt.decode(bytes)
                #expect(receipt.stored)
                receipts.insert(receipt.sequence)
            default:
                if receipts.count >= enough { return }
                var wait = pollfd(fd: channel, events: Int16(POLLIN), revents: 0)
                guard unsafe poll(&wait, 1, 20_000) == 1 else { return }
            }
        }
    }

    @Test("30 kills: every receipt is kept, every number is accounted for, the trail verifies")
    func kills() throws {
        let scratch = try Scratch()
        var ends: [Int32] = [0, 0]
        unsafe socketpair(AF_UNIX, Int32(SOCK_SEQPACKET.rawValue) | 0x80000, 0, &ends)
        let (ours, theirs) = (
            SharedDescriptor(Descriptor(owning: ends[0])),
            SharedDescriptor(Descriptor(owning: ends[1]))
        )
        _ = fcntl(ours.number, F_SETFL, O_NONBLOCK)
        var random = Seeded(state: 20_261_121)
        var batch = EventBatch()
        var receipts: Set<UInt64> = []
        var wanted: Set<UInt64> = []
        for round in 0..<30 {
            let writer = try Writer(trail: scratch.path, channel: theirs.number)
            let goal = receipts.count + Int(random.next() % 4)
            send(40, &batch, &random, on: ours.number, wanted: &wanted)
            // Waiting for some receipts spreads the kills over start, recovery and full work.
            if round % 3 > 0 {
                try collect(
                    &receipts, on: ours.number, enough: min(goal, wanted.count))
            }
            send(Int(random.next() % 60), &batch, &random, on: ours.number, wanted: &wanted)
            #expect(writer.end(SIGKILL) & 0x7F == SIGKILL, "it ended before it was killed")
            try collect(&receipts, on: ours.number)
            // A writer that was killed before its first head leaves nothing to verify yet.
            if !scratch.directory.holdsTrail { continue }
            let verdict = TrailVerifier.verify(scratch.directory)
            if case .bad(let fault) = verdict, fault.reason == .headMissing, receipts.isEmpty {
                continue
            }
            #expect(verdict.summary != nil, "round \(round): \(verdict)")
        }
        let writer = try Writer(trail: scratch.path, channel: theirs.number)
        send(1, &batch, &random, on: ours.number, wanted: &wanted)
        let last = batch.next
        _ = batch.append(.note(kind: "last", text: ""))
        try DescriptorIO.writeAll(ours.number, batch.take(wantsReceipt: true) ?? [])
        while !receipts.contains(last) {
            let before = receipts.count
            try collect(&receipts, on: ours.number, enough: before + 1)
            try #require(receipts.count > before, "the last receipt never came")
        }
        #expect(writer.end(SIGTERM) == 0)

        var kept: Set<UInt64> = []
        let verdict = TrailVerifier.verify(scratch.directory) { frame, message in
            if frame.origin == .service { kept.insert(message.sequence) }
        }
        let summary = try #require(verdict.summary)
        #expect(receipts.isSubset(of: kept), "a receipt was given for what is not there")
        #expect(summary.events + summary.lost == batch.next)
        #expect(summary.unsigned == 0 && summary.unfinished == 0)
        #expect(receipts.count > 20)
    }
}
