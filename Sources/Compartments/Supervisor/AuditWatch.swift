internal import CLinux
internal import Descriptors
internal import Glibc
internal import Namespaces
internal import Netlink

/// The kernel's audit, switched on while any platform of the host runs, and put back by the last.
///
/// What it was before stands in a file; every running supervisor holds a shared lock on that file,
/// so who finds itself alone is the last. The kernel releases the lock of a killed supervisor, and
/// the next one to end puts back what the file says.
struct AuditWatch: ~Copyable {
    /// The sensor's socket: every denial that the kernel records.
    let log: SharedDescriptor
    private let path: String
    private let file: Descriptor

    /// `directory` is that of all run directories: `/run/bulkhead`.
    init(directory: String) throws(SystemFailure) {
        let path = directory + "/audit"
        let namespace = try NetworkNamespace.current()
        let log = SharedDescriptor(try AuditSession.openLog(in: namespace))
        let file = try Self.join(path)
        if try Self.read(path) == nil {
            do throws(SystemFailure) {
                try Self.engage(namespace, file)
            } catch {
                // An empty file says nothing that somebody could put back, and would stay for ever.
                try? Files.remove(path)
                throw error
            }
        }
        guard flock(file.number, LOCK_SH) == 0 else {
            throw SystemFailure("flock", path, errno: errno)
        }
        self.path = path
        self.file = file
        self.log = log
    }

    private static func engage(
        _ namespace: borrowing Descriptor, _ file: borrowing Descriptor
    ) throws(SystemFailure) {
        var session = try AuditSession(in: namespace)
        let change = try session.engage()
        let words = [
            change.enabledBefore.map(String.init) ?? "-",
            change.backlogBefore.map(String.init) ?? "-", change.addedRule ? "rule" : "-",
        ]
        try file.writeAll(Array(words.joined(separator: " ").utf8))
    }

    /// The file, locked: alone, so that nobody else reads or writes what was before; or, when other
    /// platforms run, together with them, after the first of them has written it.
    ///
    /// A supervisor that ended meanwhile may have removed the one that we waited for: then there is
    /// a new one.
    private static func join(_ path: String) throws(SystemFailure) -> Descriptor {
        for _ in 0..<triesMax {
            let file = try Files.create(path, mode: 0o600, append: true)
            let isAlone = flock(file.number, LOCK_EX | LOCK_NB) == 0
            // Waits only while one other is alone with it.
            guard isAlone || flock(file.number, LOCK_SH) == 0 else {
                throw SystemFailure("flock", path, errno: errno)
            }
            let isCurrent = try Files.facts(file).inode == Files.facts(of: path)?.inode
            // Shared and still empty: who was alone failed, so the next one must be it.
            let isWritten = try read(path) != nil
            if isCurrent, isAlone || isWritten { return file }
            usleep(2_000)
        }
        throw SystemFailure("flock", path, errno: EBUSY)
    }

    private static let triesMax = 500

    private static func read(_ path: String) throws(SystemFailure) -> AuditEngagement? {
        let text = String(decoding: try Files.read(path, limit: 64), as: UTF8.self)
        let words = text.split(separator: " ")
        guard words.count == 3 else { return nil }
        return AuditEngagement(
            enabledBefore: UInt32(words[0]), backlogBefore: UInt32(words[1]),
            addedRule: words[2] == "rule")
    }

    /// Puts audit back when no other platform runs.
    func restore() throws(SystemFailure) {
        guard flock(file.number, LOCK_EX | LOCK_NB) == 0 else { return }
        if let change = try Self.read(path) {
            let namespace = try NetworkNamespace.current()
            var session = try AuditSession(in: namespace)
            try session.restore(change)
        }
        try Files.remove(path)
    }
}
