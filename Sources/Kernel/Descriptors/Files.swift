internal import CLinux
internal import Glibc

/// What a path points to, as `fstat` tells.
package struct FileFacts: Sendable, Equatable {
    package var device: UInt64
    package var inode: UInt64
    package var mode: UInt32
    package var uid: UInt32
    package var gid: UInt32
    package var size: Int64
    /// When content or owner last changed, nanoseconds since 1970; only the kernel sets it.
    package var changedNanoseconds: Int64

    package var isDirectory: Bool { mode & UInt32(S_IFMT) == UInt32(S_IFDIR) }
    package var isRegular: Bool { mode & UInt32(S_IFMT) == UInt32(S_IFREG) }
    /// Group or others may write.
    package var isWritableByOthers: Bool { mode & 0o022 != 0 }
}

/// Opening, reading and writing whole files, with bounds.
package enum Files {
    /// Opens for reading; `followLinks` false refuses a symbolic link anywhere in the path.
    package static func open(
        _ path: String, followLinks: Bool = true, directory: Bool = false
    ) throws(SystemFailure) -> Descriptor {
        let flags = UInt64(O_RDONLY) | (directory ? UInt64(O_DIRECTORY) : UInt64(O_NOCTTY))
        let noSymlinks: UInt64 = 0x04
        let number = unsafe bh_openat2(-100, path, flags, 0, followLinks ? 0 : noSymlinks)
        guard number >= 0 else { throw SystemFailure("open", path, errno: -number) }
        return Descriptor(owning: number)
    }

    /// Opens a regular file for reading with the reach of another user's, not our own: what root is
    /// told to hand on must not be a file that its receiver could never have opened.
    ///
    /// Symbolic links are refused, and nothing that could make the caller wait is opened for good.
    package static func open(
        _ path: String, reachableBy uid: UInt32, gid: UInt32
    ) throws(SystemFailure) -> Descriptor {
        let number = unsafe bh_open_as(path, uid, gid)
        guard number >= 0 else { throw SystemFailure("open", path, errno: -number) }
        let file = Descriptor(owning: number)
        guard try facts(file).isRegular else { throw SystemFailure("open", path, errno: EINVAL) }
        try file.setNonBlocking(false)
        return file
    }

    /// Makes or truncates a file for writing with the given permission bits.
    package static func create(
        _ path: String, mode: UInt32 = 0o644, append: Bool = false
    ) throws(SystemFailure) -> Descriptor {
        let flags = UInt64(O_WRONLY | O_CREAT | (append ? O_APPEND : O_TRUNC))
        let number = unsafe bh_openat2(-100, path, flags, UInt64(mode), 0)
        guard number >= 0 else { throw SystemFailure("create", path, errno: -number) }
        return Descriptor(owning: number)
    }

    /// Facts of an open file.
    package static func facts(_ descriptor: borrowing Descriptor) throws(SystemFailure) -> FileFacts
    {
        var status = stat()
        guard unsafe fstat(descriptor.number, &status) == 0 else {
            throw SystemFailure("fstat", "descriptor \(descriptor.number)", errno: errno)
        }
        return FileFacts(status)
    }

    /// Facts of a file that somebody else's number names.
    package static func facts(number: Int32) throws(SystemFailure) -> FileFacts {
        try facts(Descriptor(copying: number))
    }

    /// Facts of what a path points to, symbolic links followed; nil when nothing is there.
    package static func facts(of path: String) -> FileFacts? {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else { return nil }
        return FileFacts(status)
    }

    /// Facts of the path itself, a symbolic link not followed; nil when nothing is there.
    package static func facts(at path: String) -> FileFacts? {
        var status = stat()
        guard unsafe lstat(path, &status) == 0 else { return nil }
        return FileFacts(status)
    }

    /// The whole content, refused above `limit` bytes with EFBIG.
    package static func read(_ path: String, limit: Int) throws(SystemFailure) -> [UInt8] {
        let file = try open(path)
        return try read(file, limit: limit, name: path)
    }

    /// The rest of an open file, refused above `limit` bytes with EFBIG.
    package static func read(
        _ file: borrowing Descriptor, limit: Int, name: String
    ) throws(SystemFailure) -> [UInt8] {
        var content: [UInt8] = []
        while true {
            let room = min(65536, limit + 1 - content.count)
            guard try file.read(into: &content, limit: room) != .end else { return content }
            if content.count > limit { throw SystemFailure("read", name, errno: EFBIG) }
        }
    }

    /// Writes a file beside its final name, syncs it, and renames: readers see old or new, whole.
    package static func replace(
        _ path: String, with bytes: [UInt8], mode: UInt32 = 0o644
    ) throws(SystemFailure) {
        let draft = path + ".new"
        let file = try create(draft, mode: mode)
        try file.writeAll(bytes)
        try file.synchronize()
        guard unsafe rename(draft, path) == 0 else {
            throw SystemFailure("rename", path, errno: errno)
        }
        let parent = path.split(separator: "/").dropLast().joined(separator: "/")
        _ = unsafe bh_fsync_directory("/" + parent)
    }

    /// Overwrites a kernel file (sysctl, cgroup) in one write.
    package static func set(_ path: String, to value: String) throws(SystemFailure) {
        let number = unsafe bh_openat2(-100, path, UInt64(O_WRONLY), 0, 0)
        guard number >= 0 else { throw SystemFailure("open", path, errno: -number) }
        try Descriptor(owning: number).writeAll(Array(value.utf8))
    }

    /// Makes a directory and its missing parents.
    package static func makeDirectories(
        _ path: String, mode: UInt32 = 0o755
    ) throws(SystemFailure) {
        var sofar = path.hasPrefix("/") ? "" : "."
        for part in path.split(separator: "/") {
            sofar += "/" + part
            if unsafe mkdir(sofar, mode) != 0 && errno != EEXIST {
                throw SystemFailure("mkdir", sofar, errno: errno)
            }
        }
    }

    /// Names in a directory, without `.` and `..`, sorted; at most `limit`.
    package static func list(
        _ path: String, limit: Int = 100_000
    ) throws(SystemFailure) -> [String] {
        guard let directory = unsafe opendir(path) else {
            throw SystemFailure("opendir", path, errno: errno)
        }
        defer { unsafe closedir(directory) }
        var names: [String] = []
        while let entry = unsafe readdir(directory) {
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                unsafe String(
                    cString: UnsafeRawPointer(pointer).assumingMemoryBound(to: CChar.self))
            }
            if name == "." || name == ".." { continue }
            names.append(name)
            if names.count > limit { throw SystemFailure("readdir", path, errno: E2BIG) }
        }
        return names.sorted()
    }

    /// The path with every symbolic link resolved; nil when nothing is there.
    package static func resolve(_ path: String) -> String? {
        guard let real = unsafe realpath(path, nil) else { return nil }
        defer { unsafe free(real) }
        return unsafe String(cString: real)
    }

    /// Removes a file; a missing one is fine.
    package static func remove(_ path: String) throws(SystemFailure) {
        if unsafe unlink(path) != 0 && errno != ENOENT {
            throw SystemFailure("unlink", path, errno: errno)
        }
    }
}

extension FileFacts {
    fileprivate init(_ status: stat) {
        self.init(
            device: UInt64(status.st_dev), inode: UInt64(status.st_ino),
            mode: UInt32(status.st_mode), uid: status.st_uid, gid: status.st_gid,
            size: Int64(status.st_size),
            changedNanoseconds: Int64(status.st_ctim.tv_sec) * 1_000_000_000
                + Int64(status.st_ctim.tv_nsec))
    }
}
