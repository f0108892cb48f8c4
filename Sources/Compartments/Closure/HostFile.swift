internal import Descriptors
internal import Findings
internal import Glibc

/// Facts of files on the host that decide whether a compartment may have them.
enum HostFile {
    /// Refuses what a compartment could not read: its uid is nobody's friend, and reads what
    /// everybody may read.
    static func checkReadable(_ path: String, _ facts: FileFacts) throws(Failure) {
        let needed: UInt32 = facts.isDirectory ? 0o005 : 0o004
        guard facts.mode & needed == needed else {
            throw Failure(
                .refused, "unreadable", "\(path) cannot be read by a compartment's own user",
                remedy: "chmod \(facts.isDirectory ? "go+rx" : "go+r") \(path)")
        }
    }

    /// Runs `body` with a source of the file's bytes; nil when it cannot be opened.
    static func withBytes<Value>(of path: String, _ body: (ElfImage.Source) -> Value) -> Value? {
        guard let file = try? Files.open(path) else { return nil }
        let number = file.number
        return body { offset, count in
            guard count > 0, let start = off_t(exactly: offset) else { return [] }
            return unsafe [UInt8](unsafeUninitializedCapacity: count) { room, filled in
                filled = max(0, unsafe pread(number, room.baseAddress, count, start))
            }
        }
    }

    /// The directory part of an absolute path, without the last slash.
    static func directory(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/"), slash != path.startIndex else { return "/" }
        return String(path[..<slash])
    }

    /// The last part of a path.
    static func name(of path: String) -> String {
        path.lastIndex(of: "/").map { String(path[path.index(after: $0)...]) } ?? path
    }

    /// An absolute path without `.`, `..` and double slashes, as text: no link is followed.
    static func normal(_ path: String) -> String {
        // By bytes, as the kernel reads it: a mark behind a `/` makes it no other character there.
        var parts: [Substring] = []
        for part in path.utf8.split(separator: UInt8(ascii: "/")).map(Substring.init)
        where part != "." {
            if part == ".." { _ = parts.popLast() } else { parts.append(part) }
        }
        return "/" + parts.joined(separator: "/")
    }
}
