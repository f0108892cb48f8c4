internal import Breach
internal import CLinux
internal import Glibc

/// Machine code that proves it ran by its result.
enum Payload {
    static let result: Int32 = 211

    #if arch(x86_64)
        private static let machine: UInt16 = 62
        // mov eax, 211; ret
        static let function: [UInt8] = [0xB8, 0xD3, 0, 0, 0, 0xC3]
        // mov edi, 211; mov eax, 60; syscall
        private static let program: [UInt8] = [
            0xBF, 0xD3, 0, 0, 0, 0xB8, 0x3C, 0, 0, 0, 0x0F, 0x05,
        ]
        // mov eax, 107 (geteuid); syscall; xor edi, edi; test eax, eax; setne dil; add edi, 211;
        // mov eax, 60; syscall
        private static let asking: [UInt8] = [
            0xB8, 0x6B, 0, 0, 0, 0x0F, 0x05, 0x31, 0xFF, 0x85, 0xC0, 0x40, 0x0F, 0x95, 0xC7,
            0x81, 0xC7, 0xD3, 0, 0, 0, 0xB8, 0x3C, 0, 0, 0, 0x0F, 0x05,
        ]
    #else
        private static let machine: UInt16 = 183
        // mov w0, #211; ret
        static let function: [UInt8] = [0x60, 0x1A, 0x80, 0x52, 0xC0, 0x03, 0x5F, 0xD6]
        // mov x0, #211; mov x8, #93; svc #0
        private static let program: [UInt8] = [
            0x60, 0x1A, 0x80, 0xD2, 0xA8, 0x0B, 0x80, 0xD2, 0x01, 0, 0, 0xD4,
        ]
        // mov x8, #175 (geteuid); svc #0; cmp w0, #0; cset w0, ne; add w0, w0, #211;
        // mov x8, #93; svc #0
        private static let asking: [UInt8] = [
            0xE8, 0x15, 0x80, 0xD2, 0x01, 0, 0, 0xD4, 0x1F, 0, 0, 0x71, 0xE0, 0x07, 0x9F, 0x1A,
            0, 0x4C, 0x03, 0x11, 0xA8, 0x0B, 0x80, 0xD2, 0x01, 0, 0, 0xD4,
        ]
    #endif

    /// A whole ELF program without libraries.
    static let file = elf(program)
    /// One that ends with `result` when its effective uid is 0, and with another status else.
    static let whoami = elf(asking)

    private static func elf(_ program: [UInt8]) -> [UInt8] {
        let base: UInt64 = 0x40_0000
        let headers: UInt64 = 120
        let ident: [UInt8] = [0x7F, 0x45, 0x4C, 0x46, 2, 1, 1] + [UInt8](repeating: 0, count: 9)
        let head =
            ident + Layout.word(UInt16(2)) + Layout.word(machine) + Layout.word(UInt32(1))
            + Layout.word(base + headers) + Layout.word(UInt64(64)) + Layout.word(UInt64(0))
            + Layout.word(UInt32(0)) + Layout.word(UInt16(64)) + Layout.word(UInt16(56))
            + Layout.word(UInt16(1)) + [UInt8](repeating: 0, count: 6)
        let size = headers + UInt64(program.count)
        let segment =
            Layout.word(UInt32(1)) + Layout.word(UInt32(5)) + Layout.word(UInt64(0))
            + Layout.word(base) + Layout.word(base) + Layout.word(size) + Layout.word(size)
            + Layout.word(UInt64(4096))
        return head + segment + program
    }
}

/// Bytes at addresses that `mmap` gave.
enum Patch {
    static func store(_ bytes: [UInt8], at address: Int) {
        guard let pointer = unsafe UnsafeMutableRawPointer(bitPattern: address) else { return }
        for (index, byte) in bytes.enumerated() {
            unsafe pointer.storeBytes(of: byte, toByteOffset: index, as: UInt8.self)
        }
    }

