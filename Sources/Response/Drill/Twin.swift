internal import CLinux
internal import Confinement
internal import ControlTreaty
internal import Descriptors
internal import Findings
internal import Glibc
internal import Operator

/// The platform that is attacked: a copy of its own with its own state, or the running one.
struct Twin: ~Copyable {
    let locations: Locations
    /// A copy: it goes down and its state goes away with the drill.
    private let isCopy: Bool
    private var isDown = false

    /// Where copies keep their state while they last.
    static let folder = "/var/lib/bulkhead/drills"
    /// Longest time for a copy to come up: its databases are made from nothing.
    private static let startMilliseconds = 90_000
    private static let readyMilliseconds = 15_000
    private static let settleMicroseconds: UInt32 = 500_000
    private static let outputMax = 64 << 10

    /// The platform that runs.
    init(running locations: Locations) {
        self.locations = locations
        isCopy = false
    }

    private init(copy locations: Locations) {
        self.locations = locations
        isCopy = true
    }

    /// Starts a copy without the given walls; `meanwhile` runs while it comes up.
    ///
    /// A second copy beside another needs a name.
    static func start(
        _ request: DrillRequest, named name: String = "", meanwhile: () throws(Failure) -> Void
    ) throws(Failure) -> Twin {
        let state = "\(folder)/\(getpid())" + (name.isEmpty ? "" : "-\(name)")
        do { try Files.makeDirectories(folder, mode: 0o755) } catch {
            throw Failure(
                .machine, "drill-state", "\(error)", remedy: "free space below /var/lib/bulkhead")
        }
        _ = unsafe bh_remove_tree(state)
        var arguments = ["up", request.file, "--twin", "--state", state, "--detach"]
        for name in MatrixNames.of(request.without) { arguments += ["--without", name] }
        let output: (read: SharedDescriptor, write: SharedDescriptor)
        do {
            output = try SharedDescriptor.pipe()
            try DescriptorIO.setNonBlocking(output.read.number)
        } catch {
            throw Failure(.machine, "drill-start", "\(error)", remedy: "close other programs")
        }
        let write = output.write.number
        var child = try Child(
            request.programs + "/bulkhead", arguments,
            environment: ["PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C"],
            descriptors: [write, write, write])
        do throws(Failure) {
            try meanwhile()
        } catch {
            child.stop(milliseconds: 10_000)
            discardCopy(state)
            throw error
        }
        var said: [UInt8] = []
        var left = startMilliseconds
        while child.ended() == nil, left > 0, !Interruption.isRaised {
            drain(output.read, into: &said)
            usleep(10_000)
            left -= 10
        }
        drain(output.read, into: &said)
        let status = child.ended()
        if status != 0 { child.stop(milliseconds: 10_000) }
        guard status == 0, let locations = located(state) else {
            discardCopy(state)
            throw failed(status, said, request)
        }
        return Twin(copy: locations)
    }

    private static func drain(_ pipe: SharedDescriptor, into said: inout [UInt8]) {
        while said.count < outputMax,
            case .bytes = try? DescriptorIO.read(pipe.number, into: &said, limit: 4096)
        {}
    }

    private static func failed(
        _ status: Int32?, _ said: [UInt8], _ request: DrillRequest
    ) -> Failure {
        if Interruption.isRaised { return Drill.interrupted }
        let text = Printable.lines(said).split(separator: "\n").suffix(3).joined(separator: "; ")
        let reason = status == nil ? "it was not up within 90 s" : text
        let code = status.map { ($0 >> 8) & 0xFF }.flatMap { ExitCode(rawValue: $0) }
        return Failure(
            code == .good || code == nil ? .machine : code ?? .machine, "drill-twin",
            "the copy of \(request.file) did not start: \(reason)",
            remedy: "try `bulkhead up \(request.file)`")
    }

    /// Where the platform with that state directory runs.
    private static func located(_ state: String) -> Locations? {
        let sample = Locations.of(
            platform: "x", state: state, home: nil, isRoot: true, uid: 0)
        let suffix = sample.id.dropFirst(1)
        guard
            let id = Locations.running(isRoot: true, uid: 0).first(where: { $0.hasSuffix(suffix) })
        else { return nil }
        return Locations.of(
            platform: String(id.dropLast(suffix.count)), state: state, home: nil, isRoot: true,
            uid: 0)
    }

    /// Takes away what drills left that did not end by themselves.
    static func sweep() {
        for name in (try? Files.list(folder, limit: 1000)) ?? [] {
            // Its runner may still be at work.
            guard let pid = Int32(name.prefix { $0 != "-" }), pid != getpid(), kill(pid, 0) != 0
            else { continue }
            discardCopy("\(folder)/\(name)")
        }
    }

    private static func discardCopy(_ state: String) {
        if let locations = located(state) {
            _ = try? ControlClient.end(at: locations.control, seconds: 20)
        }
        _ = unsafe bh_remove_tree(state)
        // Only when it is empty.
        _ = unsafe rmdir(folder)
    }

    func status() throws(Failure) -> PlatformStatus {
        let reply = try ControlClient.ask(.status, at: locations.control)
        guard case .status(let status) = reply else {
            throw Failure(
                .machine, "drill-status", "the supervisor does not tell its status",
                remedy: "see `bulkhead status`")
        }
        return status
    }

    /// The supervisor's pid, as the kernel knows who made the control socket.
    func supervisor() -> UInt32 {
        let number = unsafe bh_unix_connect(locations.control)
        guard number >= 0 else { return 0 }
        let socket = Descriptor(owning: number)
        var pid: UInt32 = 0
        var uid: UInt32 = 0
        return unsafe bh_peer(socket.number, &pid, &uid) == 0 ? pid : 0
    }

    /// Waits until a service has its program back; false when that takes too long.
    func waitUntilReady(_ name: String) -> Bool {
        var left = Self.readyMilliseconds
        while left > 0, !Interruption.isRaised {
            let status = try? status()
            if status?.compartments.first(where: { $0.name == name })?.state == .ready {
                return true
            }
            usleep(20_000)
            left -= 20
        }
        return false
    }

    /// Takes a copy down; the running platform stays.
    mutating func end() -> Bool {
        guard isCopy else {
            // Its records come in while it runs on: the slowest takes a tenth of a second.
            usleep(Self.settleMicroseconds)
            return true
        }
        guard !isDown else { return true }
        isDown = true
        do { return try ControlClient.end(at: locations.control, seconds: 30) } catch {
            // Nobody answers there any more: it is down.
            return true
        }
    }

    /// Puts a copy's state where no later drill sweeps it away; returns where.
    func keep() -> String {
        guard isCopy else { return locations.state }
        let kept = "\(Self.folder)/kept-\(getpid())"
        let moved = unsafe rename(locations.state, kept)
        return moved == 0 ? kept : locations.state
    }

    /// Removes a copy's state.
    func discard() {
        guard isCopy else { return }
        _ = unsafe bh_remove_tree(locations.state)
        _ = unsafe rmdir(Self.folder)
    }
}
