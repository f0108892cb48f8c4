internal import CLinux
package import Confinement
internal import ControlTreaty
package import Descriptors
package import Findings
internal import Glibc

// What root's side of a front takes over from a supervisor before it gives root up.
extension ControlClient {
    /// The plan that a supervisor runs.
    package static func plan(at path: String) throws(Failure) -> RunningPlan {
        let memory = try take(.plan, at: path)
        do {
            let bytes = try Files.read(
                "/proc/self/fd/\(memory.number)", limit: RunningPlan.bytesMax)
            return try RunningPlan.decode(bytes)
        } catch {
            throw Failure(
                .machine, "reply", "the supervisor's plan cannot be read (\(error))",
                remedy: "use the `bulkhead` that started the platform")
        }
    }

    /// The network namespace of a compartment, or of the fabric under the number of compartments.
    package static func namespace(_ place: Int, at path: String) throws(Failure) -> Descriptor {
        try take(.place(UInt32(clamping: place)), at: path)
    }

    private static func take(
        _ request: ControlRequest, at path: String
    ) throws(Failure) -> Descriptor {
        let (reply, descriptor) = try exchange(request, at: path, handing: [])
        if case .refused(let problem, let remedy) = reply {
            throw Failure(.refused, "refused", problem, remedy: remedy)
        }
        guard descriptor >= 0 else { throw silent(path) }
        return Descriptor(owning: descriptor)
    }
}

/// The way by which other flows reach a supervisor: bound to it while this process is root, used
/// when it is nobody and has read the file.
package struct AmendmentStream: ~Copyable {
    private let socket: Descriptor

    /// Announces the change; not confirmed within `seconds`, it is undone; 0 is for good.
    package init(at path: String, confirmSeconds seconds: UInt32) throws(Failure) {
        var pair: [Int32] = [-1, -1]
        let made = unsafe pair.withUnsafeMutableBufferPointer { room in
            unsafe bh_socket_pair(0, 0, room.baseAddress)
        }
        guard made == 0 else { throw Self.cannot("make a socket pair", -made) }
        let own = Descriptor(owning: pair[0])
        let other = Descriptor(owning: pair[1])
        let reply = try ControlClient.ask(
            .amend(confirmSeconds: seconds), at: path, handing: [other.number])
        if case .refused(let problem, let remedy) = reply {
            throw Failure(.refused, "refused", problem, remedy: remedy)
        }
        socket = own
    }

    /// Hands over whose flows shall run, and returns what was done.
    package consuming func send(_ deployment: Deployment) throws(Failure) -> String {
        let number = unsafe bh_memfd("plan")
        guard number >= 0 else { throw Self.cannot("make memory for the plan", -number) }
        let memory = Descriptor(owning: number)
        do { try memory.writeAll(DeploymentCodec.encode(deployment)) } catch {
            throw Self.cannot("write the plan", error.errno)
        }
        let sealed = bh_seal(memory.number)
        guard sealed >= 0 else { throw Self.cannot("seal the plan", -sealed) }
        let word: [UInt8] = [1]
        let sent = unsafe word.withUnsafeBytes { room in
            unsafe bh_send_fds(socket.number, room.baseAddress, room.count, [memory.number], 1)
        }
        guard sent == word.count else { throw Self.silent }
        var reply = [UInt8](repeating: 0, count: 65_536)
        let count = unsafe reply.withUnsafeMutableBytes { room in
            unsafe recv(socket.number, room.baseAddress, room.count, 0)
        }
        guard count > 0, let answer = try? ControlReply.decode(Array(reply.prefix(count))) else {
            throw Self.silent
        }
        switch answer {
        case .done(let text): return text
        case .refused(let problem, let remedy):
            throw Failure(.refused, "refused", problem, remedy: remedy)
        case .status: throw Self.silent
        }
    }

    private static let silent = Failure(
        .machine, "no-answer", "the supervisor did not answer",
        remedy: "see `bulkhead status` and the supervisor's trail for what was done")

    private static func cannot(_ what: String, _ errno: Int32) -> Failure {
        Failure(
            .machine, "apply", "cannot \(what) (errno \(errno))", remedy: "run `bulkhead doctor`")
    }
}
