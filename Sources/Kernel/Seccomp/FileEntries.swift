/// Files by path.
///
/// Which paths exist and may be touched is for the root, Landlock and the uid.
enum FileEntries {
    // O_ACCMODE, O_CREAT, O_TRUNC and O_TMPFILE's own bit all clear: reading only.
    private static let writing: UInt64 = 0o3 | 0o100 | 0o1000 | 0o20_000_000
    // Set-user-id and set-group-id bits are never given to a file.
    private static let privileged: UInt64 = 0o6000

    static let read: [Entry] = [
        Entry(
            "openat", "the loader and the program open files for reading",
            [[Match(2, is: 0, mask: writing)]]),
        Entry(
            "open", "older programs open files for reading",
            [[Match(1, is: 0, mask: writing)]]),
        Entry("newfstatat", "facts of a file by its path"),
        Entry("statx", "facts of a file by its path, newer interface"),
        Entry("access", "the loader looks for its preload list"),
        Entry("faccessat2", "programs look whether a file is there"),
        Entry("readlink", "programs find their own place"),
        Entry("getdents64", "listing a directory"),
        Entry("getcwd", "programs find their working directory"),
        Entry("chdir", "servers move into their data directory"),
        Entry("fstatfs", "runtimes ask what kind of file system holds a file"),
    ]

    static let write: [Entry] = [
        Entry("openat", "opening and making files for writing"),
        Entry("open", "older programs open files for writing"),
        Entry("mkdir", "making directories"),
        Entry("rmdir", "removing directories"),
        Entry("unlink", "removing files"),
        Entry("unlinkat", "removing files"),
        Entry("rename", "replacing a file whole"),
        Entry("renameat2", "replacing a file whole, newer interface"),
        Entry("link", "databases make a lock file appear whole"),
        Entry("symlink", "databases link their table spaces"),
        Entry("ftruncate", "shortening logs and databases"),
        Entry("fallocate", "reserving room before it is needed"),
        Entry("fadvise64", "telling the page cache what comes"),
        Entry("fsync", "making a file durable"),
        Entry("fdatasync", "making a file's data durable"),
        Entry("sync_file_range", "spreading write-back before a checkpoint"),
        Entry("pwrite64", "writing pages at their place"),
        Entry("pwritev", "writing pages at their place, in pieces"),
        Entry("preadv", "reading pages at their place, in pieces"),
        Entry("umask", "permissions of new files"),
        Entry(
            "chmod", "databases close their directory to others",
            [[Match(1, is: 0, mask: privileged)]]),
        Entry(
            "fchmod", "permissions of a file just made",
            [[Match(1, is: 0, mask: privileged)]]),
        Entry("utimensat", "times of a file"),
        Entry("flock", "one writer at a time"),
        // F_GETLK to F_SETLKW and their open-file-description forms.
        Entry(
            "fcntl", "locks on parts of files", argument: 1, among: [5, 6, 7, 36, 37, 38]),
    ]
}
