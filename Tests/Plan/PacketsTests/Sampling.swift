import Packets

/// A seeded source of small boxes that overlap much and touch the ends of their fields.
struct Sampling: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return word ^ (word >> 31)
    }

    /// A value near an end of the field, or one of few in the middle.
    mutating func value(_ field: Field) -> UInt32 {
        let near = UInt32.random(in: 0...2, using: &self)
        let last = field.last
        return switch Int.random(in: 0...2, using: &self) {
        case 0: min(near, last)
        case 1: last - min(near, last)
        default: last / 2 - min(near, last / 2)
        }
    }

    mutating func packet() -> Packet {
        var packet = Packet()
        for field in Field.allCases { packet[field] = value(field) }
        return packet
    }

    mutating func box() -> Box {
        var box = Box.everything
        for field in Field.allCases where Bool.random(using: &self) {
            let one = value(field)
            let other = value(field)
            box = box.with(field, min(one, other)...max(one, other))
        }
        return box
    }

    mutating func set(_ count: Int) throws -> PacketSet {
        var set = PacketSet()
        for _ in 0..<count { try set.insert(box()) }
        return set
    }

    /// Rules of which about one in five is a skip.
    mutating func list(_ count: Int) -> RuleList {
        var list = RuleList(otherwise: Bool.random(using: &self))
        var open: [Int] = []
        for index in 0..<count {
            if let skip = open.last, Bool.random(using: &self) {
                list.land(skip)
                open.removeLast()
            }
            if UInt32.random(in: 0..<5, using: &self) == 0 {
                open.append(list.appendSkip(box(), owner: UInt32(index)))
            } else {
                list.append(box(), allow: Bool.random(using: &self), owner: UInt32(index))
            }
        }
        for skip in open { list.land(skip) }
        return list
    }
}
