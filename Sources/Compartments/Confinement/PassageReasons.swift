/// What another table of a service's passages says that the one of its start does not.
///
/// A table is sealed memory that a program reads once, so neither more nor fewer messages reach it
/// while it runs. A passage that is gone is no reason: no packet of it passes the rules.
struct PassageReasons {
    /// Direction, peer, address and port of a passage.
    private typealias Way = [Substring]

    private struct Table {
        /// In the order of the text; several flows may lead the same way.
        var ways: [Way] = []
        var messages: [Way: Set<Substring>] = [:]
        /// Lines that are no passage.
        var others: Set<Substring> = []

        init(_ bytes: [UInt8]) {
            for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
                let words = line.split(separator: " ")
                guard words.count == 5, words[0] == "open" || words[0] == "accept" else {
                    others.insert(line)
                    continue
                }
                let way = Array(words.prefix(4))
                if messages[way] == nil { ways.append(way) }
                messages[way, default: []].formUnion(words[4].split(separator: ","))
            }
        }
    }

    /// In words, to stand behind the service's name; empty when the old table does.
    let words: [String]

    init(_ name: String, old: [UInt8], new: [UInt8]) {
        let before = Table(old)
        let after = Table(new)
        var reasons = after.others.isSubset(of: before.others) ? [] : ["its table of \(name)"]
        for way in after.ways {
            let peer = (way[0] == "open" ? "to " : "from ") + way[1]
            let wanted = after.messages[way] ?? []
            guard let known = before.messages[way] else {
                reasons.append(
                    "it has no passage \(peer) on port \(way[3]) for \(Self.list(wanted))")
                continue
            }
            let more = wanted.subtracting(known)
            let fewer = known.subtracting(wanted)
            if !more.isEmpty {
                reasons.append("its passage \(peer) does not carry \(Self.list(more))")
            }
            if !fewer.isEmpty {
                reasons.append("its passage \(peer) still carries \(Self.list(fewer))")
            }
        }
        words = reasons
    }

    private static func list(_ words: Set<Substring>) -> String {
        words.sorted().joined(separator: ", ")
    }
}
