internal import Findings

/// Sizes of text, estimated for the widest of the common sans-serif fonts: a box is rather too wide
/// than too narrow.
enum Metrics {
    static let nameSize = 13.0
    static let lineSize = 11.0
    static let lineHeight = 15.0
    /// Longer names keep their beginning and end; the whole name is in the tip.
    static let nameMax = 26

    static func width(_ text: String, size: Double, isBold: Bool = false) -> Double {
        var ems = 0.0
        for scalar in text.unicodeScalars {
            switch scalar {
            case "i", "j", "l", ".", ",", ":", ";", "'", "|", " ": ems += 0.34
            case "f", "t", "r", "-", "/", "(", ")": ems += 0.43
            case "m", "w", "M", "W", "@", "%": ems += 0.97
            case "A"..."Z": ems += 0.7
            case _ where scalar.value >= 0x1100: ems += 1.1
            default: ems += 0.635
            }
        }
        return ems * size * (isBold ? 1.1 : 1)
    }

    /// Text that fits, its middle left out.
    static func short(_ text: String, limit: Int) -> String {
        let characters = Array(Excerpt.of(text, limit: 400))
        guard characters.count > limit, limit > 4 else { return String(characters) }
        let head = (limit - 1) * 3 / 5
        return String(characters[..<head]) + "…"
            + String(characters[(characters.count - (limit - 1 - head))...])
    }

    /// Text that fits a width, its end left out.
    static func fitted(_ text: String, width limit: Double, size: Double) -> String {
        let whole = Excerpt.of(text, limit: 600)
        guard width(whole, size: size) > limit else { return whole }
        var shown = whole
        while !shown.isEmpty, width(shown + "…", size: size) > limit { shown.removeLast() }
        return shown + "…"
    }
}

struct Point: Equatable {
    var x: Double
    var y: Double
}

struct Frame: Equatable {
    var x: Double
    var y: Double
    var width: Double
    var height: Double

    var middle: Double { x + width / 2 }
    var right: Double { x + width }
    var bottom: Double { y + height }
}
