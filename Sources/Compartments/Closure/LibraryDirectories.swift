internal import Descriptors

/// Where the loader looks for libraries that say nothing about their place.
package struct LibraryDirectories: Sendable, Equatable {
    /// Directories that the loader knows by itself.
    ///
    /// A compartment has no loader cache, so a library must lie in one of these there.
    package let builtIn: [String]
    /// Directories that /etc/ld.so.conf adds on this host.
    package let configured: [String]

    #if arch(arm64)
        private static let triplet = "aarch64-linux-gnu"
    #else
        private static let triplet = "x86_64-linux-gnu"
    #endif
    /// What `$LIB` stands for in a search path.
    package static let library = "lib/" + triplet

    private static let filesMax = 64
    private static let directoriesMax = 256
    private static let fileBytesMax = 64 << 10

    package init(builtIn: [String], configured: [String]) {
        self.builtIn = builtIn
        self.configured = configured
    }

    /// This host's.
    package static func host() -> LibraryDirectories {
        var remaining = filesMax
        var configured: [String] = []
        read("/etc/ld.so.conf", &remaining, &configured)
        return LibraryDirectories(
            builtIn: ["/lib/" + triplet, "/usr/lib/" + triplet, "/lib", "/usr/lib"],
            configured: configured)
    }

    // Files that are missing or unreadable add nothing, as for the loader.
    private static func read(
        _ path: String, _ remaining: inout Int, _ directories: inout [String]
    ) {
        guard remaining > 0, let bytes = try? Files.read(path, limit: fileBytesMax) else { return }
        remaining -= 1
        for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
            let words = line.prefix { $0 != "#" }.split { $0 == " " || $0 == "\t" }
            guard let first = words.first else { continue }
            if first == "include" {
                for pattern in words.dropFirst() {
                    for file in expand(String(pattern)) { read(file, &remaining, &directories) }
                }
            } else if first.hasPrefix("/"), directories.count < directoriesMax {
                directories.append(String(first))
            }
        }
    }

    // `directory/*.suffix`, the only pattern that distributions use, or a plain path.
    private static func expand(_ pattern: String) -> [String] {
        guard let star = pattern.firstIndex(of: "*") else { return [pattern] }
        let folder = pattern[..<star]
        let suffix = pattern[pattern.index(after: star)...]
        guard folder.hasSuffix("/"), !suffix.contains("/") else { return [] }
        let names = (try? Files.list(String(folder), limit: filesMax * 4)) ?? []
        return names.filter { $0.hasSuffix(suffix) }.map { folder + $0 }
    }
}
