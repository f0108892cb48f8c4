import Addresses
import Breach
import CLinux
import Glibc
import Techniques
import Testing

@Suite("Seat")
struct SeatTests {
    @Test("of all that is handed over only listening TCP sockets are listeners")
    func listeners() throws {
        var pair: [Int32] = [-1, -1]
        let paired = unsafe pair.withUnsafeMutableBufferPointer { room in
            unsafe bh_socket_pair(0, 0, room.baseAddress)
        }
        #expect(paired == 0)
        let listener = try call(SYS_socket, Argument(AF_INET), Argument(stream), 0)
        try call(SYS_listen, Argument(listener), 1)
        let idle = try call(SYS_socket, Argument(AF_INET), Argument(stream), 0)
        // As the supervisor makes the listener of an operators' channel.
        let local = try call(SYS_socket, Argument(AF_UNIX), Argument(packets), 0)
        try call(SYS_bind, Argument(local), Argument(Memory([1, 0])), 2)
        try call(SYS_listen, Argument(local), 1)
        let memory = Int(unsafe bh_memfd("passages"))
        let others = pair.map(Int.init) + [idle, local, memory]
        defer { for number in others + [listener] { Techniques.close(number) } }
        let orders = Orders(
            compartment: 0, address: Address(0), program: "/p",
            allowance: Allowance(
                memoryBytes: 0, processes: 0, files: 0, diskBytes: 0, scratchBytes: 0))
        let handed = (others + [listener, 4096]).map { (name: "http", number: $0) }
        #expect(Seat(orders: orders, handed: handed, open: false).listeners == [listener])
    }

    private let stream = Int32(SOCK_STREAM.rawValue)
    private let packets = Int32(SOCK_SEQPACKET.rawValue)
}
