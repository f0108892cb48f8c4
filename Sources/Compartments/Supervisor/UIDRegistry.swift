internal import CLinux
internal import Descriptors
internal import Glibc

/// The host's table of uids: one for each compartment of each platform instance, never reused.
///
/// A uid that is given to a second service would open the first one's leftovers to it, so lines are
/// only ever added. The file is root-owned text, one `UID KEY` a line, at most 16 MiB.
struct UIDRegistry: ~Copyable {
    /// The first uid that is handed out: above those of people, system services and the ranges
    /// that distributions hand to user namespaces.
    static let first: UInt32 = 2_000_000_000
    static let last: UInt32 = 2_100_000_000

    private let path: String
    private let file: Descriptor
    private var uids: [String: UInt32]
    private var next: UInt32

    /// Opens the registry and keeps it locked, so that two starting platforms take turns.
    init(path: String) throws(SystemFailure) {
        let parent = path.split(separator: "/").dropLast().joined(separator: "/")
        try Files.makeDirectories("/" + parent)
        let file = try Files.create(path, mode: 0o600, append: true)
        guard flock(file.number, LOCK_EX) == 0 else {
            throw SystemFailure("flock", path, errno: errno)
        }
        let text = try Files.read(path, limit: 16 << 20)
        var uids: [String: UInt32] = [:]
        var next = Self.first
        for line in text.split(separator: UInt8(ascii: "\n")) {
            let parts = line.split(separator: UInt8(ascii: " "), maxSplits: 1)
            // A torn last line is skipped; its uid was never used, for the write had not returned.
            guard parts.count == 2, let uid = UInt32(String(decoding: parts[0], as: UTF8.self)),
                (Self.first...Self.last).contains(uid)
            else { continue }
            uids[String(decoding: parts[1], as: UTF8.self)] = uid
            next = max(next, uid + 1)
        }
        if let end = text.last, end != UInt8(ascii: "\n") { try file.writeAll([10]) }
        self.path = path
        self.file = file
        self.uids = uids
        self.next = next
    }

    /// The uid of a compartment, new ones durable before they are returned.
    mutating func uid(for key: String) throws(SystemFailure) -> UInt32 {
        if let known = uids[key] { return known }
        guard next <= Self.last else { throw SystemFailure("registry", path, errno: ENOSPC) }
        try file.writeAll(Array("\(next) \(key)\n".utf8))
        uids[key] = next
        defer { next += 1 }
        return next
    }

    /// Makes what was handed out durable; call it before any of it is used.
    func commit() throws(SystemFailure) { try file.synchronize() }
}
