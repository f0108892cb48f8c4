// Comparison: which packets, messages, channels and published ports two states of a network let
// through, pair by pair, and which lines did it. Parties are known by their names; whatever cannot
// be modelled counts as opened when it may be. Bounds: those of `Topology` and `PacketSet`;
// `Comparison.pairsMax` changed pairs.
package import Findings
package import Packets
package import Topology

/// A line of a file that lets something through, for people.
package struct Line: Sendable, Hashable {
    /// What it says: `gateway to api.requests: the gateway forwards`.
    package var text: String
    /// The file, where the side has several; empty for the one that was named.
    package var file: String
    package var place: Place?
    /// Who answers for it, where it says so.
    package var owner: String?

    package init(_ text: String, file: String = "", place: Place? = nil, owner: String? = nil) {
        self.text = text
        self.file = file
        self.place = place
        self.owner = owner
    }
}

/// What a line opens between two parties.
package struct Grant: Sendable {
    package enum Kind: Sendable, Hashable {
        /// Packets that the topology's gates judge: the line only explains them.
        case explained
        /// Packets that pass outside the topology: ports published on a host.
        case packets
        /// A descriptor of that name that the target inherits.
        case channel(String)
    }
    package var kind: Kind
    package var from: String
    package var to: String
    /// Protocol, ports and, for published ports, the address that is listened at.
    package var box: Box
    /// Message types that the target takes there; empty for all.
    package var messages: [String]
    package var line: Line

    package init(
        _ kind: Kind, from: String, to: String, box: Box = .everything, messages: [String] = [],
        line: Line
    ) {
        self.kind = kind
        self.from = from
        self.to = to
        self.box = box
        self.messages = messages
        self.line = line
    }
}

/// One of the two states.
package struct Side: Sendable {
    /// How people call it: the path of its file.
    package var name: String
    package var topology: Topology
    /// What lines open; none where the topology's own labels tell.
    package var grants: [Grant]
    /// What belongs to the machinery, not to the file: named only when something reaches it.
    package var unnamed: Set<String>

    package init(
        name: String, topology: Topology, grants: [Grant] = [], unnamed: Set<String> = []
    ) {
        self.name = name
        self.topology = topology
        self.grants = grants
        self.unnamed = unnamed
    }
}
