internal import Addresses
internal import Glibc

/// Layouts that the kernel reads.
enum Layout {
    /// An integer in the machine's order.
    static func word<Value: FixedWidthInteger>(_ value: Value) -> [UInt8] {
        (0..<(Value.bitWidth / 8)).map {
            UInt8(truncatingIfNeeded: UInt64(truncatingIfNeeded: value) >> UInt64(8 * $0))
        }
    }

    /// An integer in network order.
    static func network<Value: FixedWidthInteger>(_ value: Value) -> [UInt8] {
        word(value).reversed()
    }

    /// `sockaddr_in`.
    static func address(_ address: Address, port: UInt16) -> [UInt8] {
        word(UInt16(AF_INET)) + network(port) + network(address.value)
            + [UInt8](repeating: 0, count: 8)
    }

    /// `sockaddr_un` of a path, or of an abstract name behind a NUL.
    static func unix(_ path: String, abstract: Bool = false) -> [UInt8] {
        word(UInt16(AF_UNIX)) + (abstract ? [0] : []) + Array(path.utf8.prefix(106))
            + (abstract ? [] : [0])
    }

    /// `iovec`.
    static func vector(_ memory: Memory) -> [UInt8] { word(memory.address) + word(memory.count) }

    /// `msghdr` with one vector.
    static func message(
        to name: [UInt8] = [], payload: Memory, control: [UInt8] = []
    ) -> Memory {
        let vector = Memory(vector(payload), keeping: [payload])
        let name = Memory(name + (name.isEmpty ? [0] : []))
        let ancillary = Memory(control)
        let named = name.count > 1
        let bytes =
            word(named ? name.address : 0) + word(UInt32(named ? name.count : 0)) + word(UInt32(0))
            + word(vector.address) + word(1)
            + word(control.isEmpty ? 0 : ancillary.address) + word(control.count)
            + word(UInt64(0))
        return Memory(bytes, keeping: [vector, name, ancillary])
    }

    /// `cmsghdr` of SCM_RIGHTS with one descriptor.
    static func rights(_ descriptor: Int) -> [UInt8] {
        word(UInt64(20)) + word(Int32(1)) + word(Int32(1))
            + word(Int32(truncatingIfNeeded: descriptor))
            + [0, 0, 0, 0]
    }

    /// The Internet checksum of RFC 1071.
    static func checksum(_ bytes: [UInt8]) -> UInt16 {
        var sum: UInt32 = 0
        var index = 0
        while index < bytes.count {
            let low = index + 1 < bytes.count ? UInt32(bytes[index + 1]) : 0
            sum += UInt32(bytes[index]) << 8 | low
            index += 2
        }
        while sum >> 16 != 0 { sum = (sum & 0xFFFF) + (sum >> 16) }
        return ~UInt16(truncatingIfNeeded: sum)
    }
}
