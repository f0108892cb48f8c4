import Testing

/// A picture read back: only as much of XML and SVG as the tests need.
struct Picture {
    struct Box {
        let x: Double
        let y: Double
        let width: Double
        let height: Double
    }

    struct Wire {
        let style: String
        /// Points along the line, close together.
        let points: [(x: Double, y: Double)]
    }

    var boxes: [Box] = []
    var wires: [Wire] = []
    var texts: [String] = []
    var elements: Set<String> = []
    /// What is wrong with it as XML.
    var problems: [String] = []

    init(_ svg: String) {
        var open: [String] = []
        for part in svg.split(separator: "<", omittingEmptySubsequences: false).dropFirst() {
            guard let end = part.firstIndex(of: ">") else {
                problems.append("a tag does not end: \(part.prefix(40))")
                continue
            }
            let tag = part[..<end]
            let text = String(part[part.index(after: end)...])
            if tag.hasPrefix("/") {
                if open.popLast() != String(tag.dropFirst()) { problems.append("closed: \(tag)") }
                continue
            }
            let name = String(tag.prefix { $0.isLetter })
            elements.insert(name)
            if !tag.hasSuffix("/") { open.append(name) }
            read(name, Self.attributes(tag), text)
        }
        if !open.isEmpty { problems.append("never closed: \(open)") }
        for scalar in svg.unicodeScalars
        where (scalar.value < 32 && scalar != "\n") || scalar.value & 0xFFFE == 0xFFFE
            || (0x202A...0x202E).contains(scalar.value)
        {
            problems.append("a scalar \(scalar.value)")
        }
    }

    private mutating func read(_ name: String, _ attributes: [String: String], _ text: String) {
        let style = attributes["class"] ?? ""
        let number = { (key: String) in Double(attributes[key] ?? "") ?? .nan }
        switch name {
        case "rect" where style.hasPrefix("shape"):
            boxes.append(
                Box(
                    x: number("x"), y: number("y"), width: number("width"),
                    height: number("height")))
        case "path" where style.hasPrefix("wire"):
            wires.append(Wire(style: style, points: Self.points(attributes["d"] ?? "")))
        case "text": texts.append(text)
        default: break
        }
    }

    private static func attributes(_ tag: Substring) -> [String: String] {
        var found: [String: String] = [:]
        let parts = tag.split(separator: "\"", omittingEmptySubsequences: false)
        var index = 0
        while index + 1 < parts.count {
            let key = parts[index].split(separator: " ").last.map { $0.dropLast() } ?? ""
            found[String(key)] = String(parts[index + 1])
            index += 2
        }
        return found
    }

    /// Points of a path of M, L, H and C.
    private static func points(_ path: String) -> [(x: Double, y: Double)] {
        var points: [(x: Double, y: Double)] = []
        var letter: Character = "M"
        var numbers: [Double] = []
        func flush() {
            guard let last = points.last else {
                if numbers.count == 2 { points.append((numbers[0], numbers[1])) }
                return
            }
            let ends: [(Double, Double)]
            switch letter {
            case "L": ends = [(last.x, last.y), (numbers[0], numbers[1])]
            case "H": ends = [(last.x, last.y), (numbers[0], last.y)]
            default:
                ends = [
                    (last.x, last.y), (numbers[0], numbers[1]), (numbers[2], numbers[3]),
                    (numbers[4], numbers[5]),
                ]
            }
            for step in 1...24 { points.append(Self.at(ends, Double(step) / 24)) }
        }
        var word = ""
        for character in path + " " {
            if character.isLetter || character == " " {
                if let number = Double(word) { numbers.append(number) }
                word = ""
                if character.isLetter {
                    if !numbers.isEmpty { flush() }
                    numbers = []
                    letter = character
                }
            } else {
                word.append(character)
            }
        }
        if !numbers.isEmpty { flush() }
        return points
    }

    /// A point of a Bézier curve by de Casteljau.
    private static func at(_ ends: [(Double, Double)], _ share: Double) -> (x: Double, y: Double) {
        var ends = ends
        while ends.count > 1 {
            ends = zip(ends, ends.dropFirst()).map { one, other in
                (one.0 + (other.0 - one.0) * share, one.1 + (other.1 - one.1) * share)
            }
        }
        return (ends[0].0, ends[0].1)
    }

    /// How often a line runs through a box, its ends at borders left out.
    var collisions: Int {
        wires.reduce(0) { count, wire in
            count
                + wire.points.count { point in
                    boxes.contains { box in
                        point.x > box.x + 1 && point.x < box.x + box.width - 1
                            && point.y > box.y + 1 && point.y < box.y + box.height - 1
                    }
                }
        }
    }

    var overlaps: Int {
        boxes.indices.reduce(0) { count, index in
            count
                + boxes[(index + 1)...].count { other in
                    let own = boxes[index]
                    return own.x < other.x + other.width && other.x < own.x + own.width
                        && own.y < other.y + other.height && other.y < own.y + own.height
                }
        }
    }
}
