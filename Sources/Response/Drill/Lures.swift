internal import Addresses
internal import CLinux
internal import Descriptors
internal import Glibc

/// What the runner puts on the host while probes sit: a canary on its loopback, a socket without
/// a file, a shared memory segment.
///
/// A probe that touches one of them has left its compartment.
struct Lures: ~Copyable {
    let bait: Bait
    private let canary: Descriptor
    private let abstract: Descriptor
    private let segment: Int32

    private static let segmentBytes = 4096

    private init(
        _ bait: Bait, _ canary: consuming Descriptor, _ abstract: consuming Descriptor,
        _ segment: Int32
    ) {
        self.bait = bait
        self.canary = canary
        self.abstract = abstract
        self.segment = segment
    }

    /// Puts them there; they go with the value.
    static func lay() throws(SystemFailure) -> Lures {
        let nonce = try random()
        let name = "bulkhead-drill-" + nonce.prefix(6).map { String($0, radix: 16) }.joined()
        let canary = try listener()
        let port = try port(of: canary)
        let abstract = try abstractSocket(name)
        let key = nonce[8..<12].reduce(UInt32(1)) { $0 << 7 ^ UInt32($1) } | 1
        let made = bh_syscall(
            Int64(SYS_shmget), Int64(key), Int64(segmentBytes), Int64(0o1666), 0, 0, 0)
        guard made >= 0 else { throw SystemFailure("shmget", "segment", errno: Int32(-made)) }
        let bait = Bait(canary: port, abstractName: name, sharedKey: key, nonce: nonce)
        return Lures(bait, canary, abstract, Int32(made))
    }

    deinit {
        // IPC_RMID
        _ = bh_syscall(Int64(SYS_shmctl), Int64(segment), 0, 0, 0, 0, 0)
    }

    /// Who called the canary since the last time: true when anyone did.
    func canaryWasCalled() -> Bool {
        var called = false
        for _ in 0..<64 {
            let number = bh_accept(canary.number)
            guard number >= 0 else { break }
            close(number)
            called = true
        }
        return called
    }

    private static func random() throws(SystemFailure) -> [UInt8] {
        let source = try Files.open("/dev/urandom")
        var bytes: [UInt8] = []
        while bytes.count < 16 { _ = try source.read(into: &bytes, limit: 16 - bytes.count) }
        return bytes
    }

    private static func listener() throws(SystemFailure) -> Descriptor {
        let number = bh_listener(0x7F00_0001, 0, geteuid(), 64)
        guard number >= 0 else { throw SystemFailure("listen", "canary", errno: -number) }
        let socket = Descriptor(owning: number)
        try socket.setNonBlocking()
        return socket
    }

    private static func port(of socket: borrowing Descriptor) throws(SystemFailure) -> UInt16 {
        var name = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let got = unsafe withUnsafeMutablePointer(to: &name) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe getsockname(socket.number, $0, &length)
            }
        }
        guard got == 0 else { throw SystemFailure("getsockname", "canary", errno: errno) }
        return UInt16(bigEndian: name.sin_port)
    }

    private static func abstractSocket(_ name: String) throws(SystemFailure) -> Descriptor {
        let number = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard number >= 0 else { throw SystemFailure("socket", name, errno: errno) }
        let own = Descriptor(owning: number)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = [0] + Array(name.utf8)
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { room in
            for (index, byte) in bytes.enumerated() { unsafe room[index] = byte }
        }
        let length = socklen_t(MemoryLayout<sa_family_t>.size + bytes.count)
        let bound = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe bind(number, $0, length)
            }
        }
        guard bound == 0, listen(number, 8) == 0 else {
            throw SystemFailure("bind", name, errno: errno)
        }
        return own
    }

    private static let dialling = Int32(
        SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)

    /// Connections to a published port, so that the probe has some to turn round; held while the
    /// probe sits.
    static func dial(_ address: Address, _ port: UInt16) -> SharedDescriptor? {
        begin(socket(AF_INET, dialling, 0), address, port)
    }

    /// A connection that another compartment begins: made in its network namespace under its uid.
    static func dial(
        _ address: Address, _ port: UInt16, from other: (pid: UInt32, uid: UInt32)
    ) -> SharedDescriptor? {
        guard let space = try? Files.open("/proc/\(other.pid)/ns/net") else { return nil }
        let number = bh_netns_socket(space.number, AF_INET, dialling, 0, other.uid)
        return begin(number, address, port)
    }

    private static func begin(
        _ number: Int32, _ address: Address, _ port: UInt16
    ) -> SharedDescriptor? {
        guard number >= 0 else { return nil }
        let own = SharedDescriptor(Descriptor(owning: number))
        var name = sockaddr_in()
        name.sin_family = sa_family_t(AF_INET)
        name.sin_port = port.bigEndian
        name.sin_addr.s_addr = address.value.bigEndian
        let result = unsafe withUnsafePointer(to: &name) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe connect(number, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        return result == 0 || errno == EINPROGRESS ? own : nil
    }
}
