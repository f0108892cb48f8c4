internal import Breach
internal import CLinux
internal import Glibc

/// Code that did not come with the program; ids as in `Technique.code`.
enum Code {
    static let attempts: [(String, Attack)] = [
        ("exec.shell", shell), ("exec.interpreter", interpreter), ("exec.again", again),
        ("exec.dropped-scratch", { _ throws(Refusal) in try dropped("/tmp") }),
        ("exec.dropped-state", { seat throws(Refusal) in try dropped(seat.orders.state) }),
        ("exec.memory-file", memoryFile), ("exec.writable-map", writableMap),
        ("exec.changed-map", changedMap), ("exec.memory-file-map", memoryFileMap),
        ("exec.file-map", fileMap),
    ]

    private static let pageBytes = 4096
    private static let none = "nothing to run"

    private static func shell(_ seat: inout Seat) throws(Refusal) -> Outcome {
        try anyOf(["/bin/sh", "/bin/bash", "/bin/dash", "/bin/busybox"], none: none) {
            path throws(Refusal) in
            try Execution(path: path, arguments: ["-c", "exit \(Payload.result)"]).attempt()
        }
    }

    private static func interpreter(_ seat: inout Seat) throws(Refusal) -> Outcome {
        let programs = [
            ("/usr/bin/python3", "-c", "exit(\(Payload.result))"),
            ("/usr/bin/perl", "-e", "exit \(Payload.result)"),
            ("/usr/bin/awk", "--", "BEGIN { exit \(Payload.result) }"),
        ]
        return try anyOf(programs, none: none) { program throws(Refusal) in
            try Execution(path: program.0, arguments: [program.1, program.2]).attempt()
        }
    }

    /// Without arguments and environment, so that it neither serves nor attacks.
    private static func again(_ seat: inout Seat) throws(Refusal) -> Outcome {
        try anyOf([seat.orders.program, "/proc/self/exe"], none: none) { path throws(Refusal) in
            try Execution(path: path).attempt()
        }
    }

    private static func drop(
        _ directory: String, _ bytes: [UInt8], _ use: (String) throws(Refusal) -> Outcome
    ) throws(Refusal) -> Outcome {
        let path = "\(directory)/bulkhead-probe-code"
        let file = try opened(path, O_RDWR | O_CREAT | O_TRUNC, mode: 0o700)
        defer { _ = try? call(SYS_unlink, Argument(path)) }
        do throws(Refusal) { try write(file, bytes) } catch {
            close(file)
            throw error
        }
        // Open for writing it would be ETXTBSY.
        close(file)
        return try use(path)
    }

    private static func dropped(_ directory: String) throws(Refusal) -> Outcome {
        try drop(directory, Payload.file) { path throws(Refusal) in
            try Execution(path: path).attempt()
        }
    }

    /// The newer flag asks for an executable one, which older kernels do not know.
    private static func inMemory(_ bytes: [UInt8]) throws(Refusal) -> Int {
        let executable: UInt32 = 0x10
        let file: Int
        do throws(Refusal) {
            file = try call(
                SYS_memfd_create, "bulkhead-probe", Argument(executable | 1),
                about: "memory file")
        } catch  where error.errno == EINVAL {
            file = try call(SYS_memfd_create, "bulkhead-probe", 1, about: "memory file")
        }
        do throws(Refusal) { try write(file, bytes) } catch {
            close(file)
            throw error
        }
        return file
    }

    private static func memoryFile(_ seat: inout Seat) throws(Refusal) -> Outcome {
        let file = try inMemory(Payload.file)
        defer { close(file) }
        return try Execution(path: "a memory file", descriptor: file).attempt()
    }

    private static func mapped(
        _ protection: Int32, _ flags: Int32, file: Int = -1, about: String
    ) throws(Refusal) -> Int {
        try call(
            SYS_mmap, 0, Argument(pageBytes), Argument(protection), Argument(flags),
            Argument(file), 0, about: about)
    }

    private static func unmap(_ address: Int) {
        _ = try? call(SYS_munmap, Argument(address), Argument(pageBytes))
    }

    private static func writableMap(_ seat: inout Seat) throws(Refusal) -> Outcome {
        let page = try mapped(
            PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS,
            about: "map writable and executable")
        defer { unmap(page) }
        Patch.store(Payload.function, at: page)
        return inChild { Patch.run(at: page) }
    }

    private static func changedMap(_ seat: inout Seat) throws(Refusal) -> Outcome {
        let page = try mapped(
            PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, about: "map writable")
        defer { unmap(page) }
        Patch.store(Payload.function, at: page)
        try call(
            SYS_mprotect, Argument(page), Argument(pageBytes), Argument(PROT_READ | PROT_EXEC),
            about: "make written memory executable")
        return inChild { Patch.run(at: page) }
    }

    private static func memoryFileMap(_ seat: inout Seat) throws(Refusal) -> Outcome {
        let file = try inMemory([UInt8](repeating: 0, count: pageBytes))
        defer { close(file) }
        let writable = try mapped(
            PROT_READ | PROT_WRITE, MAP_SHARED, file: file, about: "write map")
        defer { unmap(writable) }
        let executable = try mapped(PROT_READ | PROT_EXEC, MAP_SHARED, file: file, about: "run map")
        defer { unmap(executable) }
        Patch.store(Payload.function, at: writable)
        return inChild { Patch.run(at: executable) }
    }

    private static func fileMap(_ seat: inout Seat) throws(Refusal) -> Outcome {
        let code = Payload.function + [UInt8](repeating: 0, count: 64)
        return try anyOf(["/tmp", seat.orders.state], none: none) { directory throws(Refusal) in
            try drop(directory, code) { path throws(Refusal) in
                let file = try opened(path, O_RDONLY)
                defer { close(file) }
                let page = try mapped(
                    PROT_READ | PROT_EXEC, MAP_PRIVATE, file: file, about: "map \(path)")
                defer { unmap(page) }
                return inChild { Patch.run(at: page) }
            }
        }
    }
}
