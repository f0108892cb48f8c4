internal import AuthorityTreaty
internal import Breach
internal import ControlTreaty
internal import Descriptors
internal import Glibc

/// The authority of a copy: held still, so that its socket is silent, and let go again.
///
/// A class: whatever ends the drill's step lets it go.
final class Absence {
    private let pid: Int32
    private(set) var isAway = false

    private static let stillMilliseconds = 5_000

    /// Nil where none runs.
    init?(_ status: PlatformStatus) {
        let one = status.compartments.first { $0.name == Embassy.authority }
        guard let pid = one.flatMap({ Int32(exactly: $0.pid) }), pid > 0 else { return nil }
        self.pid = pid
    }

    deinit { end() }

    /// The root by which it certifies, read from its own disk: for certificates as it would have
    /// made them at another time.
    func root() -> Loot? {
        guard
            let bytes = try? Files.read(
                "/proc/\(pid)/root/state/passage.root", limit: RootFile.bytesMax),
            let file = try? RootFile.decode(bytes)
        else { return nil }
        return Loot(
            owner: Embassy.authority, certificate: file.certificate, secret: file.secret,
            believer: "")
    }

    /// From now on it does nothing.
    func begin() {
        guard !isAway, kill(pid, SIGSTOP) == 0 else { return }
        isAway = true
        var left = Self.stillMilliseconds
        while left > 0, state() != UInt8(ascii: "T") {
            usleep(5_000)
            left -= 5
        }
    }

    /// It goes on, and answers what was asked meanwhile.
    func end() {
        guard isAway else { return }
        isAway = false
        kill(pid, SIGCONT)
    }

    /// The letter behind the name in the kernel's line.
    private func state() -> UInt8? {
        guard let bytes = try? Files.read("/proc/\(pid)/stat", limit: 4_096),
            let end = bytes.lastIndex(of: UInt8(ascii: ")")), bytes.indices.contains(end + 2)
        else { return nil }
        return bytes[end + 2]
    }
}
