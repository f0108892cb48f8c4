import Addresses
import Descriptors
import Glibc
import Namespaces

/// A socket in a compartment, with the few calls that the walls' tests need.
final class TestSocket {
    let descriptor: Descriptor
    var number: Int32 { descriptor.number }

    enum Kind {
        case stream, datagram
        /// Sends whole IPv4 packets, header included.
        case rawSender
        /// Receives a copy of each packet of the protocol that came through the input rules.
        case rawReceiver(UInt8)
    }

    init(_ kind: Kind, in space: SharedDescriptor, owner: UInt32 = 0) throws {
        let (type, number): (__socket_type, Int32) =
            switch kind {
            case .stream: (SOCK_STREAM, 0)
            case .datagram: (SOCK_DGRAM, 0)
            case .rawSender: (SOCK_RAW, 255)
            case .rawReceiver(let transport): (SOCK_RAW, Int32(transport))
            }
        descriptor = try NetworkNamespace.socket(
            in: space.descriptor, domain: AF_INET,
            type: Int32(bitPattern: type.rawValue) | Int32(SOCK_NONBLOCK.rawValue),
            protocol: number, owner: owner)
    }

    private init(_ descriptor: consuming Descriptor) { self.descriptor = descriptor }

    func bind(_ address: Address, _ port: UInt16) -> Int32 {
        unsafe withAddress(address, port) { unsafe Glibc.bind(number, $0, $1) }
    }

    func listen(_ address: Address, _ port: UInt16) -> Int32 {
        let bound = bind(address, port)
        return bound != 0 ? bound : Glibc.listen(number, 128)
    }

    /// 0, or the error number; EINPROGRESS is what a non-blocking connect gives.
    func connect(_ address: Address, _ port: UInt16) -> Int32 {
        unsafe withAddress(address, port) { unsafe Glibc.connect(number, $0, $1) == 0 ? 0 : errno }
    }

    func send(_ bytes: [UInt8], to address: Address, _ port: UInt16) -> Int32 {
        unsafe withAddress(address, port) { target, length in
            let sent = unsafe bytes.withUnsafeBytes {
                unsafe sendto(
                    number, $0.baseAddress, bytes.count, Int32(MSG_NOSIGNAL), target,
                    length)
            }
            return sent < 0 ? errno : 0
        }
    }

    func accept() -> TestSocket? {
        guard readable(number) else { return nil }
        let taken = Glibc.accept(number, nil, nil)
        return taken < 0 ? nil : TestSocket(Descriptor(owning: taken))
    }

    /// What arrived, after waiting for it.
    func receive(milliseconds: Int32 = 5000) -> [UInt8]? {
        guard readable(number, milliseconds: milliseconds) else { return nil }
        var bytes: [UInt8] = []
        guard let got = try? DescriptorIO.read(number, into: &bytes, limit: 4096), got != .end
        else { return nil }
        return bytes
    }

    /// The pending error of the socket, taken.
    func pendingError() -> Int32 {
        var code: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        _ = unsafe getsockopt(number, SOL_SOCKET, SO_ERROR, &code, &length)
        return code
    }

    private func withAddress(
        _ address: Address, _ port: UInt16, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) -> Int32 {
        var place = sockaddr_in()
        place.sin_family = sa_family_t(AF_INET)
        place.sin_port = port.bigEndian
        place.sin_addr.s_addr = address.value.bigEndian
        return unsafe withUnsafePointer(to: &place) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }
}

/// Whole IPv4 packets with right checksums, for raw sockets.
enum Packets {
    static let syn: UInt8 = 0x02
    static let ack: UInt8 = 0x10
    static let rst: UInt8 = 0x04
    static let fin: UInt8 = 0x01

    static func tcp(
        from source: Address, _ sourcePort: UInt16, to target: Address, _ targetPort: UInt16,
        flags: UInt8
    ) -> [UInt8] {
        var segment = big(sourcePort) + big(targetPort) + [0, 0, 0, 9, 0, 0, 0, 7]
        segment += [0x50, flags, 0x20, 0x00, 0, 0, 0, 0]
        let pseudo =
            big(source) + big(target) + [0, 6] + big(UInt16(segment.count))
        let sum = checksum(pseudo + segment)
        segment[16] = UInt8(sum >> 8)
        segment[17] = UInt8(truncatingIfNeeded: sum)
        return header(6, source, target, segment.count) + segment
    }

    static func icmpEcho(from source: Address, to target: Address) -> [UInt8] {
        var message: [UInt8] = [8, 0, 0, 0, 0, 1, 0, 1]
        let sum = checksum(message)
        message[2] = UInt8(sum >> 8)
        message[3] = UInt8(truncatingIfNeeded: sum)
        return header(1, source, target, message.count) + message
    }

    static func udp(
        from source: Address, to target: Address, _ targetPort: UInt16
    ) -> [UInt8] {
        let datagram = big(4000) + big(targetPort) + big(12) + [0, 0] + [1, 2, 3, 4]
        return header(17, source, target, datagram.count) + datagram
    }

    private static func header(
        _ transport: UInt8, _ source: Address, _ target: Address, _ count: Int
    ) -> [UInt8] {
        // The kernel fills in identification and checksum.
        [0x45, 0] + big(UInt16(20 + count)) + [0, 0, 0, 0, 64, transport, 0, 0] + big(source)
            + big(target)
    }

    private static func big(_ value: UInt16) -> [UInt8] {
        [UInt8(value >> 8), UInt8(truncatingIfNeeded: value)]
    }

    private static func big(_ address: Address) -> [UInt8] {
        (0..<4).map { UInt8(truncatingIfNeeded: address.value >> (24 - 8 * $0)) }
    }

    private static func checksum(_ bytes: [UInt8]) -> UInt16 {
        var sum: UInt32 = 0
        for index in stride(from: 0, to: bytes.count, by: 2) {
            let low = index + 1 < bytes.count ? bytes[index + 1] : 0
            sum += UInt32(bytes[index]) << 8 | UInt32(low)
        }
        while sum > 0xFFFF { sum = sum & 0xFFFF + sum >> 16 }
        return ~UInt16(truncatingIfNeeded: sum)
    }
}