    /// A descriptor's number there.
    static func integer(at address: Int) -> Int? {
        guard let pointer = unsafe UnsafeMutableRawPointer(bitPattern: address) else { return nil }
        return Int(unsafe pointer.load(as: Int32.self))
    }

    /// Calls the code there; through if it computes what the payload computes.
    static func run(at address: Int) -> Outcome {
        guard let pointer = unsafe UnsafeMutableRawPointer(bitPattern: address) else {
            return .couldNotRun("no address")
        }
        let result = unsafe bh_call_bytes(pointer)
        return result == Payload.result
            ? .through("own machine code ran and returned \(result)")
            : .couldNotRun("the code returned \(result)")
    }
}

/// A program started in a child, or where the role has no children, asked for only.
struct Execution {
    let path: String
    var arguments: [String] = []
    /// Executed by descriptor instead of by the path.
    var descriptor: Int?

    /// Through: the kernel replaced the child by the program, and what it became is as wished.
    func attempt(
        whileRunning isWished: (Int32) -> Bool = { _ in true }
    ) throws(Refusal) -> Outcome {
        let ends = Memory(zeroes: 8)
        try call(SYS_pipe2, Argument(ends), Argument(O_CLOEXEC))
        let source = Int(ends.integer(Int32.self, at: 0))
        let target = Int(ends.integer(Int32.self, at: 4))
        defer { close(source) }
        let child = bh_split()
        if child < 0 {
            close(target)
            return try asked()
        }
        if child == 0 {
            var refusal = Refusal(call: UInt16(SYS_execve), errno: 0, detail: path)
            do throws(Refusal) { try execute() } catch { refusal = error }
            _ = try? call(
                SYS_write, Argument(target),
                Argument(Memory(Layout.word(refusal.errno) + Layout.word(refusal.call ?? 0))), 6)
            _exit(0)
        }
        close(target)
        // The end of the pipe closes on success, so this ends either way.
        let room = Memory(zeroes: 8)
        let got = try? call(SYS_read, Argument(source), Argument(room), 6)
        let isWished = isWished(child)
        let status = awaited(child)
        guard let got, got == 0 else {
            throw Refusal(
                call: room.integer(UInt16.self, at: 4), errno: room.integer(Int32.self, at: 0),
                detail: path)
        }
        guard isWished else { throw unsuccessful("\(path) ran and gained nothing") }
        return .through("\(path) ran and \(status)")
    }

    private func awaited(_ child: Int32) -> String {
        var status: Int32 = 0
        guard unsafe bh_await(child, 1500, &status) == 1 else {
            kill(child, SIGKILL)
            unsafe waitpid(child, &status, 0)
            return "was ended"
        }
        return status & 0x7F == 0
            ? "ended with status \(status >> 8 & 0xFF)" : "died by signal \(status & 0x7F)"
    }

    private func execute() throws(Refusal) {
        let strings = ([path] + arguments).map { Memory(Array($0.utf8) + [0]) }
        let table = Memory(
            strings.flatMap { Layout.word($0.address) } + Layout.word(0),
            keeping: strings)
        let none = Memory(zeroes: 8)
        if let descriptor {
            try call(
                SYS_execveat, Argument(descriptor), "", Argument(table), Argument(none),
                Argument(emptyPath))
        } else {
            try call(SYS_execve, Argument(path), Argument(table), Argument(none), about: path)
        }
    }

    /// The kernel looks at file and rights before it reads the arguments, whose address is none.
    private func asked() throws(Refusal) -> Outcome {
        do throws(Refusal) {
            if let descriptor {
                try call(
                    SYS_execveat, Argument(descriptor), "", Argument(nowhere), 0,
                    Argument(emptyPath), about: path)
            } else {
                try call(SYS_execve, Argument(path), Argument(nowhere), 0, about: path)
            }
        } catch  where error.errno == EFAULT {}
        return .through("the kernel would run \(path)")
    }

    private var emptyPath: Int32 { 0x1000 }
    private var nowhere: Int { 1 }
}
