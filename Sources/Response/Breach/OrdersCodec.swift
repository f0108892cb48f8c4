internal import Addresses
package import Bytes

/// Orders as bytes: what the runner wrote, then the victims that the supervisor knows.
///
///     u32 "BHOR"  u8 version  block static part  u32 victims, each u8 kind, u32 pid
///
/// The supervisor forwards the first three fields unread and appends the fourth by `append`.
package enum OrdersCodec {
    static let magic: UInt32 = 0x524F_4842
    static let version: UInt8 = 1
    static let targetsMax = 4096
    static let pathsMax = 512
    static let pathBytesMax = 4096
    static let techniquesMax = 256
    static let victimsMax = 1024
    static let idBytesMax = 48

    /// The runner's part, without victims.
    package static func encodeStatic(_ orders: Orders) -> [UInt8] {
        var inner = ByteWriter(capacity: 4096)
        inner.integer(orders.compartment)
        inner.integer(orders.address.value)
        inner.text(orders.program)
        inner.text(orders.state)
        write(orders.allowance, to: &inner)
        inner.integer(UInt32(orders.neighbours.count))
        for neighbour in orders.neighbours { inner.integer(neighbour.value) }
        inner.integer(UInt32(orders.targets.count))
        for target in orders.targets {
            inner.integer(target.kind.rawValue)
            inner.integer(target.address.value)
            inner.integer(target.transport)
            inner.integer(target.port)
        }
        inner.integer(UInt32(orders.paths.count))
        for path in orders.paths {
            inner.integer(path.kind.rawValue)
            inner.text(path.path)
        }
        inner.integer(UInt32(orders.techniques.count))
        for id in orders.techniques { inner.text(id) }
        inner.append(orders.nonce)
        inner.text(orders.abstractName)
        inner.integer(orders.sharedKey)
        var outer = ByteWriter(capacity: inner.bytes.count + 16)
        outer.integer(magic)
        outer.integer(version)
        outer.block(inner.bytes)
        return outer.bytes
    }

    /// Completes the runner's part with the processes that run now.
    package static func append(_ victims: [Victim], to runner: [UInt8]) -> [UInt8] {
        var writer = ByteWriter(capacity: runner.count + 4 + 5 * victims.count)
        writer.append(runner)
        let kept = victims.prefix(victimsMax)
        writer.integer(UInt32(kept.count))
        for victim in kept {
            writer.integer(victim.kind.rawValue)
            writer.integer(victim.pid)
        }
        return writer.bytes
    }

    package static func encode(_ orders: Orders) -> [UInt8] {
        append(orders.victims, to: encodeStatic(orders))
    }

    package static func decode(_ bytes: [UInt8]) throws(Malformed) -> Orders {
        guard bytes.count <= Orders.bytesMax else {
            throw Malformed(at: 0, expected: "orders within their bound")
        }
        var reader = ByteReader(bytes)
        guard try reader.integer(UInt32.self) == magic else {
            throw Malformed(at: 0, expected: "the mark of orders")
        }
        guard try reader.integer(UInt8.self) == version else {
            throw Malformed(at: 4, expected: "version 1")
        }
        var orders = try decodeStatic(try reader.block(limit: Orders.bytesMax))
        let count = try reader.count(limit: victimsMax)
        for _ in 0..<count {
            let at = reader.position
            guard let kind = Victim.Kind(rawValue: try reader.integer()) else {
                throw Malformed(at: at, expected: "a kind of victim")
            }
            orders.victims.append(Victim(kind, pid: try reader.integer()))
        }
        try reader.finish()
        return orders
    }

    private static func decodeStatic(_ bytes: [UInt8]) throws(Malformed) -> Orders {
        var reader = ByteReader(bytes)
        let compartment = try reader.integer(UInt16.self)
        let address = Address(try reader.integer())
        let program = try reader.text(limit: pathBytesMax)
        let state = try reader.text(limit: pathBytesMax)
        var orders = Orders(
            compartment: compartment, address: address, program: program,
            allowance: try readAllowance(&reader))
        orders.state = state
        for _ in 0..<(try reader.count(limit: targetsMax)) {
            orders.neighbours.append(Address(try reader.integer()))
        }
        for _ in 0..<(try reader.count(limit: targetsMax)) {
            orders.targets.append(try readTarget(&reader))
        }
        for _ in 0..<(try reader.count(limit: pathsMax)) {
            let at = reader.position
            guard let kind = VictimPath.Kind(rawValue: try reader.integer()) else {
                throw Malformed(at: at, expected: "a kind of path")
            }
            orders.paths.append(VictimPath(kind, try reader.text(limit: pathBytesMax)))
        }
        for _ in 0..<(try reader.count(limit: techniquesMax)) {
            orders.techniques.append(try reader.text(limit: idBytesMax))
        }
        orders.nonce = try reader.take(Orders.nonceBytes)
        orders.abstractName = try reader.text(limit: 100)
        orders.sharedKey = try reader.integer()
        try reader.finish()
        return orders
    }

    private static func write(_ allowance: Allowance, to writer: inout ByteWriter) {
        writer.integer(allowance.memoryBytes)
        writer.integer(allowance.processes)
        writer.integer(allowance.files)
        writer.integer(allowance.diskBytes)
        writer.integer(allowance.scratchBytes)
    }

    private static func readAllowance(_ reader: inout ByteReader) throws(Malformed) -> Allowance {
        let memory = try reader.integer(UInt64.self)
        let processes = try reader.integer(UInt32.self)
        let files = try reader.integer(UInt32.self)
        let disk = try reader.integer(UInt64.self)
        let scratch = try reader.integer(UInt64.self)
        return Allowance(
            memoryBytes: memory, processes: processes, files: files, diskBytes: disk,
            scratchBytes: scratch)
    }

    private static func readTarget(_ reader: inout ByteReader) throws(Malformed) -> Target {
        let at = reader.position
        guard let kind = Target.Kind(rawValue: try reader.integer()) else {
            throw Malformed(at: at, expected: "a kind of target")
        }
        let address = Address(try reader.integer())
        let transport = try reader.integer(UInt8.self)
        return Target(kind, address, transport: transport, port: try reader.integer())
    }
}
