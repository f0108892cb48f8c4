internal import Addresses
package import Bytes

/// An envoy's orders as bytes: u32 "BHEO", u8 version, fields, nothing after them.
package enum EnvoyCodec {
    private static let magic: UInt32 = 0x4F45_4842
    private static let version: UInt8 = 1

    package static func encode(_ orders: EnvoyOrders) -> [UInt8] {
        var writer = ByteWriter(capacity: 8192)
        writer.integer(magic)
        writer.integer(version)
        writer.integer(UInt32(orders.techniques.count))
        for id in orders.techniques { writer.text(id) }
        writer.integer(UInt8(orders.takesLoot ? 1 : 0))
        writer.integer(UInt32(orders.loot.count))
        for one in orders.loot { write(one, to: &writer) }
        writer.integer(UInt32(orders.doors.count))
        for door in orders.doors {
            writer.text(door.owner)
            writer.integer(door.address.value)
            writer.integer(door.port)
        }
        writer.integer(UInt32(orders.requests.count))
        for request in orders.requests {
            writer.text(request.label)
            writer.integer(request.account)
            writer.text(request.key)
            writer.block(request.signature)
            writer.block(request.payload)
        }
        writer.text(orders.verifier)
        writer.integer(orders.account)
        writer.integer(orders.victim)
        writer.text(orders.otherKey)
        writer.integer(orders.sequence)
        writer.integer(orders.base)
        writer.integer(orders.quote)
        writer.integer(orders.held)
        writer.integer(orders.resting)
        writer.integer(orders.price)
        writer.integer(orders.tick)
        writer.integer(orders.divisor)
        writer.integer(UInt8(orders.root == nil ? 0 : 1))
        if let root = orders.root { write(root, to: &writer) }
        return writer.bytes
    }

    package static func decode(_ bytes: [UInt8]) throws(Malformed) -> EnvoyOrders {
        guard bytes.count <= EnvoyOrders.bytesMax else {
            throw Malformed(at: 0, expected: "orders within their bound")
        }
        var reader = ByteReader(bytes)
        guard try reader.integer(UInt32.self) == magic,
            try reader.integer(UInt8.self) == version
        else { throw Malformed(at: 0, expected: "an envoy's orders, version 1") }
        var orders = EnvoyOrders()
        for _ in 0..<(try reader.count(limit: OrdersCodec.techniquesMax)) {
            orders.techniques.append(try reader.text(limit: OrdersCodec.idBytesMax))
        }
        orders.takesLoot = try flag(&reader)
        for _ in 0..<(try reader.count(limit: EnvoyOrders.lootMax)) {
            orders.loot.append(try readLoot(&reader))
        }
        for _ in 0..<(try reader.count(limit: EnvoyOrders.doorsMax)) {
            orders.doors.append(
                ForeignDoor(
                    owner: try reader.text(limit: EnvoyOrders.nameMax),
                    address: Address(try reader.integer()), port: try reader.integer()))
        }
        for _ in 0..<(try reader.count(limit: EnvoyOrders.requestsMax)) {
            orders.requests.append(
                PassingRequest(
                    label: try reader.text(limit: PassingRequest.labelMax),
                    account: try reader.integer(),
                    key: try reader.text(limit: PassingRequest.keyMax),
                    signature: try reader.block(limit: PassingRequest.signatureMax),
                    payload: try reader.block(limit: PassingRequest.payloadMax)))
        }
        orders.verifier = try reader.text(limit: EnvoyOrders.nameMax)
        orders.account = try reader.integer()
        orders.victim = try reader.integer()
        orders.otherKey = try reader.text(limit: PassingRequest.keyMax)
        orders.sequence = try reader.integer()
        orders.base = try reader.integer()
        orders.quote = try reader.integer()
        orders.held = try reader.integer()
        orders.resting = try reader.integer()
        orders.price = try reader.integer()
        orders.tick = try reader.integer()
        orders.divisor = try reader.integer()
        if try flag(&reader) { orders.root = try readLoot(&reader) }
        try reader.finish()
        return orders
    }

    private static func flag(_ reader: inout ByteReader) throws(Malformed) -> Bool {
        let place = reader.position
        let value = try reader.integer(UInt8.self)
        guard value <= 1 else { throw Malformed(at: place, expected: "0 or 1") }
        return value == 1
    }

    static func write(_ loot: Loot, to writer: inout ByteWriter) {
        writer.text(loot.owner)
        writer.block(loot.certificate)
        writer.block(loot.secret)
        writer.text(loot.believer)
    }

    static func readLoot(_ reader: inout ByteReader) throws(Malformed) -> Loot {
        Loot(
            owner: try reader.text(limit: EnvoyOrders.nameMax),
            certificate: try reader.block(limit: Loot.certificateMax),
            secret: try reader.block(limit: Loot.secretMax),
            believer: try reader.text(limit: EnvoyOrders.nameMax))
    }
}
