internal import Addresses
internal import Breach
internal import CLinux
internal import Glibc

/// Sockets made on the host's side as a way out; ids as in `Technique.inherited`.
enum Inherited {
    static let attempts: [(String, Attack)] = [
        ("out.accepted-dial", acceptedDial), ("out.accepted-rebind", rebind),
        ("out.accepted-listen", relisten), ("out.listener-dial", listenerDial),
    ]

    private static let none = "no published port"

    /// A connection from a listener, taken once; the runner has dialled each published port.
    private static func accepted(_ seat: inout Seat) throws(Refusal) -> Int? {
        if let kept = seat.accepted { return kept }
        var refusal: Refusal?
        for listener in seat.listeners {
            for _ in 0..<20 {
                do throws(Refusal) {
                    let got = try call(
                        SYS_accept4, Argument(listener), 0, 0,
                        Argument(Constant.nonBlockingClosed), about: "accept")
                    seat.accepted = got
                    return got
                } catch  where error.errno == EAGAIN { pause(milliseconds: 10) } catch {
                    refusal = error
                    break
                }
            }
        }
        if let refusal { throw refusal }
        return nil
    }

    /// Runs with a turned-round accepted socket.
    private static func turned(
        _ seat: inout Seat, _ next: (Int, inout Seat) throws(Refusal) -> Outcome
    ) throws(Refusal) -> Outcome {
        guard !seat.listeners.isEmpty else { return .inapplicable(none) }
        guard let socket = try accepted(&seat) else {
            return .couldNotRun("nobody dialled the published port")
        }
        try disconnect(socket)
        return try next(socket, &seat)
    }

    private static func dial(_ socket: Int, _ seat: inout Seat) throws(Refusal) -> Outcome {
        // A copy: what the dial closes must not be the seat's own.
        try dialAll(
            Array(seat.targets(.hostLoopback).prefix(1)), &seat, none: "no canary on the host"
        ) { target throws(Refusal) in
            let copy = try call(SYS_fcntl, Argument(socket), Argument(F_DUPFD_CLOEXEC), 0)
            do throws(Refusal) {
                try connect(copy, target.address, target.port)
            } catch {
                close(copy)
                throw error
            }
            return copy
        }
    }

    private static func acceptedDial(_ seat: inout Seat) throws(Refusal) -> Outcome {
        try turned(&seat) { socket, seat throws(Refusal) in try dial(socket, &seat) }
    }

    private static func listening(_ socket: Int) throws(Refusal) -> Outcome {
        try call(SYS_listen, Argument(socket), 1, about: "listen on the host")
        let name = Memory(zeroes: 16)
        try call(
            SYS_getsockname, Argument(socket), Argument(name),
            Argument(Memory(Layout.word(UInt32(16)))))
        let port = UInt16(bigEndian: name.integer(UInt16.self, at: 2))
        return .through("the host listens on port \(port)")
    }

    private static func rebind(_ seat: inout Seat) throws(Refusal) -> Outcome {
        try turned(&seat) { socket, _ throws(Refusal) in
            try bind(socket, Address(0x7F00_0001), 0)
            return try listening(socket)
        }
    }

    private static func relisten(_ seat: inout Seat) throws(Refusal) -> Outcome {
        try turned(&seat) { socket, _ throws(Refusal) in try listening(socket) }
    }

    private static func listenerDial(_ seat: inout Seat) throws(Refusal) -> Outcome {
        guard let listener = seat.listeners.first else { return .inapplicable(none) }
        // A dial that no wall answers would otherwise wait for minutes.
        _ = try? call(SYS_fcntl, Argument(listener), Argument(F_SETFL), Argument(O_NONBLOCK))
        try disconnect(listener)
        return try dial(listener, &seat)
    }
}
