/// Colours, light and dark: text against what it stands on has a contrast of 4.5 and lines have 3,
/// as WCAG 2.1 wants it.
package struct Palette: Sendable {
    package var ground: UInt32
    package var band: UInt32
    package var bandEdge: UInt32
    package var box: UInt32
    package var boxEdge: UInt32
    package var text: UInt32
    package var muted: UInt32
    package var flow: UInt32
    package var quiet: UInt32
    package var channel: UInt32
    package var published: UInt32
    package var opened: UInt32
    package var closed: UInt32
    package var flawed: UInt32

    package static let light = Palette(
        ground: 0xFFFFFF, band: 0xF3F6F9, bandEdge: 0xD3DBE3, box: 0xFFFFFF, boxEdge: 0x66788A,
        text: 0x16202B, muted: 0x4C5B6A, flow: 0x3E6C9E, quiet: 0x7B8B9B, channel: 0x6D45B8,
        published: 0x1F6F43, opened: 0xC01818, closed: 0x66727E, flawed: 0x935400)

    package static let dark = Palette(
        ground: 0x0E141B, band: 0x17202A, bandEdge: 0x2C3946, box: 0x202C38, boxEdge: 0x8296AA,
        text: 0xE8EEF4, muted: 0xA9B8C6, flow: 0x7FB2E6, quiet: 0x74879A, channel: 0xBBA2FF,
        published: 0x74D49B, opened: 0xFF8178, closed: 0x98A6B4, flawed: 0xF2BC62)

    /// Contrast of two colours, 1 to 21 (WCAG 2.1, relative luminance).
    package static func contrast(_ one: UInt32, _ other: UInt32) -> Double {
        let lights = [luminance(one), luminance(other)].sorted()
        return (lights[1] + 0.05) / (lights[0] + 0.05)
    }

    private static func luminance(_ colour: UInt32) -> Double {
        let parts = [16, 8, 0].map { shift in
            linear(Double(colour >> UInt32(shift) & 0xFF) / 255)
        }
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]
    }

    /// The power 2.4 as x² · x^0.4, the latter by Newton's method for the fifth root of x².
    private static func linear(_ value: Double) -> Double {
        guard value > 0.03928 else { return value / 12.92 }
        let base = (value + 0.055) / 1.055
        var root = base
        for _ in 0..<40 {
            let power = root * root * root * root
            root -= (power * root - base * base) / (5 * power)
        }
        return base * base * root
    }

    /// Rules for the classes that the picture uses.
    func style(_ indent: String) -> String {
        let fills = [
            ("ground", ground), ("text", text), ("muted", muted), ("head-flow", flow),
            ("head-quiet", quiet), ("head-channel", channel), ("head-opened", opened),
            ("head-closed", closed), ("head-flawed", flawed), ("say-opened", opened),
            ("say-closed", closed), ("say-flawed", flawed), ("say-published", published),
        ]
        let strokes = [
            ("flow", flow), ("quiet", quiet), ("channel", channel), ("opened", opened),
            ("closed", closed), ("flawed", flawed),
        ]
        var lines = fills.map { ".\($0.0){fill:\(Self.hex($0.1))}" }
        lines += strokes.map { ".\($0.0){stroke:\(Self.hex($0.1))}" }
        lines += [
            ".band{fill:\(Self.hex(band));stroke:\(Self.hex(bandEdge))}",
            ".box{fill:\(Self.hex(box));stroke:\(Self.hex(boxEdge))}",
            ".box-opened{fill:\(Self.hex(box));stroke:\(Self.hex(opened))}",
            ".box-closed{fill:\(Self.hex(box));stroke:\(Self.hex(closed))}",
            ".box-flawed{fill:\(Self.hex(box));stroke:\(Self.hex(flawed))}",
        ]
        return lines.map { indent + $0 + "\n" }.joined()
    }

    private static func hex(_ colour: UInt32) -> String {
        let text = String(colour, radix: 16)
        return "#" + String(repeating: "0", count: 6 - text.count) + text
    }
}
