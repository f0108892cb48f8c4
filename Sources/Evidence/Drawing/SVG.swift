internal import Findings

/// A scene as SVG text.
package struct SVG {
    private static let top = 84.0
    private static let margin = 24.0
    private static let remarksMax = 24
    private static let remarkHeight = 19.0

    private let scene: Scene
    private let layout: Layout
    private var out = ""

    /// The whole file.
    package static func render(_ scene: Scene) -> String {
        var svg = SVG(scene)
        svg.write()
        return svg.out
    }

    private init(_ scene: Scene) {
        self.scene = scene
        layout = Layout(scene, top: Self.top)
    }

    private mutating func write() {
        let legend = legend
        let shown = Array(scene.remarks.prefix(Self.remarksMax))
        let hidden = scene.remarks.count - shown.count
        let lines = Double(shown.count + (hidden > 0 ? 1 : 0))
        let legendTop = layout.bottom + 26
        let height = legendTop + 30 + (lines > 0 ? lines * Self.remarkHeight + 14 : 0)
        let size = "\(number(layout.width)) \(number(height))"
        put(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 \(size)\" "
                + "width=\"\(number(layout.width))\" height=\"\(number(height))\" role=\"img\" "
                + "aria-labelledby=\"title description\">")
        put("<title id=\"title\">\(Self.escaped(scene.title, limit: 200))</title>")
        put("<desc id=\"description\">\(Self.escaped(description, limit: 4_000))</desc>")
        style()
        heads()
        put("<rect class=\"ground\" width=\"100%\" height=\"100%\"/>")
        text(Self.margin, 38, scene.title, "text title", limit: 80)
        text(
            Self.margin, 60,
            Metrics.fitted(scene.subtitle, width: layout.width - 2 * Self.margin, size: 12.5),
            "muted sub", limit: 400)
        for band in layout.bands { write(band.group, band.frame) }
        for index in drawingOrder { write(edge: index) }
        for index in scene.nodes.indices { write(node: index) }
        write(legend, y: legendTop)
        var y = legendTop + 44
        for remark in shown {
            write(remark, y)
            y += Self.remarkHeight
        }
        if hidden > 0 { text(Self.margin, y, "and \(hidden) more", "muted line", limit: 80) }
        put("</svg>")
    }

    /// What a reader who does not see hears.
    private var description: String {
        let edges = scene.edges.map { edge in
            let state = edge.state == .plain ? "" : "\(Self.word(edge.state)): "
            return "\(state)\(scene.nodes[edge.from].name) to \(scene.nodes[edge.to].name)"
        }
        return scene.subtitle + ". " + edges.joined(separator: "; ") + "."
    }

    private static func word(_ state: Scene.State) -> String {
        switch state {
        case .plain: "unchanged"
        case .closed: "closed"
        case .flawed: "finding"
        case .opened: "opened"
        }
    }

    private mutating func put(_ line: String) { out += line + "\n" }

    private mutating func style() {
        put("<style>")
        put("text{font-family:system-ui,\"Segoe UI\",Roboto,\"DejaVu Sans\",Arial,sans-serif}")
        put(".title{font-size:22px;font-weight:700}.sub{font-size:12.5px}")
        put(".name{font-size:13px;font-weight:600}.line{font-size:11px}.zone{font-size:12.5px;")
        put("font-weight:700}.remark{font-size:12px}.mid{text-anchor:middle}")
        put(".wire{fill:none;stroke-width:1.5}.band{stroke-width:1}.shape{stroke-width:1.3}")
        put(".channel{stroke-dasharray:1.5 4;stroke-linecap:round;stroke-width:2}")
        put(".closed{stroke-dasharray:6 4}.opened{stroke-width:2.6}.flawed{stroke-width:2.2}")
        put(".box-closed{stroke-dasharray:6 4}.box-opened,.box-flawed{stroke-width:2.2}")
        out += Palette.light.style("")
        put("@media (prefers-color-scheme:dark){")
        out += Palette.dark.style("")
        put("}")
        put("</style>")
    }

    private mutating func heads() {
        put("<defs>")
        for name in usedWires {
            put(
                "<marker id=\"to-\(name)\" viewBox=\"0 0 10 10\" refX=\"9\" refY=\"5\" "
                    + "markerWidth=\"9\" markerHeight=\"9\" markerUnits=\"userSpaceOnUse\" "
                    + "orient=\"auto\"><path class=\"head-\(name)\" d=\"M0 1L10 5L0 9z\"/></marker>"
            )
        }
        put("</defs>")
    }

    /// The class of an edge's line.
    private func wire(_ edge: Scene.Edge) -> String {
        switch edge.state {
        case .opened: "opened"
        case .closed: "closed"
        case .flawed: "flawed"
        case .plain:
            scene.isDifference ? "quiet" : edge.kind == .channel ? "channel" : "flow"
        }
    }

    private var usedWires: [String] {
        let used = Set(scene.edges.map(wire))
        return ["flow", "channel", "quiet", "closed", "flawed", "opened"].filter(used.contains)
    }

    /// What matters most is drawn last.
    private var drawingOrder: [Int] {
        scene.edges.indices.sorted { (scene.edges[$0].state, $0) < (scene.edges[$1].state, $1) }
    }

    private mutating func write(_ group: Int, _ frame: Frame) {
        put(
            "<rect class=\"band\" x=\"\(number(frame.x))\" y=\"\(number(frame.y))\" "
                + "width=\"\(number(frame.width))\" height=\"\(number(frame.height))\" rx=\"10\"/>")
        let zone = scene.groups[group]
        let middle = frame.y + frame.height / 2
        let hasNote = !zone.note.isEmpty
        text(
            frame.x + 14, middle + (hasNote ? -2 : 4), Metrics.short(zone.name, limit: 14),
            "text zone", limit: 60)
        if hasNote {
            text(
                frame.x + 14, middle + 14, Metrics.short(zone.note, limit: 18), "muted line",
                limit: 60)
        }
    }

    private mutating func write(edge index: Int) {
        let edge = scene.edges[index]
        let points = layout.paths[index]
        guard let first = points.first else { return }
        var path = "M\(number(first.x)) \(number(first.y))"
        for (place, point) in points.enumerated().dropFirst() {
            let before = points[place - 1]
            if point == before { continue }
            // Straight through a row, a curve from row to row.
            if place % 2 == 1 || abs(point.x - before.x) < 0.6 {
                path += "L\(number(point.x)) \(number(point.y))"
            } else {
                let middle = (before.y + point.y) / 2
                path +=
                    "C\(number(before.x)) \(number(middle)) \(number(point.x)) \(number(middle)) "
                    + "\(number(point.x)) \(number(point.y))"
            }
        }
        let wire = wire(edge)
        let isChannel = edge.kind == .channel && wire != "channel" && wire != "closed"
        let kind = isChannel ? " stroke-dasharray=\"1.5 4\" stroke-linecap=\"round\"" : ""
        put(
            "<path class=\"wire \(wire)\"\(kind) marker-end=\"url(#to-\(wire))\" d=\"\(path)\">"
                + "<title>\(Self.escaped(edge.tip, limit: 2_400, keepsLines: true))</title></path>")
    }

    private mutating func write(node index: Int) {
        let node = scene.nodes[index]
        let frame = layout.frames[index]
        let isRound = node.kind == .outside || node.kind == .anybody
        let box =
            switch node.state {
            case .plain: "box"
            case .opened: "box-opened"
            case .closed: "box-closed"
            case .flawed: "box-flawed"
            }
        put("<g>")
        let tip = node.tip.isEmpty ? node.name : node.tip
        put("<title>\(Self.escaped(tip, limit: 2_400, keepsLines: true))</title>")
        put(
            "<rect class=\"shape \(box)\" x=\"\(number(frame.x))\" y=\"\(number(frame.y))\" "
                + "width=\"\(number(frame.width))\" height=\"\(number(frame.height))\" "
                + "rx=\"\(number(isRound ? min(frame.height / 2, 18) : 6))\"/>")
        var y = frame.y + 20
        text(
            frame.middle, y, Metrics.short(node.name, limit: Metrics.nameMax), "text name mid",
            limit: 60)
        for line in node.lines {
            y += Metrics.lineHeight
            text(frame.middle, y, line, "muted line mid", limit: 200)
        }
        for line in node.published {
            y += Metrics.lineHeight
            text(frame.middle, y, line, "say-published line mid", limit: 200)
        }
        put("</g>")
    }

    private mutating func write(_ remark: Scene.Remark, _ y: Double) {
        let style =
            switch remark.state {
            case .plain: "muted"
            case .opened: "say-opened"
            case .closed: "say-closed"
            case .flawed: "say-flawed"
            }
        text(
            Self.margin, y,
            Metrics.fitted(remark.text, width: layout.width - 2 * Self.margin, size: 12),
            "\(style) remark", limit: 700)
    }

    /// Only what the picture has.
    private var legend: [(wire: String, text: String)] {
        let names = [
            ("flow", "allowed connection"), ("channel", "inherited channel"),
            ("quiet", "unchanged"), ("opened", "opened"), ("closed", "closed"),
            ("flawed", "with a finding"),
        ]
        return names.filter { usedWires.contains($0.0) }.map { (wire: $0.0, text: $0.1) }
    }

    private mutating func write(_ entries: [(wire: String, text: String)], y: Double) {
        var x = Self.margin
        for entry in entries {
            put(
                "<path class=\"wire \(entry.wire)\" marker-end=\"url(#to-\(entry.wire))\" "
                    + "d=\"M\(number(x)) \(number(y + 8))H\(number(x + 34))\"/>")
            text(x + 42, y + 12, entry.text, "muted line", limit: 80)
            x += 42 + Metrics.width(entry.text, size: Metrics.lineSize) + 26
        }
        if scene.nodes.contains(where: { !$0.published.isEmpty }) {
            text(x, y + 12, "published at", "say-published line", limit: 80)
            x += Metrics.width("published at", size: Metrics.lineSize) + 6
            text(x, y + 12, "an address of the host", "muted line", limit: 80)
        }
    }

    private mutating func text(
        _ x: Double, _ y: Double, _ words: String, _ style: String, limit: Int
    ) {
        guard !words.isEmpty else { return }
        put(
            "<text class=\"\(style)\" x=\"\(number(x))\" y=\"\(number(y))\">"
                + "\(Self.escaped(words, limit: limit))</text>")
    }

    /// Text of others as XML text: no markup, no control characters, nothing that XML forbids.
    static func escaped(_ text: String, limit: Int, keepsLines: Bool = false) -> String {
        let parts = keepsLines ? text.split(separator: "\n").map(String.init) : [text]
        var escaped = ""
        for (index, part) in parts.enumerated() {
            if index > 0 { escaped += "\n" }
            for scalar in Excerpt.of(part, limit: limit).unicodeScalars {
                switch scalar {
                case "&": escaped += "&amp;"
                case "<": escaped += "&lt;"
                case ">": escaped += "&gt;"
                case "\"": escaped += "&quot;"
                case "'": escaped += "&#39;"
                case _ where scalar.value & 0xFFFE == 0xFFFE: escaped += "\u{FFFD}"
                default: escaped.unicodeScalars.append(scalar)
                }
            }
        }
        return escaped
    }

    /// With one digit behind the point, and none where it is nought.
    private func number(_ value: Double) -> String {
        let tenths = Int((value * 10).rounded())
        let whole = "\(tenths < 0 ? "-" : "")\(abs(tenths) / 10)"
        return tenths % 10 == 0 ? whole : "\(whole).\(abs(tenths) % 10)"
    }
}
