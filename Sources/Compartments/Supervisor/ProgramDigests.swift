internal import Descriptors
internal import Digests

/// SHA-256 of programs, remembered while a file stays the same file.
struct ProgramDigests {
    private struct Key: Hashable {
        let device: UInt64
        let inode: UInt64
        let size: Int64
        let changedNanoseconds: Int64
    }
    private var known: [Key: [UInt8]] = [:]

    /// The digest of an open program.
    ///
    /// A change of content changes the file's change time, which nobody but root can set back.
    mutating func digest(
        of program: borrowing Descriptor, path: String
    ) throws(SystemFailure) -> [UInt8] {
        let facts = try Files.facts(program)
        let key = Key(
            device: facts.device, inode: facts.inode, size: facts.size,
            changedNanoseconds: facts.changedNanoseconds)
        if let digest = known[key] { return digest }
        var hash = SHA256()
        var buffer: [UInt8] = []
        while true {
            buffer.removeAll(keepingCapacity: true)
            guard try program.read(into: &buffer, limit: 1 << 20) != .end else { break }
            hash.update(buffer)
        }
        let digest = hash.finish()
        known[key] = digest
        return digest
    }
}
