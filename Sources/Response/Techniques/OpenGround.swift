internal import Addresses
internal import Breach
internal import CLinux
internal import Glibc

/// The ground of the positive control: root, no wall, and victims of the probe's own making in
/// throw-away namespaces, so that whatever gets through harms nothing that stays.
enum OpenGround {
    private static let own = Address(0x0AFF_0001)
    private static let neighbour = Address(0x0AFF_0002)
    /// It lends its address to forged packets.
    private static let lender = Address(0x0AFF_0003)
    private static let outside = [Address(0xC000_0201), Address(0xC633_6407)]
    private static let declaredPort: UInt16 = 5432
    private static let canaryPort: UInt16 = 8022
    private static let publishedPort: UInt16 = 8023
    private static let ground = "/tmp/ground"
    nonisolated(unsafe) private static var victims: [Int32] = []  // one thread

    /// Builds it and points the seat's orders at it; false when this process may not.
    static func prepare(_ seat: inout Seat) -> Bool {
        var published = -1
        do throws(Refusal) {
            try leaveHost()
            try raiseLoopback()
            try makePlaces()
            published = try makePublished()
        } catch { return false }
        var pids: [Int32] = []
        for body in [listen, idle] {
            let pid = bh_split()
            if pid < 0 { return false }
            if pid == 0 {
                body()
                _exit(0)
            }
            pids.append(pid)
        }
        unsafe victims = pids
        point(&seat, at: pids, published: published)
        pause(milliseconds: 20)
        return true
    }

    /// Ends the victims; the namespaces go with the last process.
    static func clear() {
        for pid in unsafe victims {
            kill(pid, SIGKILL)
            var status: Int32 = 0
            unsafe waitpid(pid, &status, 0)
        }
    }

    private static func leaveHost() throws(Refusal) {
        // Mount, UTS, IPC and network; the control group namespace for the group attempts.
        try call(SYS_unshare, Argument(0x0002_0000 | 0x0400_0000 | 0x0800_0000 | 0x4000_0000))
        try mount("none", "/", "", 1 << 18 | 1 << 14)
        try mount("tmpfs", "/tmp", "tmpfs", 0, "size=96m,nr_inodes=20000")
        try directory("/tmp/layers")
        for place in ["/etc", "/root", "/usr/lib"] {
            let layer = "/tmp/layers" + place.map { $0 == "/" ? "-" : $0 }.map(String.init).joined()
            try directory(layer)
            try directory(layer + "/up")
            try directory(layer + "/work")
            // Whatever is written there stays in memory.
            try mount(
                "overlay", place, "overlay", 0,
                "lowerdir=\(place),upperdir=\(layer)/up,workdir=\(layer)/work")
        }
    }

    private static func mount(
        _ source: String, _ target: String, _ type: String, _ flags: Int, _ data: String = ""
    ) throws(Refusal) {
        try call(
            SYS_mount, Argument(source), Argument(target), Argument(type), Argument(flags),
            Argument(data), about: "mount \(target)")
    }

    private static func directory(_ path: String) throws(Refusal) {
        do throws(Refusal) {
            try call(SYS_mkdirat, Argument(AT_FDCWD), Argument(path), Argument(0o755))
        } catch  where error.errno == EEXIST {}
    }

    /// SIOCSIFADDR and SIOCSIFFLAGS on `lo`: every address of the drill is this machine's.
    private static func raiseLoopback() throws(Refusal) {
        let control = try makeSocket(AF_INET, Constant.datagramType)
        defer { close(control) }
        for (index, address) in ([own] + outside).enumerated() {
            let name = index == 0 ? "lo" : "lo:\(index)"
            try interface(control, 0x8916, name, Layout.address(address, port: 0))
            let mask = Address(0xFFFF_0000)
            if index == 0 { try interface(control, 0x891C, name, Layout.address(mask, port: 0)) }
        }
        try interface(control, 0x8914, "lo", Layout.word(UInt16(0x41)))
        try addRoute()
    }

    private static func interface(
        _ control: Int, _ request: Int, _ name: String, _ value: [UInt8]
    ) throws(Refusal) {
        var bytes = Array(name.utf8)
        bytes += [UInt8](repeating: 0, count: 16 - bytes.count) + value
        bytes += [UInt8](repeating: 0, count: 40 - bytes.count)
        try call(
            SYS_ioctl, Argument(control), Argument(request), Argument(Memory(bytes)), about: name)
    }

    /// A listener as a published port's is handed over; a victim dials it again and again.
    private static func makePublished() throws(Refusal) -> Int {
        let socket = try makeSocket(AF_INET, Constant.streamType)
        try bind(socket, Address(0x7F00_0001), publishedPort)
        try call(SYS_listen, Argument(socket), 16)
        return socket
    }

    /// A default route, so that packets to everyone find a way out.
    private static func addRoute() throws(Refusal) {
        let socket = try makeSocket(Constant.familyNetlink, Constant.rawType, 0)
        defer { close(socket) }
        let body: [UInt8] =
            [UInt8(AF_INET), 0, 0, 0, 254, 3, 253, 1] + Layout.word(UInt32(0))
            + Forgery.attribute(4, Layout.word(UInt32(1)))
        try Forgery.transact(
            socket, Forgery.message(24, 0x605, 1, body), about: "add a default route")
    }

