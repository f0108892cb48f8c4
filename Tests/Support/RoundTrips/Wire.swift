package import Bytes
internal import Chance

/// One type's way onto the wire and back, held against samples of it.
package struct Wire<Value: Equatable & Sendable>: Sendable {
    package let samples: [Value]
    package let encode: @Sendable (Value) -> [UInt8]
    package let decode: @Sendable ([UInt8]) throws(Malformed) -> Value

    /// A type that is a message of its own.
    package init(
        samples: [Value], encode: @escaping @Sendable (Value) -> [UInt8],
        decode: @escaping @Sendable ([UInt8]) throws(Malformed) -> Value
    ) {
        self.samples = samples
        self.encode = encode
        self.decode = decode
    }

    /// Each sample is read as it was written, and no part of its bytes is one.
    package func roundTrips() -> [String] {
        var wrong: [String] = []
        for sample in samples {
            let bytes = encode(sample)
            if (try? decode(bytes)) != sample { wrong.append("changed on the way: \(sample)") }
            // Long samples are cut at their ends and at places in between.
            let step = max(1, bytes.count / 64)
            for end in stride(from: bytes.count - 1, through: 0, by: -step)
            where (try? decode(Array(bytes[..<end]))) != nil {
                wrong.append("read from \(end) of \(bytes.count) bytes: \(sample)")
            }
            if (try? decode(bytes + [0])) != nil { wrong.append("read with more: \(sample)") }
        }
        return wrong
    }

    /// Changed bytes are refused, or read as the one value that is written so.
    package func endures(_ rounds: Int, seed: UInt64) -> [String] {
        var random = Seeded(state: seed)
        var wrong: [String] = []
        // Longer ones have the same parts, only more of them.
        let whole = samples.map(encode).filter { $0.count <= 4_096 }
        for _ in 0..<rounds {
            var bytes = whole[random.below(whole.count)]
            for _ in 0...random.below(4) where !bytes.isEmpty {
                let place = random.below(2) == 0 ? random.below(bytes.count) : random.below(24)
                let odd: [UInt8] = [0, 1, 2, 0x7F, 0x80, 0xFF, UInt8(random.below(256))]
                bytes[min(place, bytes.count - 1)] = odd[random.below(odd.count)]
            }
            if random.below(4) == 0 { bytes.removeLast(random.below(bytes.count)) }
            if random.below(6) == 0 { bytes.append(UInt8(random.below(256))) }
            if let value = try? decode(bytes), encode(value) != bytes {
                wrong.append("two ways to write \(value)")
            }
        }
        return wrong
    }
}

extension Wire {
    /// A type that appends itself and reads itself from where the reader stands.
    package init(
        _ samples: [Value], _ write: @escaping @Sendable (Value, inout ByteWriter) -> Void,
        _ read: @escaping @Sendable (inout ByteReader) throws(Malformed) -> Value
    ) {
        self.samples = samples
        encode = { value in
            var writer = ByteWriter()
            write(value, &writer)
            return writer.bytes
        }
        decode = { bytes throws(Malformed) in
            var reader = ByteReader(bytes)
            let value = try read(&reader)
            try reader.finish()
            return value
        }
    }
}
