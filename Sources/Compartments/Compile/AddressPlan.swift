internal import Addresses

/// Addresses by name: adding a service moves no other, unless both fall on the same one.
enum AddressPlan {
    /// The loopback network that stands for a zone where there are no network namespaces.
    static func loopback(zone index: Int) -> Prefix? {
        guard (0..<254).contains(index) else { return nil }
        return Prefix(base: Address(127 << 24 | 77 << 16 | UInt32(index + 1) << 8), length: 24)
    }

    /// Each name's address: its hash, or the next free one, in the order of the names.
    ///
    /// The network's first two addresses and its last are never given: the network's own, the
    /// routing namespace's side, and broadcast. Nil when there are more names than addresses.
    static func assign(_ names: [String], in network: Prefix) -> [String: Address]? {
        guard network.count > 3, UInt64(names.count) <= network.count - 3 else {
            return names.isEmpty ? [:] : nil
        }
        let room = network.count - 3
        var taken: Set<UInt64> = []
        var result: [String: Address] = [:]
        for name in names.sorted() {
            var offset = hash(name) % room
            while !taken.insert(offset).inserted { offset = (offset + 1) % room }
            result[name] = Address(network.base.value + 2 + UInt32(offset))
        }
        return result
    }

    // FNV-1a, 64 bits: the same on every machine and for ever, which Swift's own hash is not.
    private static func hash(_ name: String) -> UInt64 {
        var value: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in name.utf8 {
            value ^= UInt64(byte)
            value = value &* 0x100_0000_01B3
        }
        // Short names differ mostly in the low bits of the last steps: mix them upwards and back.
        return value ^ value >> 32
    }
}
