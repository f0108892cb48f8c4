package import Breach
internal import CLinux
internal import Glibc

// Techniques: the attempts themselves, each one or a few bare system calls, and how they prove
// their effect. They run inside a compartment in the place of its program, or in the open twin.
// They never leave anything behind that the compartment's end does not remove. Bounds: one thread,
// one child at a time besides the storms, 256 touches, every wait at most a few seconds.

/// Bytes at a fixed place, for arguments that are pointers; freed with the last reference.
@safe package final class Memory {
    private let base: UnsafeMutableRawPointer
    package let count: Int
    private let kept: [Memory]

    /// Zeroes, at least one.
    package init(zeroes count: Int) {
        self.count = max(count, 1)
        unsafe base = UnsafeMutableRawPointer.allocate(byteCount: self.count, alignment: 16)
        unsafe base.initializeMemory(as: UInt8.self, repeating: 0, count: self.count)
        kept = []
    }

    /// A copy; `keeping` are blocks whose addresses the bytes contain.
    package init(_ bytes: [UInt8], keeping: [Memory] = []) {
        count = max(bytes.count, 1)
        unsafe base = UnsafeMutableRawPointer.allocate(byteCount: count, alignment: 16)
        unsafe base.initializeMemory(as: UInt8.self, repeating: 0, count: count)
        for (index, byte) in bytes.enumerated() {
            unsafe base.storeBytes(of: byte, toByteOffset: index, as: UInt8.self)
        }
        kept = keeping
    }

    deinit { unsafe base.deallocate() }

    /// Valid while this object lives.
    package var address: Int { Int(bitPattern: unsafe base) }

    /// The first `count` bytes, or fewer if there are fewer.
    package func bytes(_ count: Int? = nil) -> [UInt8] {
        (0..<max(0, min(count ?? self.count, self.count))).map {
            unsafe base.load(fromByteOffset: $0, as: UInt8.self)
        }
    }

    /// An integer in the machine's order; 0 outside.
    package func integer<Value: FixedWidthInteger>(_ type: Value.Type, at offset: Int) -> Value {
        guard offset >= 0, offset + Value.bitWidth / 8 <= count else { return 0 }
        var value: Value = 0
        for index in 0..<(Value.bitWidth / 8) {
            let byte = unsafe base.load(fromByteOffset: offset + index, as: UInt8.self)
            value |= Value(truncatingIfNeeded: UInt64(byte) << UInt64(8 * index))
        }
        return value
    }
}

/// An argument of a system call: a number, or memory that lives as long as the call.
package struct Argument: ExpressibleByIntegerLiteral, ExpressibleByStringLiteral {
    let value: Int
    let memory: Memory?

    package init(integerLiteral value: Int) {
        self.value = value
        memory = nil
    }
    /// A C string.
    package init(stringLiteral text: String) { self.init(text) }
    package init(_ text: String) { self.init(Memory(Array(text.utf8) + [0])) }
    package init(_ value: some FixedWidthInteger) {
        self.value = Int(truncatingIfNeeded: value)
        memory = nil
    }
    package init(_ memory: Memory) {
        value = memory.address
        self.memory = memory
    }
}

/// Any system call; the refusal says which and how.
@discardableResult
package func call(
    _ number: Int32, _ arguments: Argument..., about detail: String = ""
) throws(Refusal) -> Int {
    var words = arguments.map { Int64($0.value) }
    while words.count < 6 { words.append(0) }
    let result = withExtendedLifetime(arguments) {
        bh_syscall(Int64(number), words[0], words[1], words[2], words[3], words[4], words[5])
    }
    guard result < 0 else { return Int(result) }
    throw Refusal(
        call: UInt16(truncatingIfNeeded: number), errno: Int32(-result),
        arguments: words.map { UInt64(bitPattern: $0) }, detail: detail)
}

/// A refusal that no call's error number told.
package func unsuccessful(_ detail: String, call: Int32? = nil, errno: Int32 = 0) -> Refusal {
    Refusal(
        call: call.map { UInt16(truncatingIfNeeded: $0) }, errno: errno, detail: detail)
}

/// Closes a descriptor; nothing to do about a failure.
package func close(_ descriptor: Int) { _ = Glibc.close(Int32(truncatingIfNeeded: descriptor)) }

/// Nanoseconds since 1970.
package func now() -> UInt64 {
    var time = timespec()
    unsafe clock_gettime(CLOCK_REALTIME, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
}

package func pause(milliseconds: Int) {
    var time = timespec(tv_sec: milliseconds / 1000, tv_nsec: milliseconds % 1000 * 1_000_000)
    unsafe nanosleep(&time, nil)
}
