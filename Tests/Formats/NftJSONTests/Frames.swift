import Chance
import FilterTerms
import Packets
import Ruleset
import Walker

/// A packet as it is sent and as the model sees it.
struct SentPacket: Sendable {
    /// 1 to 29,999, or from 30,000 on for what connection tracking is told to leave alone; for
    /// IPv6 1 to 199, or from 200.
    let number: Int
    let walked: WalkedPacket
    let link: Int
    let frame: [UInt8]
    /// What makes its connection known before, sent over the other link.
    let opening: [UInt8]?
}

/// Ethernet frames with whole packets in them.
enum Frames {
    /// From random fields; nil for combinations that nobody can send.
    static func random(
        _ number: Int, after before: Int, isLong: Bool, _ rules: inout RandomRules,
        macs: [[UInt8]]
    ) -> SentPacket {
        let names = isLong ? RandomRules.longAddresses : RandomRules.addresses
        func address(_ name: String) -> UInt128 {
            AddressText.address(Array(name.utf8)[...])?.value ?? 0
        }
        var source = address(rules.any(names))
        let target = address(rules.any(names))
        let untracked = number >= (isLong ? 200 : 30_000)
        let kind = rules.chance.below(10)
        let icmp: UInt8 = isLong ? 58 : 1
        let transport: UInt8 = [6, 6, 6, 6, 17, 17, 17, icmp, icmp, 250][kind]
        var ports = (rules.any(RandomRules.ports), rules.any(RandomRules.ports))
        var state = untracked ? ConnectionState.untracked : .new
        var flags: UInt8 = 2
        var isReply = false
        if !untracked, !isLong, transport != 250, rules.chance.below(3) == 0 {
            // Replies to connections that were opened over the other link.
            state = .established
            isReply = true
            source = address("10.77.1.2")
            ports.0 = UInt16(50_000 + (before + number) % 15_000)
        } else if !untracked, transport == 6, rules.chance.below(4) == 0 {
            state = .invalid
            flags = 4
        }
        if transport == icmp {
            let echo: (UInt16, UInt16) = isLong ? (128, 0) : (isReply ? (0, 0) : (8, 0))
            ports = echo
        }
        let link = isReply ? 0 : rules.chance.below(2)
        let id = UInt16(truncatingIfNeeded: before + number)
        let payload = transportBytes(
            transport, ports, flags, identifier: id, isIcmp: transport == icmp)
        let packet = network(isLong, source, target, transport, payload, number)
        var opening: [UInt8]?
        if isReply {
            let back: (UInt16, UInt16) = transport == icmp ? (8, 0) : (ports.1, ports.0)
            let bytes = transportBytes(
                transport, back, 2, identifier: id, isIcmp: transport == icmp)
            opening = ethernet(
                macs[1], isLong, network(isLong, target, source, transport, bytes, 0))
        }
        var walked = WalkedPacket(isLong ? .v6 : .v4, [])
        walked[.source] = source
        walked[.destination] = target
        walked[.protocolNumber] = UInt128(transport)
        if transport != 250 {
            walked[.sourcePort] = UInt128(ports.0)
            walked[.destinationPort] = UInt128(ports.1)
        }
        walked[.state] = UInt128(state.rawValue)
        walked[.arrival] = UInt128(link + 1)
        return SentPacket(
            number: number, walked: walked, link: link,
            frame: ethernet(macs[link], isLong, packet), opening: opening)
    }

    private static func transportBytes(
        _ transport: UInt8, _ ports: (UInt16, UInt16), _ flags: UInt8, identifier: UInt16,
        isIcmp: Bool
    ) -> [UInt8] {
        if isIcmp {
            var bytes = [UInt8(ports.0), UInt8(ports.1), 0, 0] + big(identifier) + [0, 1]
            let sum = checksum(bytes)
            (bytes[2], bytes[3]) = (UInt8(sum >> 8), UInt8(truncatingIfNeeded: sum))
            return bytes
        }
        if transport == 6 {
            return big(ports.0) + big(ports.1) + [
                0, 0, 0, 1, 0, 0, 0, 0, 0x50, flags, 32, 0, 0, 0, 0, 0,
            ]
        }
        if transport == 17 { return big(ports.0) + big(ports.1) + [0, 12, 0, 0, 1, 2, 3, 4] }
        return [UInt8](repeating: 0x5A, count: 16)
    }

    private static func network(
        _ isLong: Bool, _ source: UInt128, _ target: UInt128, _ transport: UInt8,
        _ plain: [UInt8], _ number: Int
    ) -> [UInt8] {
        var payload = plain
        let width = isLong ? 16 : 4
        let pseudo = big(source, width) + big(target, width) + [0, transport]
        // One in 65,536 sums of zero is right: the far end would answer such a SYN with a RST, which
        // ends the connection before its reply is judged.
        if transport == 6, checksum(pseudo + big(UInt16(payload.count)) + payload) == 0 {
            payload[16] = 1
        }
        if isLong {
            return [0x60, 0, 0, 0] + big(UInt16(payload.count)) + [transport, UInt8(number & 255)]
                + big(source, 16) + big(target, 16) + payload
        }
        var header = [0x45, 0] + big(UInt16(20 + payload.count)) + big(UInt16(number))
        header += [0, 0, 64, transport, 0, 0] + big(source, 4) + big(target, 4)
        let sum = checksum(header)
        (header[10], header[11]) = (UInt8(sum >> 8), UInt8(truncatingIfNeeded: sum))
        return header + payload
    }

    private static func ethernet(_ mac: [UInt8], _ isLong: Bool, _ packet: [UInt8]) -> [UInt8] {
        mac + [2, 0, 0, 0, 0, 9] + (isLong ? [0x86, 0xDD] : [8, 0]) + packet
    }

    private static func big(_ value: UInt16) -> [UInt8] {
        [UInt8(value >> 8), UInt8(truncatingIfNeeded: value)]
    }

    private static func big(_ value: UInt128, _ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: value >> UInt128(8 * (count - 1 - $0))) }
    }

    private static func checksum(_ bytes: [UInt8]) -> UInt16 {
        var sum: UInt32 = 0
        for index in stride(from: 0, to: bytes.count, by: 2) {
            let low = index + 1 < bytes.count ? bytes[index + 1] : 0
            sum += UInt32(bytes[index]) << 8 | UInt32(low)
        }
        while sum > 0xFFFF { sum = sum & 0xFFFF + sum >> 16 }
        return ~UInt16(truncatingIfNeeded: sum)
    }
}
