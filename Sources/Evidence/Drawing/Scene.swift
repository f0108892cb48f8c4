// Drawing: a network as one picture that needs nothing else: SVG without scripts, fonts or links,
// the same bytes for the same network. A scene says what there is, a layout where, `SVG` how it is
// written. Bounds: `Scene.nodesMax` boxes and `Scene.edgesMax` lines; what is larger is drawn by
// zones.

/// What a picture shows.
package struct Scene: Sendable {
    /// Larger networks are drawn by zones.
    package static let nodesMax = 120
    package static let edgesMax = 360
    /// Zones among which there are more connections than this are drawn without them.
    package static let zoneEdgesMax = 60

    /// How something stands out.
    package enum State: Int, Sendable, Comparable {
        case plain = 0
        /// Only the older side has it.
        case closed = 1
        /// A finding or a broken guarantee concerns it.
        case flawed = 2
        /// Only the newer side has it.
        case opened = 3

        package static func < (left: State, right: State) -> Bool {
            left.rawValue < right.rawValue
        }
    }

    /// A zone: a band of the picture.
    package struct Group: Sendable {
        package var name: String
        package var note: String
        /// Drawn as a band with its name; else its boxes speak for themselves.
        package var isFramed = true
    }

    package struct Node: Sendable {
        package enum Kind: Sendable {
            /// Whoever is not part of the network.
            case outside
            case service
            /// Stands for everybody in its group.
            case anybody
            /// A whole group with what is in it.
            case zone
        }
        package var kind: Kind
        package var name: String
        /// Index of its group; nil for outsides.
        package var group: Int?
        package var lines: [String] = []
        /// What stands on the host, shown apart.
        package var published: [String] = []
        package var state = State.plain
        package var tip = ""
    }

    package struct Edge: Sendable {
        package enum Kind: Sendable {
            case flow
            case channel
        }
        package var from: Int
        package var to: Int
        package var kind: Kind
        package var state = State.plain
        package var tip = ""
    }

    /// A line of text beneath the picture.
    package struct Remark: Sendable {
        package var state: State
        package var text: String
    }

    package var title: String
    package var subtitle: String
    package var groups: [Group] = []
    package var nodes: [Node] = []
    package var edges: [Edge] = []
    package var remarks: [Remark] = []
    /// Two states are compared: what did not change is quiet.
    package var isDifference = false

    package init(title: String, subtitle: String) {
        self.title = title
        self.subtitle = subtitle
    }

    /// Of more lines between zones than can be told apart, leaves those that stand out.
    mutating func thin() {
        let plain = edges.count { $0.state == .plain }
        guard plain > Self.zoneEdgesMax else { return }
        edges.removeAll { $0.state == .plain }
        remarks.append(
            Remark(
                state: .plain,
                text: "\(plain) connections between zones are not drawn; the boxes count them"))
    }

    /// Adds a line, or its tip to a line of the same kind between the same two.
    mutating func add(_ edge: Edge) {
        guard edge.from != edge.to else { return }
        let same = edges.firstIndex {
            $0.from == edge.from && $0.to == edge.to && $0.kind == edge.kind
                && $0.state == edge.state
        }
        guard let same else { return edges.append(edge) }
        if edges[same].tip.utf8.count < 2_000 { edges[same].tip += "\n" + edge.tip }
    }
}
