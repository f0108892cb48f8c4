public import Bytes

/// One packet that a rule logged, as NFLOG reports it (`linux/netfilter/nfnetlink_log.h`).
///
/// Numbers are in host order. What the record or the packet did not carry is 0.
public struct LogRecord: Sendable, Equatable {
    /// The rule's `log group`.
    public var group: UInt16 = 0
    /// Position in this socket's log, from 0: a hole means lost records.
    public var sequence: UInt32 = 0
    /// The packet's mark: the flow's id where a flow allowed it.
    public var mark: UInt32 = 0
    /// Number of the interface it came in by, in the namespace of the log.
    public var inputInterface: UInt32 = 0
    /// Number of the interface it would leave by.
    public var outputInterface: UInt32 = 0
    /// Nanoseconds since 1970 when the packet was stamped; most packets are not.
    public var time: UInt64 = 0
    /// EtherType of the packet: 0x0800, 0x86DD.
    public var etherType: UInt16 = 0
    /// Netfilter hook: 0 prerouting, 1 input, 2 forward, 3 output.
    public var hook: UInt8 = 0
    /// IP protocol number; 0 when the packet is not IPv4.
    public var transport: UInt8 = 0
    /// IPv4 source address.
    public var source: UInt32 = 0
    /// IPv4 destination address.
    public var target: UInt32 = 0
    /// TCP or UDP source port of an unfragmented packet or a first fragment; for ICMP its type
    /// and code (type << 8 | code).
    public var sourcePort: UInt16 = 0
    /// TCP or UDP destination port.
    public var targetPort: UInt16 = 0
    /// TCP flags; SYN is 2, ACK is 16.
    public var flags: UInt8 = 0
    /// Total length from the IPv4 header, in bytes.
    public var length: UInt16 = 0
    /// Owner of the sending socket, where it is local; `UInt32.max` otherwise.
    public var uid: UInt32 = .max
    /// Where the rule's `log prefix` lies in the datagram, without its closing zero.
    public var prefix: Range<Int> = 0..<0

    /// Nothing yet.
    public init() {}
}

/// Reads what a log socket delivers: many records in one datagram, without allocating.
public enum LogDatagram {
    /// Largest datagram that `LogSocket` asks the kernel for, with room to spare.
    public static let bytesMax = 128 << 10

    private static let packetMessage: UInt16 = 0x0400

    /// Appends each record in the datagram's first `count` bytes to `records`; returns how many.
    ///
    /// Messages that are no packets are skipped. Records before a malformed message are kept.
    @discardableResult
    public static func read(
        _ bytes: Span<UInt8>, count: Int, into records: inout [LogRecord]
    ) throws(Malformed) -> Int {
        let bytes = bytes.extracting(first: count)
        var offset = 0
        var found = 0
        while let header = try MessageReader.next(in: bytes, at: &offset) {
            guard header.type == packetMessage else { continue }
            records.append(try record(in: bytes, header.payload))
            found += 1
        }
        return found
    }

    private static func record(
        in bytes: Span<UInt8>, _ payload: Range<Int>
    ) throws(Malformed) -> LogRecord {
        guard payload.count >= 4 else {
            throw Malformed(at: payload.lowerBound, expected: "a netfilter header")
        }
        var record = LogRecord()
        record.group = bytes.be16(payload.lowerBound + 2)
        var offset = payload.lowerBound + 4
        var packet = 0..<0
        while let attribute = try MessageReader.attribute(
            in: bytes, at: &offset, end: payload.upperBound)
        {
            let at = attribute.value.lowerBound
            let width = attribute.value.count
            switch attribute.type {
            case 1 where width >= 3:
                record.etherType = bytes.be16(at)
                record.hook = bytes.u8(at + 2)
            case 2 where width >= 4: record.mark = bytes.be32(at)
            case 3 where width >= 16:
                // An absurd clock must not trap; it wraps and is visibly wrong.
                record.time = bytes.be64(at) &* 1_000_000_000 &+ bytes.be64(at + 8) &* 1000
            case 4 where width >= 4: record.inputInterface = bytes.be32(at)
            case 5 where width >= 4: record.outputInterface = bytes.be32(at)
            case 9: packet = attribute.value
            case 10:
                let ended = width > 0 && bytes.u8(attribute.value.upperBound - 1) == 0
                record.prefix = at..<(attribute.value.upperBound - (ended ? 1 : 0))
            case 11 where width >= 4: record.uid = bytes.be32(at)
            case 12 where width >= 4: record.sequence = bytes.be32(at)
            default: continue
            }
        }
        header(in: bytes, packet, into: &record)
        return record
    }

    /// Reads the IPv4 and transport headers as far as the copied part reaches.
    private static func header(
        in bytes: Span<UInt8>, _ packet: Range<Int>, into record: inout LogRecord
    ) {
        let at = packet.lowerBound
        guard packet.count >= 20, bytes.u8(at) >> 4 == 4 else { return }
        let length = Int(bytes.u8(at) & 15) * 4
        record.length = bytes.be16(at + 2)
        record.transport = bytes.u8(at + 9)
        record.source = bytes.be32(at + 12)
        record.target = bytes.be32(at + 16)
        // A later fragment has no transport header: its bytes there are anyone's.
        let fragment = bytes.be16(at + 6) & 0x1FFF
        guard length >= 20, fragment == 0, packet.count >= length + 4 else { return }
        let ports = at + length
        switch record.transport {
        case 6, 17:
            record.sourcePort = bytes.be16(ports)
            record.targetPort = bytes.be16(ports + 2)
            if record.transport == 6, packet.count >= length + 14 {
                record.flags = bytes.u8(ports + 13)
            }
        case 1: record.sourcePort = bytes.be16(ports)
        default: return
        }
    }
}
