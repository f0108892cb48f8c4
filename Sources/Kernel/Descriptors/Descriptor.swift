internal import CLinux
internal import Glibc

/// A system call that failed: which, on which thing, and the error number.
package struct SystemFailure: Error, Sendable, CustomStringConvertible {
    package let call: StaticString
    /// The path, name or number that the call was about.
    package let subject: String
    package let errno: Int32

    package init(_ call: StaticString, _ subject: String, errno: Int32) {
        self.call = call
        self.subject = subject
        self.errno = errno
    }

    /// `call subject: text of the error`.
    package var description: String {
        let text = unsafe strerror(errno).map { unsafe String(cString: $0) } ?? "error"
        return "\(call) \(subject): \(text) (errno \(errno))"
    }
}

/// An owned file descriptor, closed when its owner ends.
///
/// Always close-on-exec unless it is handed to a child on purpose.
package struct Descriptor: ~Copyable, Sendable {
    /// The number; valid while this value lives.
    ///
    /// Never close it.
    package let number: Int32

    /// Takes over a number that nobody else will close.
    package init(owning number: Int32) { self.number = number }

    /// A close-on-exec descriptor of our own for a file that somebody else's number names.
    package init(copying number: Int32) throws(SystemFailure) {
        let copy = fcntl(number, F_DUPFD_CLOEXEC, 3)
        guard copy >= 0 else { throw SystemFailure("fcntl", "descriptor \(number)", errno: errno) }
        self.number = copy
    }

    deinit { Glibc.close(number) }

    /// Gives the number away: the caller closes it.
    package consuming func release() -> Int32 {
        let number = number
        discard self
        return number
    }

    /// A second descriptor of the same open file.
    package func duplicate() throws(SystemFailure) -> Descriptor {
        try Descriptor(copying: number)
    }

    package func setNonBlocking(_ on: Bool = true) throws(SystemFailure) {
        let result = bh_set_nonblocking(number, on ? 1 : 0)
        if result < 0 { throw SystemFailure("fcntl", "descriptor \(number)", errno: -result) }
    }
}

/// A shared owner of one descriptor, for tables and closures; closed with its last reference.
package final class SharedDescriptor: Sendable {
    /// The descriptor, to lend to a call.
    package let descriptor: Descriptor
    package init(_ descriptor: consuming Descriptor) { self.descriptor = descriptor }
    /// The number; valid while this object lives.
    package var number: Int32 { descriptor.number }
}

/// What a read or write did.
package enum Transfer: Equatable, Sendable {
    case bytes(Int)
    /// The other side is closed, or the file is at its end.
    case end
    /// Nothing can be done now without waiting.
    case wouldBlock
}

extension Descriptor {
    /// Reads at most `limit` bytes and appends them to `buffer`.
    package func read(into buffer: inout [UInt8], limit: Int) throws(SystemFailure) -> Transfer {
        try DescriptorIO.read(number, into: &buffer, limit: limit)
    }

    /// Writes every byte, waiting where it must.
    package func writeAll(_ bytes: [UInt8]) throws(SystemFailure) {
        try DescriptorIO.writeAll(number, bytes)
    }

    /// Flushes data, and what is needed to find it, to the disk.
    package func synchronize() throws(SystemFailure) {
        if fdatasync(number) < 0 {
            throw SystemFailure("fdatasync", "descriptor \(number)", errno: errno)
        }
    }
}

/// Reading and writing by number, for descriptors that somebody else owns.
package enum DescriptorIO {
    package static func read(
        _ number: Int32, into buffer: inout [UInt8], limit: Int
    ) throws(SystemFailure) -> Transfer {
        var count = 0
        var failed: Int32 = 0
        let chunk = unsafe [UInt8](unsafeUninitializedCapacity: limit) { room, filled in
            repeat {
                count = unsafe Glibc.read(number, room.baseAddress, limit)
                failed = errno
            } while count < 0 && failed == EINTR
            filled = max(count, 0)
        }
        if count < 0 {
            if failed == EAGAIN { return .wouldBlock }
            throw SystemFailure("read", "descriptor \(number)", errno: failed)
        }
        if count == 0 { return .end }
        buffer.append(contentsOf: chunk)
        return .bytes(count)
    }

    package static func writeAll(_ number: Int32, _ bytes: [UInt8]) throws(SystemFailure) {
        var written = 0
        while written < bytes.count {
            let count = unsafe bytes.withUnsafeBytes { room in
                unsafe Glibc.write(
                    number, room.baseAddress?.advanced(by: written), bytes.count - written)
            }
            if count < 0 {
                if errno == EINTR { continue }
                if errno == EAGAIN {
                    var wait = pollfd(fd: number, events: Int16(POLLOUT), revents: 0)
                    _ = unsafe poll(&wait, 1, -1)
                    continue
                }
                throw SystemFailure("write", "descriptor \(number)", errno: errno)
            }
            written += count
        }
    }
}

extension DescriptorIO {
    /// Calls on a number that somebody else owns fail instead of waiting.
    package static func setNonBlocking(_ number: Int32) throws(SystemFailure) {
        let result = bh_set_nonblocking(number, 1)
        if result < 0 { throw SystemFailure("fcntl", "descriptor \(number)", errno: -result) }
    }
}

/// Swift strings as a C argument vector.
package enum CStrings {
    /// Lends the strings, with a null at the end, for the length of one call.
    package static func with<Result>(
        _ strings: [String],
        _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Result
    ) -> Result {
        var pointers: [UnsafeMutablePointer<CChar>?] = unsafe []
        for string in strings { unsafe pointers.append(strdup(string)) }
        unsafe pointers.append(nil)
        defer { unsafe pointers.forEach { unsafe free($0) } }
        return unsafe pointers.withUnsafeMutableBufferPointer { room in
            // SAFETY: the buffer holds at least the null, so it has a base address.
            unsafe body(UnsafePointer(room.baseAddress.unsafelyUnwrapped))
        }
    }
}

extension SharedDescriptor {
    /// A pipe's ends: what is written to the second is read from the first.
    package static func pipe() throws(SystemFailure) -> (SharedDescriptor, SharedDescriptor) {
        var ends: [Int32] = [-1, -1]
        let made = unsafe ends.withUnsafeMutableBufferPointer { unsafe bh_pipe($0.baseAddress) }
        guard made == 0 else { throw SystemFailure("pipe2", "pipe", errno: -made) }
        return (
            SharedDescriptor(Descriptor(owning: ends[0])),
            SharedDescriptor(Descriptor(owning: ends[1]))
        )
    }
}