    private static func makePlaces() throws(Refusal) {
        for path in [ground, ground + "/state", ground + "/victim"] { try directory(path) }
        for path in [
            ground + "/victim/kept", ground + "/victim/trail", "/etc/shadow.probe",
            "/root/.ssh-probe",
        ] {
            let file = try opened(path, O_WRONLY | O_CREAT, mode: 0o600)
            defer { close(file) }
            try write(file, Array("secret of a victim".utf8))
        }
        for path in [
            "/etc/cron.d", "/etc/systemd", "/etc/systemd/system", "/root/.ssh", "/etc/ssh",
        ] { try directory(path) }
        let key = try opened("/etc/ssh/ssh_host_ed25519_key", O_WRONLY | O_CREAT, mode: 0o600)
        defer { close(key) }
        try write(key, Array("a key".utf8))
    }

    private static func point(_ seat: inout Seat, at pids: [Int32], published: Int) {
        var orders = seat.orders
        orders.address = own
        orders.state = ground + "/state"
        orders.neighbours = [neighbour, lender]
        orders.targets = [
            Target(.declared, neighbour, port: declaredPort),
            Target(.undeclared, neighbour, port: 31337),
            Target(.undeclared, neighbour, transport: 17, port: 31337),
            Target(.hostLoopback, Address(0x7F00_0001), port: canaryPort),
        ]
        orders.targets += outside.map { Target(.outside, $0, port: declaredPort) }
        orders.targets += outside.map { Target(.outside, $0, transport: 17, port: 53) }
        orders.paths = [
            VictimPath(.state, ground + "/victim/kept"),
            VictimPath(.trail, ground + "/victim/trail"),
            VictimPath(.control, ground + "/victim/control"),
            VictimPath(.notify, ground + "/victim/notify"),
        ]
        orders.victims = [
            Victim(.service, pid: UInt32(pids.first ?? 0)),
            Victim(.watch, pid: UInt32(pids.last ?? 0)),
        ]
        let handed = seat.handed + [(name: "http", number: published)]
        seat = Seat(orders: orders, handed: handed, open: true)
    }

    /// A victim that answers on its ports and its sockets for as long as the drill lasts.
    private static func listen() {
        var listeners: [Int] = []
        for port in [declaredPort, canaryPort] {
            guard let socket = try? makeSocket(AF_INET, Constant.streamType) else { return }
            do throws(Refusal) {
                try bind(socket, Address(0), port)
                try call(SYS_listen, Argument(socket), 64)
            } catch { return }
            listeners.append(socket)
        }
        let control = try? makeSocket(AF_UNIX, Constant.streamType | 4)
        let notify = try? makeSocket(AF_UNIX, Constant.datagramType)
        for (socket, name) in [(control, "control"), (notify, "notify")] {
            guard let socket else { return }
            let place = Layout.unix(ground + "/victim/" + name)
            _ = try? call(
                SYS_bind, Argument(socket), Argument(Memory(place)), Argument(place.count))
            _ = try? call(SYS_listen, Argument(socket), 16)
        }
        for _ in 0..<6_000 {
            for listener in listeners {
                if let peer = try? call(
                    SYS_accept4, Argument(listener), 0, 0, Argument(Constant.nonBlockingClosed))
                {
                    _ = try? receive(peer, milliseconds: 20)
                    _ = try? write(peer, Array("a victim".utf8))
                    close(peer)
                }
            }
            pause(milliseconds: 5)
        }
    }

    /// A victim that talks to another all the time, dials the published port, and reports every
    /// datagram of the drill's that it sees, whoever it was for.
    private static func idle() {
        guard let talk = try? makeSocket(AF_INET, Constant.datagramType),
            let frames = try? Forgery.packetSocket(0x0003, Constant.rawType)
        else { return }
        let mark = Array("bulkhead-probe ".utf8)
        for turn in 0..<6_000 {
            try? send(talk, Array("small talk".utf8), neighbour, 9)
            if turn % 8 == 0, let dial = try? makeSocket(AF_INET, Constant.streamType) {
                try? connect(dial, Address(0x7F00_0001), publishedPort)
                pause(milliseconds: 2)
                close(dial)
            }
            for _ in 0..<64 {
                guard let frame = try? receive(frames, milliseconds: 0), !frame.isEmpty else {
                    break
                }
                let isDatagram = frame.count > 42 && frame[14] >> 4 == 4 && frame[23] == 17
                guard isDatagram, contains(frame, mark) else { continue }
                try? send(
                    talk, Array("a datagram of \(frame.count) bytes arrived".utf8), own,
                    Constant.noticePort)
            }
            pause(milliseconds: 5)
        }
    }

    private static func contains(_ bytes: [UInt8], _ part: [UInt8]) -> Bool {
        guard bytes.count >= part.count else { return false }
        return (0...bytes.count - part.count).contains { bytes[$0...].starts(with: part) }
    }

    private static func send(
        _ socket: Int, _ bytes: [UInt8], _ address: Address, _ port: UInt16
    ) throws(Refusal) {
        try call(
            SYS_sendto, Argument(socket), Argument(Memory(bytes)), Argument(bytes.count), 0,
            Argument(Memory(Layout.address(address, port: port))), 16)
    }
}
