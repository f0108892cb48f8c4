// Tenancy: what a program of ours does first and last inside its compartment.
//
// It takes the descriptors that the supervisor handed over (systemd's LISTEN_FDS protocol), makes
// the process undumpable, tells when it is ready (sd_notify protocol), and hears when to stop. It
// opens nothing by itself and reads no file. The environment comes from the door.
// Bounds: 512 descriptors, names of 64 bytes.

internal import CLinux
internal import Descriptors
package import Findings
internal import Glibc
package import Loop

/// What the environment says about a service's start.
package struct Invitation: Sendable {
    package var count: String?
    package var names: String?
    package var pid: String?
    package var notify: String?

    /// Reads the variables by `variable`, which knows the environment.
    package init(_ variable: (String) -> String?) {
        count = variable("LISTEN_FDS")
        names = variable("LISTEN_FDNAMES")
        pid = variable("LISTEN_PID")
        notify = variable("NOTIFY_SOCKET")
    }
}

/// A started service: its handed descriptors, and the signals that end it.
package struct Tenancy: ~Copyable {
    /// Descriptors of one process that can be handed over.
    static let descriptorsMax = 512
    private static let first: Int32 = 3
    /// No service takes more words.
    private static let wordsMax = 64

    /// SIGTERM and SIGINT, blocked and readable.
    package let signals: SignalSource
    private let handed: [(name: String, number: Int32)]
    private let notify: String?

    /// The words after the program's name, without asking /proc, which some compartments lack.
    package static func words() -> [String] {
        var words: [String] = []
        while words.count < wordsMax, let text = unsafe bh_argument(Int32(words.count + 1)) {
            words.append(unsafe String(cString: text))
        }
        return words
    }

    /// The very first thing a service does, before it reads a byte that others wrote.
    package static func start(_ invitation: Invitation) throws(Failure) -> Tenancy {
        let dumpable = bh_undumpable()
        guard dumpable >= 0 else { throw refused("the process stays dumpable", -dumpable) }
        let handed = try take(invitation)
        let signals: SignalSource
        do throws(SystemFailure) {
            signals = try SignalSource([SIGTERM, SIGINT])
        } catch {
            throw refused("signals cannot be read", error.errno)
        }
        return Tenancy(signals, handed, invitation.notify)
    }

    private init(
        _ signals: consuming SignalSource, _ handed: [(name: String, number: Int32)],
        _ notify: String?
    ) {
        self.signals = signals
        self.handed = handed
        self.notify = notify
    }

    /// The descriptor of that name, open for the process's life; nil when none was handed.
    package func descriptor(_ name: String) -> Int32? {
        handed.first { $0.name == name }?.number
    }

    /// The bytes of a handed table of at most `limit` bytes, sealed memory that the supervisor
    /// wrote; nil when none was handed under that name.
    package func table(_ name: String, limit: Int) throws(Failure) -> [UInt8]? {
        guard let number = descriptor(name) else { return nil }
        // An earlier run of the program shared the open file, and left its position at the end.
        lseek(number, 0, SEEK_SET)
        var bytes: [UInt8] = []
        do throws(SystemFailure) {
            while bytes.count <= limit,
                try DescriptorIO.read(number, into: &bytes, limit: 1 << 16) != .end
            {}
        } catch {
            throw Self.refused("the table \(name) cannot be read", error.errno)
        }
        guard bytes.count <= limit else { throw Self.refused("the table \(name)", EFBIG) }
        return bytes
    }

    /// Names and descriptors in their order.
    package var descriptors: [(name: String, number: Int32)] { handed }

    /// Tells the supervisor that the service takes work; nobody listens when it was started by hand.
    package func ready() throws(Failure) {
        guard let notify else { return }
        let result = unsafe bh_notify(notify, "READY=1")
        guard result >= 0 else { throw Self.refused("readiness cannot be told", -result) }
    }

    /// Tells the supervisor that the service is going down on its own.
    package func stopping() {
        if let notify { _ = unsafe bh_notify(notify, "STOPPING=1") }
    }

    private static func take(
        _ invitation: Invitation
    ) throws(Failure) -> [(name: String, number: Int32)] {
        guard let text = invitation.count else { return [] }
        if let pid = invitation.pid, pid != String(getpid()) {
            throw refused("LISTEN_PID names another process", EINVAL)
        }
        guard let count = Int32(text), (0...Int32(descriptorsMax)).contains(count) else {
            throw refused("LISTEN_FDS is no count of at most \(descriptorsMax)", EINVAL)
        }
        let names = (invitation.names ?? "").split(
            separator: ":", omittingEmptySubsequences: false)
        guard count == 0 || names.count == Int(count),
            names.allSatisfy({ (1...64).contains($0.utf8.count) })
        else { throw refused("LISTEN_FDNAMES does not name each descriptor", EINVAL) }
        var handed: [(name: String, number: Int32)] = []
        for (index, name) in names.prefix(Int(count)).enumerated() {
            let number = first + Int32(index)
            let adopted = bh_adopt(number)
            guard adopted >= 0 else {
                throw refused("descriptor \(number) (\(name)) is not open", -adopted)
            }
            handed.append((String(name), number))
        }
        return handed
    }

    private static func refused(_ problem: String, _ errno: Int32) -> Failure {
        Failure(
            .machine, "tenancy", "\(problem) (errno \(errno))",
            remedy: "start this program by the supervisor")
    }
}
