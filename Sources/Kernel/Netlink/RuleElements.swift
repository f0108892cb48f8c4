package import Bytes
package import Descriptors
internal import Glibc

/// An element of an nftables set or map, as the kernel stores it.
package struct RuleElementRecord: Sendable, Equatable {
    /// The key, then the value if it is a map's.
    package var bytes: [UInt8]
    /// What its own counter counted; 0 when it has none.
    package var packets: UInt64
    package var byteCount: UInt64
}

/// Reading back the elements of sets, which takes libnftables' text form ten times as long.
package enum RuleElements {
    /// Elements of one set, at most; more is E2BIG.
    package static let elementsMax = 1_000_000
    private static let attemptsMax = 8
    private static let get: UInt16 = 0x0A0D
    private static let inet: UInt8 = 1

    /// Every element of `set` in the table `inet NAME` of a namespace, in no order.
    package static func read(
        in namespace: borrowing Descriptor, table: String, set: String
    ) throws(SystemFailure) -> [RuleElementRecord] {
        var socket = try NetlinkSocket(.netfilter, in: namespace)
        let request = Request(get) { writer in
            writer.raw([inet, 0, 0, 0])
            writer.attribute(1, text: table)
            writer.attribute(2, text: set)
        }
        var attempt = 1
        while true {
            do {
                return try dump(request, set: set, over: &socket)
            } catch {
                // Another transaction came in between: only a quiet dump is whole.
                guard error.errno == EINTR, attempt < attemptsMax else { throw error }
                attempt += 1
            }
        }
    }

    private static func dump(
        _ request: Request, set: String, over socket: inout NetlinkSocket
    ) throws(SystemFailure) -> [RuleElementRecord] {
        var found: [RuleElementRecord] = []
        try socket.dump(request, subject: "set \(set)") { (bytes, header) throws(Malformed) in
            try parse(bytes, header.payload, into: &found)
        }
        if found.count > elementsMax {
            throw SystemFailure("netlink dump", "set \(set)", errno: E2BIG)
        }
        return found
    }

    /// Appends the elements of one answer of a dump.
    package static func parse(
        _ bytes: Span<UInt8>, _ payload: Range<Int>, into found: inout [RuleElementRecord]
    ) throws(Malformed) {
        var offset = payload.lowerBound + 4
        while let part = try MessageReader.attribute(
            in: bytes, at: &offset, end: payload.upperBound)
        {
            guard part.type == 3 else { continue }
            var inner = part.value.lowerBound
            while found.count <= elementsMax,
                let element = try MessageReader.attribute(
                    in: bytes, at: &inner, end: part.value.upperBound)
            {
                found.append(try record(bytes, element.value))
            }
        }
    }

    private static func record(
        _ bytes: Span<UInt8>, _ range: Range<Int>
    ) throws(Malformed) -> RuleElementRecord {
        var record = RuleElementRecord(bytes: [], packets: 0, byteCount: 0)
        record.bytes.reserveCapacity(40)
        var key = 0..<0
        var value = 0..<0
        var offset = range.lowerBound
        while let field = try MessageReader.attribute(in: bytes, at: &offset, end: range.upperBound)
        {
            switch field.type {
            case 1: key = try firstValue(bytes, field.value)
            case 2: value = try firstValue(bytes, field.value)
            case 7: try counter(bytes, field.value, into: &record)
            default: continue
            }
        }
        for index in key { record.bytes.append(bytes.u8(index)) }
        for index in value { record.bytes.append(bytes.u8(index)) }
        return record
    }

    private static func firstValue(
        _ bytes: Span<UInt8>, _ range: Range<Int>
    ) throws(Malformed) -> Range<Int> {
        var offset = range.lowerBound
        let data = try MessageReader.attribute(in: bytes, at: &offset, end: range.upperBound)
        return data?.value ?? 0..<0
    }

    /// An expression attached to the element: only counters have data that looks like this.
    private static func counter(
        _ bytes: Span<UInt8>, _ range: Range<Int>, into record: inout RuleElementRecord
    ) throws(Malformed) {
        var offset = range.lowerBound
        while let part = try MessageReader.attribute(in: bytes, at: &offset, end: range.upperBound)
        {
            guard part.type == 2 else { continue }
            var inner = part.value.lowerBound
            while let field = try MessageReader.attribute(
                in: bytes, at: &inner, end: part.value.upperBound)
            {
                guard field.value.count >= 8 else { continue }
                let number = bytes.be64(field.value.lowerBound)
                if field.type == 1 { record.byteCount = number }
                if field.type == 2 { record.packets = number }
            }
        }
    }
}
