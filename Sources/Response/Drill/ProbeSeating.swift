package import Breach
internal import CLinux
internal import ControlTreaty
internal import Descriptors
internal import Findings
internal import Glibc
internal import Operator
internal import Processes
internal import Sockets

/// Orders in a sealed memory file, and the channel on which the probe reports.
struct ProbeChannel {
    let orders: SharedDescriptor
    let report: SharedDescriptor
    /// The probe's end; given away and closed here.
    private var theirs: SharedDescriptor?

    init(_ orders: Orders) throws(Failure) { try self.init(sealing: OrdersCodec.encode(orders)) }

    init(_ orders: EnvoyOrders) throws(Failure) {
        try self.init(sealing: EnvoyCodec.encode(orders))
    }

    private init(sealing bytes: [UInt8]) throws(Failure) {
        do throws(SystemFailure) {
            let file = SharedDescriptor(try Jail.seal(bytes))
            lseek(file.number, 0, SEEK_SET)
            var ends: [SharedDescriptor] = []
            try LocalSocket.pair().split { own, their throws(SystemFailure) in
                try own.setNonBlocking()
                ends = [SharedDescriptor(own), SharedDescriptor(their)]
            }
            self.orders = file
            report = ends[0]
            theirs = ends[1]
        } catch {
            throw Failure(.machine, "drill-channel", "\(error)", remedy: "close other programs")
        }
    }

    /// The two numbers to hand over: orders, then the probe's end.
    var handed: [Int32] { [orders.number, theirs?.number ?? -1] }

    /// Closes the probe's end here, so that its end is the channel's end.
    mutating func letGo() { theirs = nil }
}

/// Puts probes in one compartment's place until every technique has been tried.
struct ProbeSeating {
    let name: String
    let program: String
    let control: String

    private static let idleMilliseconds = 15_000
    private static let totalNanoseconds: UInt64 = 90_000_000_000
    /// Attempts that may end their probe, and so many more seats.
    private static let seatsMax = 16

    /// Runs all techniques of the orders; trials that ended their probe are in the result too.
    func run(
        _ orders: Orders, onIdentity: () -> Void, onListening: (UInt16) -> Void
    ) throws(Failure) -> Hearing {
        var whole = Hearing()
        var left = orders.techniques
        let deadline = Moment.now + Self.totalNanoseconds
        for _ in 0..<Self.seatsMax {
            guard !left.isEmpty, !Interruption.isRaised else { break }
            var one = orders
            one.techniques = left
            var channel = try ProbeChannel(one)
            try seat(channel.handed)
            channel.letGo()
            var heard = Hearing()
            let end: Hearing.End
            do throws(SystemFailure) {
                end = try heard.listen(
                    on: channel.report.number, idleMilliseconds: Self.idleMilliseconds,
                    until: deadline, onIdentity: onIdentity, onListening: onListening)
            } catch {
                throw Failure(.machine, "drill-report", "\(error)", remedy: "run it again")
            }
            if let failed = Hearing.unfinished(heard, end) { heard.trials[failed.id] = failed }
            whole.merge(heard)
            left.removeAll { whole.trials[$0] != nil }
            if end == .finished || end == .interrupted || heard.identity == nil { break }
            if heard.trials.isEmpty || Moment.now >= deadline { break }
            try release(unless: end)
        }
        _ = try? ControlClient.ask(.release(compartment: name), at: control)
        return whole
    }

    /// Lets an envoy run its orders once.
    func run(
        _ orders: EnvoyOrders, onPrompt: (String) -> Void = { _ in }
    ) throws(Failure) -> Hearing {
        var channel = try ProbeChannel(orders)
        try seat(channel.handed)
        channel.letGo()
        var heard = Hearing()
        let end: Hearing.End
        do throws(SystemFailure) {
            end = try heard.listen(
                on: channel.report.number, idleMilliseconds: Self.idleMilliseconds,
                until: Moment.now + Self.totalNanoseconds, onPrompt: onPrompt)
        } catch {
            throw Failure(.machine, "drill-report", "\(error)", remedy: "run it again")
        }
        if let failed = Hearing.unfinished(heard, end) { heard.trials[failed.id] = failed }
        _ = try? ControlClient.ask(.release(compartment: name), at: control)
        return heard
    }

    private func seat(_ handed: [Int32]) throws(Failure) {
        // The probe before may be ending just now.
        for attempt in 0..<40 {
            let reply = try ControlClient.ask(
                .probe(compartment: name, program: program), at: control, handing: handed)
            switch reply {
            case .done: return
            case .refused(let problem, let remedy):
                guard attempt < 39 else {
                    throw Failure(.refused, "drill-probe", problem, remedy: remedy)
                }
                usleep(50_000)
            case .status:
                throw Failure(
                    .machine, "drill-probe", "the supervisor answers something else",
                    remedy: "use the `bulkhead` that started the platform")
            }
        }
    }

    private func release(unless end: Hearing.End) throws(Failure) {
        guard end != .hungUp else { return }
        _ = try ControlClient.ask(.release(compartment: name), at: control)
    }
}

extension Hearing {
    /// What became of an attempt that its probe did not survive, or did not return from.
    package static func unfinished(_ heard: Hearing, _ end: End) -> Trial? {
        guard let (id, began) = heard.pending else { return nil }
        let now = Moment.real
        switch end {
        case .hungUp:
            let refusal = Refusal(
                call: nil, errno: 0, signal: UInt8(SIGKILL), detail: "it ended the probe")
            return Trial(id: id, begin: began, end: now, outcome: .stopped(refusal))
        case .silent, .finished:
            return Trial(
                id: id, begin: began, end: now, outcome: .couldNotRun("the probe came to no end"))
        case .interrupted: return nil
        }
    }

    package mutating func merge(_ other: Hearing) {
        identity = identity ?? other.identity
        trials.merge(other.trials) { first, _ in first }
        sightings += other.sightings
        malformed += other.malformed
    }
}
