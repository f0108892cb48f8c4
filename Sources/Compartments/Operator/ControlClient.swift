internal import CLinux
package import ControlTreaty
package import Descriptors
package import Findings
internal import Glibc

/// Asks a running supervisor one thing.
package enum ControlClient {
    /// Sends a request, with descriptors where it takes them, and waits for the answer.
    package static func ask(
        _ request: ControlRequest, at path: String, handing descriptors: [Int32] = []
    ) throws(Failure) -> ControlReply {
        try exchange(request, at: path, handing: descriptors).reply
    }

    /// A connection to a service's channel for operators.
    package static func open(
        _ channel: String, of service: String, at path: String
    ) throws(Failure) -> Descriptor {
        let (reply, connection) = try exchange(
            .open(compartment: service, channel: channel), at: path, handing: [])
        if case .refused(let problem, let remedy) = reply {
            throw Failure(.refused, "channel", problem, remedy: remedy)
        }
        guard case .done = reply, connection >= 0 else { throw silent(path) }
        return Descriptor(owning: connection)
    }

    private static func exchange(
        _ request: ControlRequest, at path: String, handing descriptors: [Int32]
    ) throws(Failure) -> (reply: ControlReply, connection: Int32) {
        let number = unsafe bh_unix_connect(path)
        guard number >= 0 else {
            throw Failure(
                .refused, "not-running", "no platform answers at \(path)",
                remedy: "start one with `bulkhead up`")
        }
        let socket = Descriptor(owning: number)
        let bytes = request.encode()
        let sent = unsafe bytes.withUnsafeBytes { room in
            unsafe bh_send_fds(
                socket.number, room.baseAddress, room.count, descriptors, descriptors.count)
        }
        guard sent == bytes.count else { throw silent(path) }
        var reply = [UInt8](repeating: 0, count: ControlReply.bytesMax)
        var connection: Int32 = -1
        var held = 1
        let count = unsafe reply.withUnsafeMutableBytes { room in
            unsafe bh_receive_fds(socket.number, room.baseAddress, room.count, &connection, &held)
        }
        guard count > 0 else { throw silent(path) }
        do {
            return (
                try ControlReply.decode(Array(reply.prefix(count))), held == 1 ? connection : -1
            )
        } catch {
            if held == 1 { _ = Descriptor(owning: connection) }
            throw Failure(
                .machine, "reply", "the supervisor's answer cannot be read (\(error))",
                remedy: "use the `bulkhead` that started the platform")
        }
    }

    /// Waits until the supervisor behind a control socket has ended: its socket file is gone.
    package static func waitUntilGone(_ path: String, seconds: Int) -> Bool {
        for _ in 0..<(seconds * 100) {
            if Files.facts(of: path) == nil { return true }
            usleep(10_000)
        }
        return false
    }

    private static func silent(_ path: String) -> Failure {
        Failure(
            .machine, "no-answer", "the supervisor at \(path) ended without an answer",
            remedy: "see its log; the next `bulkhead up` sweeps what it left")
    }
}
