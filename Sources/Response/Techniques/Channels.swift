internal import AuditTreaty
internal import Breach
internal import CLinux
internal import Glibc

/// Channels that lead to the watch and to others; ids as in `Technique.channels`.
///
/// In the open twin the attacker brings a victim of its own that believes what it reads.
enum Channels {
    static let attempts: [(String, Attack)] = [
        ("event.garbage", garbage), ("event.forge", forge), ("event.flood", flood),
        ("event.oversized", oversized), ("event.descriptor", eventDescriptor),
        ("notify.forge", notifyForge), ("notify.others", notifyOthers),
        ("unix.control", control), ("unix.host-sockets", hostSockets),
        ("unix.abstract", abstract),
    ]

    private static let packetType: Int32 = 5
    private static let noChannel = "no event channel"
    private static let floodMessages = 20_000
    private static let oversizedBytes = 72 << 10

    /// The channel's own end and, in the open twin, the victim's.
    private struct Channel {
        let own: Int
        let victim: Int?

        func end() {
            guard let victim else { return }
            close(own)
            close(victim)
        }
    }

    private static func pair(_ type: Int32) throws(Refusal) -> Channel {
        let ends = Memory(zeroes: 8)
        try call(
            SYS_socketpair, Argument(AF_UNIX), Argument(type | Constant.nonBlockingClosed), 0,
            Argument(ends))
        return Channel(
            own: Int(ends.integer(Int32.self, at: 0)),
            victim: Int(ends.integer(Int32.self, at: 4)))
    }

    private static func onChannel(
        _ seat: Seat, _ attempt: (Channel) throws(Refusal) -> Outcome
    ) throws(Refusal) -> Outcome {
        if seat.open {
            let channel = try pair(packetType)
            defer { channel.end() }
            return try attempt(channel)
        }
        guard let events = seat.events else { return .inapplicable(noChannel) }
        // A full queue must be an error number, not an endless wait.
        _ = try? call(SYS_fcntl, Argument(events), Argument(F_SETFL), Argument(O_NONBLOCK))
        return try attempt(Channel(own: events, victim: nil))
    }

    /// One message; through when a victim that believes everything has it whole.
    private static func say(
        _ seat: Seat, _ bytes: [UInt8], _ what: String
    ) throws(Refusal) -> Outcome {
        try onChannel(seat) { channel throws(Refusal) in
            try call(
                SYS_write, Argument(channel.own), Argument(Memory(bytes)), Argument(bytes.count),
                about: what)
            guard let victim = channel.victim else { return .sent(what) }
            let room = Memory(zeroes: bytes.count)
            let got = try call(SYS_read, Argument(victim), Argument(room), Argument(bytes.count))
            return got == bytes.count
                ? .through("a reader without checks took \(what)")
                : .couldNotRun("\(got) of \(bytes.count) bytes arrived")
        }
    }

    private static func garbage(_ seat: inout Seat) throws(Refusal) -> Outcome {
        try say(seat, [0xFF, 0xFF] + seat.mark, "bytes that are no event")
    }

    /// That the platform went down: only the supervisor's own channel may say so.
    private static func forge(_ seat: inout Seat) throws(Refusal) -> Outcome {
        let event = Event.platformDown(reason: "bulkhead-probe")
        let message = EventMessage(sequence: 0, wantsReceipt: false, events: [event]).encode()
        return try say(seat, message, "a forged event of the supervisor")
    }

    private static func oversized(_ seat: inout Seat) throws(Refusal) -> Outcome {
        let bytes = [UInt8](repeating: 0x42, count: oversizedBytes)
        return try say(seat, bytes, "a message of \(bytes.count) bytes")
    }

    private static func flood(_ seat: inout Seat) throws(Refusal) -> Outcome {
        let note = Event.note(kind: "bulkhead-probe", text: "flood")
        let message = Memory(
            EventMessage(sequence: 0, wantsReceipt: false, events: [note]).encode())
        return try onChannel(seat) { channel throws(Refusal) in
            var taken = 0
            do throws(Refusal) {
                while taken < floodMessages {
                    try call(
                        SYS_write, Argument(channel.own), Argument(message),
                        Argument(message.count), about: "flood")
                    taken += 1
                }
            } catch  where error.errno == EAGAIN {
                if channel.victim != nil {
                    return .through("\(taken) messages fill the queue, nobody else is heard")
                }
            }
            return .sent("\(taken) of \(floodMessages) messages taken")
        }
    }

    private static func eventDescriptor(_ seat: inout Seat) throws(Refusal) -> Outcome {
        try onChannel(seat) { channel throws(Refusal) in
            try hand(channel.own, seat.mark, to: channel.victim, "a descriptor with the event")
        }
    }

    /// Sends a descriptor with the bytes.
    private static func hand(
        _ socket: Int, _ bytes: [UInt8], to victim: Int?, _ what: String
    ) throws(Refusal) -> Outcome {
        let message = Layout.message(payload: Memory(bytes), control: Layout.rights(socket))
        try call(
            SYS_sendmsg, Argument(socket), Argument(message), Argument(Constant.quiet),
            about: what)
        guard let victim else { return .sent(what) }
        let ancillary = [UInt8](repeating: 0, count: 24)
        let room = Layout.message(payload: Memory(zeroes: bytes.count), control: ancillary)
        try call(SYS_recvmsg, Argument(victim), Argument(room), 0)
        // msg_controllen says whether the descriptor came along.
        guard room.integer(UInt64.self, at: 40) > 16 else {
            return .couldNotRun("no descriptor arrived")
        }
        let control = room.integer(UInt64.self, at: 32)
        if let taken = Patch.integer(at: Int(truncatingIfNeeded: control) + 16) { close(taken) }
        return .through("a receiver without checks took \(what)")
    }

