internal import Breach
internal import CLinux
internal import Glibc

/// From the environment of a handed-over start to a finished probe.
package enum Errand {
    /// Exit status of the probe.
    package static func run(open: Bool) -> Int32 {
        let handed = inherited()
        guard let orders = handed.first(where: { $0.name == "orders" })?.number,
            let report = handed.first(where: { $0.name == "report" })?.number,
            let bytes = content(of: orders), let decoded = try? OrdersCodec.decode(bytes)
        else {
            // Without orders nothing may be tried.
            return 2
        }
        var seat = Seat(orders: decoded, handed: handed, open: open)
        if open {
            guard OpenGround.prepare(&seat) else { return 3 }
        }
        var probe = Probe(seat: seat, report: report)
        probe.run()
        OpenGround.clear()
        return 0
    }

    /// LISTEN_FDS and LISTEN_FDNAMES, at most 256 descriptors from 3 on: more than a jail hands over.
    private static func inherited() -> [(name: String, number: Int)] {
        guard let count = value("LISTEN_FDS").flatMap({ Int($0) }), (1...256).contains(count)
        else {
            return []
        }
        let names = (value("LISTEN_FDNAMES") ?? "").split(
            separator: ":", omittingEmptySubsequences: false)
        return (0..<count).map { index in
            (index < names.count ? String(names[index]) : "", index + 3)
        }
    }

    private static func value(_ name: String) -> String? {
        guard let text = unsafe getenv(name) else { return nil }
        return unsafe String(cString: text)
    }

    private static func content(of descriptor: Int) -> [UInt8]? {
        var bytes: [UInt8] = []
        let room = Memory(zeroes: 65536)
        while bytes.count <= Orders.bytesMax {
            guard
                let got = try? call(
                    SYS_pread64, Argument(descriptor), Argument(room), 65536,
                    Argument(bytes.count))
            else { return nil }
            if got == 0 { return bytes }
            bytes += room.bytes(got)
        }
        return nil
    }
}
