internal import CLinux
package import ControlTreaty
internal import Descriptors
package import Findings
internal import Glibc

/// Asks a running supervisor one thing.
package enum ControlClient {
    /// Sends a request, with descriptors where it takes them, and waits for the answer.
    package static func ask(
        _ request: ControlRequest, at path: String, handing descriptors: [Int32] = []
    ) throws(Failure) -> ControlReply {
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
        let count = unsafe reply.withUnsafeMutableBytes { room in
            unsafe recv(socket.number, room.baseAddress, room.count, 0)
        }
        guard count > 0 else { throw silent(path) }
        do {
            return try ControlReply.decode(Array(reply.prefix(count)))
        } catch {
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