    // MARK: Sockets with names

    private static func socket(_ type: Int32, to name: [UInt8]) throws(Refusal) -> Int {
        let socket = try makeSocket(AF_UNIX, type)
        do throws(Refusal) {
            try call(
                SYS_connect, Argument(socket), Argument(Memory(name)), Argument(name.count),
                about: "connect to " + shown(name))
            return socket
        } catch {
            close(socket)
            throw error
        }
    }

    private static func shown(_ name: [UInt8]) -> String {
        String(decoding: name.dropFirst(2).filter { $0 != 0 }.prefix(100), as: UTF8.self)
    }

    /// A victim's socket at the name, for the open twin; the name is free for the next.
    private static func withVictim(
        _ name: [UInt8], _ type: Int32, _ attempt: (Int) throws(Refusal) -> Outcome
    ) throws(Refusal) -> Outcome {
        let victim = try makeSocket(AF_UNIX, type)
        let path = shown(name)
        defer {
            close(victim)
            _ = try? call(SYS_unlink, Argument(path))
        }
        try call(
            SYS_bind, Argument(victim), Argument(Memory(name)), Argument(name.count), about: path)
        if type != Constant.datagramType { try call(SYS_listen, Argument(victim), 4) }
        return try attempt(victim)
    }

    private static let victimName = Layout.unix("/tmp/bulkhead-probe-victim")

    private static func notifyForge(_ seat: inout Seat) throws(Refusal) -> Outcome {
        let bytes = Array("FDSTORE=1\nFDNAME=bulkhead-probe\n".utf8)
        let what = "a descriptor with the notification"
        guard seat.open else {
            let socket = try socket(Constant.datagramType, to: Layout.unix("/run/notify"))
            defer { close(socket) }
            return try hand(socket, bytes, to: nil, what)
        }
        return try withVictim(victimName, Constant.datagramType) { victim throws(Refusal) in
            let socket = try socket(Constant.datagramType, to: victimName)
            defer { close(socket) }
            return try hand(socket, bytes, to: victim, what)
        }
    }

    private static func notifyOthers(_ seat: inout Seat) throws(Refusal) -> Outcome {
        let say = { (name: [UInt8]) throws(Refusal) -> Outcome in
            let socket = try socket(Constant.datagramType, to: name)
            defer { close(socket) }
            // A state that changes nothing, should it arrive.
            try write(socket, Array("STATUS=bulkhead-probe".utf8))
            return .through("\(shown(name)) took a notification")
        }
        if seat.open {
            return try withVictim(victimName, Constant.datagramType) { _ throws(Refusal) in
                try say(victimName)
            }
        }
        return try anyOf(seat.paths(.notify), none: "no other notify socket") {
            path throws(Refusal) in try say(Layout.unix(path))
        }
    }

    /// Asks for the status, the mildest verb: an answer proves that commands are heard.
    private static func control(_ seat: inout Seat) throws(Refusal) -> Outcome {
        if seat.open {
            return try withVictim(victimName, packetType) { _ throws(Refusal) in
                let socket = try socket(packetType, to: victimName)
                defer { close(socket) }
                try write(socket, statusRequest)
                return .through("the control socket took a command")
            }
        }
        return try anyOf(seat.paths(.control), none: "no control socket") { path throws(Refusal) in
            let socket = try socket(packetType, to: Layout.unix(path))
            defer { close(socket) }
            try write(socket, statusRequest)
            let reply = try receive(socket, milliseconds: 300)
            guard !reply.isEmpty else { throw unsuccessful("\(path) gave no answer") }
            // Version 1, reply 2: the supervisor's refusal.
            guard reply.dropFirst().first != 2 else {
                throw unsuccessful("\(path) refused the verb to this uid", errno: EPERM)
            }
            return .through("\(path) answered \(reply.count) bytes")
        }
    }

    /// Version 1, verb 1 of the control treaty.
    private static let statusRequest: [UInt8] = [1, 1]

    private static func hostSockets(_ seat: inout Seat) throws(Refusal) -> Outcome {
        if seat.open {
            return try withVictim(victimName, Constant.streamType) { _ throws(Refusal) in
                try reach(victimName)
            }
        }
        return try anyOf(Technique.hostSockets, none: "no socket of the host") {
            path throws(Refusal) in
            try reach(Layout.unix(path))
        }
    }

    /// By the kind of socket that the other one is.
    private static func reach(_ name: [UInt8]) throws(Refusal) -> Outcome {
        do throws(Refusal) {
            close(try socket(Constant.streamType, to: name))
        } catch  where error.errno == EPROTOTYPE {
            close(try socket(Constant.datagramType, to: name))
        }
        return .through("connected to \(shown(name))")
    }

    private static func abstract(_ seat: inout Seat) throws(Refusal) -> Outcome {
        if seat.open {
            let name = Layout.unix("bulkhead-probe-victim", abstract: true)
            return try withVictim(name, Constant.streamType) { _ throws(Refusal) in
                try reach(name)
            }
        }
        guard !seat.orders.abstractName.isEmpty else { return .inapplicable("no abstract socket") }
        return try reach(Layout.unix(seat.orders.abstractName, abstract: true))
    }
}
