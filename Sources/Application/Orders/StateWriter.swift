internal import Bytes
internal import Numerals
internal import OrderTreaty

/// The state as bytes, for its digest.
struct StateWriter {
    private var writer = ByteWriter(capacity: 4_096)

    var bytes: [UInt8] { writer.bytes }

    mutating func write(_ numbers: [UInt64], _ prices: [Price], _ digest: [UInt8]) {
        for number in numbers { writer.integer(number) }
        for price in prices { writer.integer(price.raw) }
        writer.append(digest)
    }

    mutating func write(_ view: OrderView) { view.encode(into: &writer) }
}
