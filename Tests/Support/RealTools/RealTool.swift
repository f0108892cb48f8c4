package import Descriptors
internal import Glibc
internal import Synchronization

/// Programs of other people that read what we write.
package enum RealTool {
    private static let folders = ["/usr/sbin", "/usr/bin", "/sbin", "/bin"]
    private static let outputMax = 16 << 20
    private static let count = Atomic(0)

    /// Whether all of them are on this machine; a test without them says that it skips.
    package static func has(_ programs: String...) -> Bool {
        programs.allSatisfy { program in
            folders.contains { Files.facts(of: "\($0)/\(program)") != nil }
        }
    }

    /// Whether rules can be loaded where nobody else has any.
    package static var canLoad: Bool { geteuid() == 0 && has("unshare") }

    /// Runs a script of the shell in a folder that holds the files and is then removed: its status
    /// and all that it printed.
    package static func run(
        _ script: String, files: [(name: String, text: String)]
    ) throws(SystemFailure) -> (status: Int32, output: String) {
        let number = count.add(1, ordering: .relaxed).newValue
        let folder = "/tmp/bulkhead-tools-\(getpid())-\(number)"
        try Files.makeDirectories(folder, mode: 0o700)
        defer { _ = unsafe system("rm -rf '\(folder)'") }
        for file in files {
            try Files.create("\(folder)/\(file.name)").writeAll(Array(file.text.utf8))
        }
        try Files.create("\(folder)/script").writeAll(Array(script.utf8))
        let status = unsafe system(
            "cd '\(folder)' && PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 "
                + "timeout 60 sh -e script >output 2>&1 </dev/null")
        let bytes = try Files.read("\(folder)/output", limit: outputMax)
        return (status, String(decoding: bytes, as: UTF8.self))
    }
}
