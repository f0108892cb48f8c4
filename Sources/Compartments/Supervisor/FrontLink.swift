internal import CLinux
package import Confinement
package import Descriptors
package import Findings
internal import Glibc

/// The stream between the operator's front and the supervisor that it started.
///
/// The front sends the platform's name, before it parses anything, and one deployment, each with its
/// length before it, then nothing but `D` (detach). The supervisor
/// sends lines: `P text` progress, `A text` an address, `R text` ready, `F code problem TAB remedy`
/// failure. When the front goes away without `D`, the platform goes down.
package struct FrontLink: ~Copyable {
    private let socket: Descriptor
    private(set) var isAttached = true
    private(set) var isDetached = false

    package init(owning number: Int32) { socket = Descriptor(owning: number) }

    var number: Int32 { socket.number }

    /// The deployment, at most 64 MiB, of the platform that the front named before it parsed.
    package func receiveDeployment() throws(Failure) -> Deployment {
        do {
            let name = String(decoding: try receive(limit: 32), as: UTF8.self)
            let deployment = try DeploymentCodec.decode(try receive(limit: 64 << 20))
            guard deployment.platform == name else {
                throw Failure(
                    .usage, "deployment",
                    "the plan is of \(deployment.platform), its file names \(Excerpt.of(name))",
                    remedy: "begin a line of the file with `platform: NAME`, and no line before it "
                        + "with another")
            }
            return deployment
        } catch {
            let failure =
                error as? Failure
                ?? Failure(
                    .usage, "deployment", "the deployment cannot be read: \(error)",
                    remedy: "start platforms with `bulkhead up`")
            failed(failure)
            throw failure
        }
    }

    private func receive(limit: Int) throws(SystemFailure) -> [UInt8] {
        var header: [UInt8] = []
        try fill(&header, 4)
        let length = header.reversed().reduce(0) { $0 << 8 | Int($1) }
        guard length <= limit else { throw SystemFailure("read", "deployment", errno: EFBIG) }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(length)
        try fill(&bytes, length)
        return bytes
    }

    private func fill(_ bytes: inout [UInt8], _ count: Int) throws(SystemFailure) {
        while bytes.count < count {
            let wanted = min(65536, count - bytes.count)
            guard case .bytes = try socket.read(into: &bytes, limit: wanted) else {
                throw SystemFailure("read", "deployment", errno: EPIPE)
            }
        }
    }

    /// Whether the front detached or left since the last call.
    mutating func poll() {
        var bytes: [UInt8] = []
        while let done = try? socket.read(into: &bytes, limit: 16) {
            switch done {
            case .bytes: if bytes.contains(UInt8(ascii: "D")) { isDetached = true }
            case .end:
                isAttached = false
                return
            case .wouldBlock: return
            }
        }
        isAttached = false
    }

    package func setNonBlocking() throws(SystemFailure) { try socket.setNonBlocking() }

    package func progress(_ text: String) { send("P \(text)\n") }
    package func address(_ text: String) { send("A \(text)\n") }
    package func ready(_ text: String) { send("R \(text)\n") }
    package func failed(_ failure: Failure) {
        send("F \(failure.exit.rawValue) \(failure.problem)\t\(failure.remedy)\n")
    }

    /// Best effort: a front that went away is noticed by `poll`.
    ///
    /// `MSG_NOSIGNAL` keeps its absence from killing the supervisor.
    private func send(_ line: String) {
        let bytes = Array(
            line.utf8.dropLast().map { $0 == 10 ? UInt8(ascii: " ") : $0 } + [10])
        _ = unsafe bytes.withUnsafeBytes {
            unsafe Glibc.send(socket.number, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
        }
    }
}
