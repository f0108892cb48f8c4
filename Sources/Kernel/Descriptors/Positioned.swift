internal import CLinux
internal import Glibc

/// Files that are read and written at places, not from start to end.
extension Files {
    /// Opens a regular file for reading and writing without cutting it; made when `create` is true.
    ///
    /// A symbolic link at its end is refused.
    package static func openUpdate(
        _ path: String, create: Bool, mode: UInt32 = 0o600
    ) throws(SystemFailure) -> Descriptor {
        let number = unsafe bh_open_update(path, create ? 1 : 0, mode)
        guard number >= 0 else { throw SystemFailure("open", path, errno: -number) }
        return Descriptor(owning: number)
    }

    /// Renames within one file system: what was under the new name is gone.
    package static func move(_ path: String, to other: String) throws(SystemFailure) {
        guard unsafe rename(path, other) == 0 else {
            throw SystemFailure("rename", path, errno: errno)
        }
    }

    /// Makes names that were made, moved or removed in a directory durable.
    package static func synchronizeDirectory(_ path: String) throws(SystemFailure) {
        let result = unsafe bh_fsync_directory(path)
        if result < 0 { throw SystemFailure("fsync", path, errno: -result) }
    }
}

extension Descriptor {
    /// Up to `count` bytes from that offset; fewer only at the end of the file.
    package func readAt(_ offset: UInt64, count: Int) throws(SystemFailure) -> [UInt8] {
        var failed: Int32 = 0
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: count) { room, filled in
            while filled < count {
                let got = unsafe pread(
                    number, room.baseAddress?.advanced(by: filled), count - filled,
                    off_t(offset) + filled)
                if got < 0 && errno == EINTR { continue }
                if got < 0 { failed = errno }
                if got <= 0 { break }
                filled += got
            }
        }
        if failed != 0 {
            throw SystemFailure("pread", "descriptor \(number) at \(offset)", errno: failed)
        }
        return bytes
    }

    /// Writes all of the bytes at that offset.
    package func writeAt(_ offset: UInt64, _ bytes: [UInt8]) throws(SystemFailure) {
        let result = unsafe bytes.withUnsafeBytes {
            unsafe bh_write_at(number, $0.baseAddress, $0.count, offset)
        }
        if result < 0 {
            throw SystemFailure("pwrite", "descriptor \(number) at \(offset)", errno: -result)
        }
    }

    /// Takes the file's lock, which ends with the descriptor; EWOULDBLOCK when another has it.
    package func lockExclusively() throws(SystemFailure) {
        let result = bh_lock_exclusive(number)
        if result < 0 { throw SystemFailure("flock", "descriptor \(number)", errno: -result) }
    }
}
