/// `unsafe` stands only where memory or the kernel is touched, so that a reviewer knows where to look.
enum UnsafeLaw {
    /// Folder to reason.
    static let rooms: [String: String] = [
        "Sources/Ground/Bytes/": "copies integers whole: byte by byte they were most of an order",
        "Sources/Crypto/": "owner of the OpenSSL binding",
        "Sources/Kernel/": "owner of the system calls",
        "Sources/Stores/SQLiteStore/": "owner of the SQLite binding",
        "Sources/Wires/YAMLTree/": "owner of the libyaml binding",
        "Sources/Compartments/Confinement/": "asks the jail's own reader whether a plan holds",
        "Sources/Compartments/Tenancy/": "takes handed descriptors and its own process state",
        "Sources/Compartments/Supervisor/": "system calls of the one root process",
        "Sources/Compartments/Operator/": "starts the supervisor and speaks on its socket",
        "Sources/Compartments/Closure/": "maps program files to read their headers",
        "Sources/Watch/Trail/": "durable files of a trail",
        "Sources/Response/Techniques/": "the attacker's system calls, made raw on purpose",
        "Sources/Response/Drill/": "starts the copy and holds what probes must not reach",
        "Sources/Doors/": "the process's own arguments and standard streams",
    ]

    static func findings(
        in file: SourceFile, rooms: [String: String] = rooms
    ) -> [String] {
        guard file.path.hasPrefix("Sources/"), !rooms.keys.contains(where: file.path.hasPrefix)
        else { return [] }
        return SwiftText(file.text).codeLines.enumerated().compactMap { index, line in
            Search.occurs("unsafe", in: line)
                ? "\(file.path):\(index + 1): unsafe in a room that touches no memory; use a Kernel room"
                : nil
        }
    }

    /// Rooms on the list that no longer need to be: each is one place less to look.
    static func idle(in files: [SourceFile]) -> [String] {
        rooms.keys.sorted().filter { folder in
            SourceTree.exists(folder)
                && !files.contains { file in
                    file.path.hasPrefix(folder)
                        && SwiftText(file.text).codeLines.contains {
                            Search.occurs("unsafe", in: $0)
                        }
                }
        }.map { "\($0) has no `unsafe` any more; take it off the list" }
    }
}
