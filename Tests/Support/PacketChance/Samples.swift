package import Chance
package import Packets

/// Small boxes that overlap much and touch the ends of their fields.
extension Seeded {
    /// A value near an end of the field, or one of few in the middle.
    package mutating func value(_ field: Field) -> UInt32 {
        let near = UInt32.random(in: 0...2, using: &self)
        let last = field.last
        return switch below(3) {
        case 0: min(near, last)
        case 1: last - min(near, last)
        default: last / 2 - min(near, last / 2)
        }
    }

    package mutating func packet() -> Packet {
        var packet = Packet()
        for field in Field.allCases { packet[field] = value(field) }
        return packet
    }

    package mutating func box() -> Box {
        var box = Box.everything
        for field in Field.allCases where Bool.random(using: &self) {
            let one = value(field)
            let other = value(field)
            box = box.with(field, min(one, other)...max(one, other))
        }
        return box
    }

    package mutating func set(_ count: Int) throws -> PacketSet {
        var set = PacketSet()
        for _ in 0..<count { try set.insert(box()) }
        return set
    }

    /// Rules of which about one in five is a skip where those are wanted.
    package mutating func list(_ count: Int, skips: Bool) -> RuleList {
        var list = RuleList(otherwise: Bool.random(using: &self))
        var open: [Int] = []
        for index in 0..<count {
            if let skip = open.last, Bool.random(using: &self) {
                list.land(skip)
                open.removeLast()
            }
            if skips, below(5) == 0 {
                open.append(list.appendSkip(box(), owner: UInt32(index)))
            } else {
                list.append(box(), allow: Bool.random(using: &self), owner: UInt32(index))
            }
        }
        for skip in open { list.land(skip) }
        return list
    }
}
