internal import Addresses
internal import Breach
internal import Descriptors
internal import Findings
internal import Glibc

/// The positive control: the same techniques by the same program where no wall stands.
enum OpenTwin {
    private static let idleMilliseconds = 10_000
    private static let totalNanoseconds: UInt64 = 30_000_000_000
    private static let seatsMax = 16

    /// Outcomes by technique; one that could not be tried is missing.
    static func outcomes(
        _ request: DrillRequest, _ bait: Bait
    ) throws(Failure) -> [String: Outcome] {
        var whole = Hearing()
        var left = request.techniques.map(\.id)
        let deadline = Moment.now + totalNanoseconds
        for _ in 0..<seatsMax {
            guard !left.isEmpty, !Interruption.isRaised, Moment.now < deadline else { break }
            let (heard, end) = try seat(request, bait, left, deadline)
            whole.merge(heard)
            left.removeAll { whole.trials[$0] != nil }
            if end != .hungUp || heard.trials.isEmpty { break }
        }
        return whole.trials.mapValues(\.outcome)
    }

    private static func seat(
        _ request: DrillRequest, _ bait: Bait, _ left: [String], _ deadline: UInt64
    ) throws(Failure) -> (Hearing, Hearing.End) {
        var orders = Orders(
            compartment: 0, address: Address(0x7F00_0001), program: request.probe,
            allowance: Allowance(
                memoryBytes: 64 << 20, processes: 32, files: 64, diskBytes: 16 << 20,
                scratchBytes: 16 << 20))
        orders.techniques = left
        orders.nonce = bait.nonce
        orders.abstractName = bait.abstractName
        orders.sharedKey = bait.sharedKey
        var channel = try ProbeChannel(orders)
        let null: Descriptor
        do { null = try Files.open("/dev/null") } catch {
            throw Failure(.machine, "drill-open", "\(error)", remedy: "mount /dev")
        }
        var child = try Child(
            request.probe, ["--open"],
            environment: [
                "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LISTEN_FDS=2",
                "LISTEN_FDNAMES=orders:report", "LISTEN_PID=",
            ],
            descriptors: [null.number, 2, 2] + channel.handed)
        channel.letGo()
        var heard = Hearing()
        let end: Hearing.End
        do throws(SystemFailure) {
            end = try heard.listen(
                on: channel.report.number, idleMilliseconds: idleMilliseconds, until: deadline)
        } catch {
            throw Failure(.machine, "drill-report", "\(error)", remedy: "run it again")
        }
        // A control that ends its own prover works as an attack.
        if end == .hungUp, let (id, began) = heard.pending {
            heard.trials[id] = Trial(
                id: id, begin: began, end: Moment.real,
                outcome: Technique.byID[id]?.fatal == true
                    ? .through("it ended the process that tried it")
                    : .couldNotRun("it ended the process that tried it"))
        }
        // A finished prover ends its victims itself; whatever is left of its session is ended here.
        _ = child.wait(milliseconds: end == .finished ? 2000 : 0)
        child.stop(milliseconds: 200)
        kill(-child.pid, SIGKILL)
        return (heard, end)
    }
}
