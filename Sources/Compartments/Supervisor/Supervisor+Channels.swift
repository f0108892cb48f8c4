internal import CLinux
internal import Confinement
internal import ControlTreaty
internal import Descriptors
internal import Findings
internal import Glibc

// Descriptors that services inherit by the platform file's channels, kept over their restarts.
extension Supervisor {
    /// Buffer of a labelled pair: some hundred messages of a certificate's size.
    private static let pairBytes: Int32 = 256 << 10

    mutating func makePlannedChannels() throws {
        for channel in deployment.channels {
            let ends = channel.names(in: deployment)
            let made: [SharedDescriptor]
            switch channel {
            case .pair: made = try Self.pair()
            case .operators(let to, let name):
                let path = places.channel(name, of: deployment.compartments[to].name)
                // Only this user can connect: everybody else asks over the control socket.
                let number = unsafe bh_unix_listener(path, 0o600)
                guard number >= 0 else { throw SystemFailure("bind", path, errno: -number) }
                made = [SharedDescriptor(Descriptor(owning: number))]
            case .table(_, let name, let bytes): made = [try Self.sealed(name, bytes)]
            }
            for (end, descriptor) in zip(ends, made) {
                units[end.compartment].handed.append(
                    Handed(name: end.name, descriptor: descriptor))
            }
        }
    }

    private static func pair() throws(SystemFailure) -> [SharedDescriptor] {
        var ends: [Int32] = [-1, -1]
        let made = unsafe ends.withUnsafeMutableBufferPointer { room in
            unsafe bh_socket_pair(0, pairBytes, room.baseAddress)
        }
        guard made == 0 else { throw SystemFailure("socketpair", "channel", errno: -made) }
        return ends.map { SharedDescriptor(Descriptor(owning: $0)) }
    }

    /// Memory that nobody can change any more.
    static func sealed(
        _ name: String, _ bytes: [UInt8]
    ) throws(SystemFailure) -> SharedDescriptor {
        let number = unsafe bh_memfd(name)
        guard number >= 0 else { throw SystemFailure("memfd_create", name, errno: -number) }
        let memory = Descriptor(owning: number)
        try memory.writeAll(bytes)
        let sealed = bh_seal(memory.number)
        guard sealed >= 0 else { throw SystemFailure("seal", name, errno: -sealed) }
        return SharedDescriptor(memory)
    }

    /// Connects an operator to a service's channel.
    ///
    /// The service learns nothing of the asker, whose role was decided here; no byte of it is read.
    func connect(
        _ service: String, _ channel: String
    ) -> (reply: ControlReply, connection: SharedDescriptor?) {
        let isPlanned = deployment.channels.contains { plan in
            guard case .operators(let to, let name) = plan else { return false }
            return deployment.compartments[to].name == service && name == channel
        }
        guard isPlanned else {
            let reply = ControlReply.refused(
                problem: "\(service) has no channel `\(channel)` for operators",
                remedy: "declare it under `channels`, from office")
            return (reply, nil)
        }
        let path = places.channel(channel, of: service)
        // Never waiting: a service that accepts nothing must not hold up everything else.
        let number = unsafe bh_unix_connect_now(path)
        guard number >= 0 else {
            let reply = ControlReply.refused(
                problem: "\(service) takes no connections now (errno \(-number))",
                remedy: "see `bulkhead status`")
            return (reply, nil)
        }
        return (.done("connected"), SharedDescriptor(Descriptor(owning: number)))
    }
}
