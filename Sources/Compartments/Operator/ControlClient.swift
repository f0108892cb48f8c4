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

    static func exchange(
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

    /// Asks a platform to go down and waits for the end of its supervisor's process, which is the
    /// last of it; false when it still runs after that time.
    package static func end(at path: String, seconds: Int32) throws(Failure) -> Bool {
        let process = supervisor(at: path)
        if case .refused(let problem, let remedy) = try ask(.down, at: path) {
            throw Failure(.refused, "refused", problem, remedy: remedy)
        }
        if let process, process.isReadable(within: seconds * 1000) { return true }
        // Out of sight, as from another pid namespace: its socket's file goes shortly before it.
        for _ in 0..<(process == nil ? seconds * 100 : 0) {
            if Files.facts(of: path) == nil { return true }
            usleep(10_000)
        }
        return false
    }

    /// The process that listens at a control socket, as a descriptor that is readable at its end.
    private static func supervisor(at path: String) -> SharedDescriptor? {
        let number = unsafe bh_unix_connect(path)
        guard number >= 0 else { return nil }
        let socket = Descriptor(owning: number)
        var pid: UInt32 = 0
        var uid: UInt32 = 0
        guard unsafe bh_peer(socket.number, &pid, &uid) == 0, pid > 0 else { return nil }
        let process = bh_pidfd_open(Int32(pid))
        return process < 0 ? nil : SharedDescriptor(Descriptor(owning: process))
    }

    static func silent(_ path: String) -> Failure {
        Failure(
            .machine, "no-answer", "the supervisor at \(path) ended without an answer",
            remedy: "see its log; the next `bulkhead up` sweeps what it left")
    }
}

extension SharedDescriptor {
    /// Waits until there is something to read, or, of a process, until it has ended.
    fileprivate func isReadable(within milliseconds: Int32) -> Bool {
        var watched = pollfd(fd: number, events: Int16(POLLIN), revents: 0)
        return unsafe poll(&watched, 1, milliseconds) > 0
    }
}
