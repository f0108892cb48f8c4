internal import Findings

/// Builds the tree of one document and refuses what a platform file has no use for.
///
/// Aliases, anchors and tags are refused, so no small file can become a big tree; depth and number
/// of nodes are bounded, so no big file can exhaust the stack or the memory.
struct Composer: ~Copyable {
    /// Most lists and maps inside one another.
    static let depthMax = 32
    /// Most values and keys.
    static let nodesMax = 1_000_000

    /// The tree cannot be finished; the report says why.
    private struct Abandoned: Error {}

    private let events: Events
    private var nodes = 0

    private init(_ events: consuming Events) { self.events = events }

    /// The document's value; nil when there is none, with the reason in the report.
    static func compose(_ bytes: [UInt8], _ report: inout Report) -> Node? {
        guard let events = Events(bytes) else {
            report.error("not-yaml", nil, "no memory to read the file", "free some memory")
            return nil
        }
        var composer = Composer(events)
        return try? composer.document(&report)
    }

    private func next(_ report: inout Report) throws(Abandoned) -> Event {
        do throws(EventFault) {
            return try events.next()
        } catch {
            if error.isEncoding {
                report.error(
                    "not-utf8", error.place, "the file is not UTF-8 text: \(error.problem)",
                    "save it as UTF-8")
            } else {
                report.error(
                    "not-yaml", error.place, "this is not YAML: \(error.problem)",
                    Self.remedy(for: error.problem))
            }
            throw Abandoned()
        }
    }

    private static func remedy(for problem: String) -> String {
        switch problem {
        case "found character that cannot start any token":
            "indent with spaces, not tabs, and put text that begins with a sign in quotes"
        case "mapping values are not allowed in this context":
            "check the indentation, and put text that holds `: ` in quotes"
        case "could not find expected ':'": "put `: ` behind the key"
        case "control characters are not allowed": "remove the character"
        default: "check indentation, brackets and quotes from here upwards"
        }
    }

    private mutating func document(_ report: inout Report) throws(Abandoned) -> Node {
        var root: Node?
        while true {
            let event = try next(&report)
            switch event.kind {
            case .other: continue
            case .streamEnd:
                guard let root else {
                    report.error(
                        "empty", Place(line: 1, column: 1), "the file says nothing",
                        "write `platform: NAME`, then zones and services")
                    throw Abandoned()
                }
                return root
            case .document where root != nil:
                report.error(
                    "more-documents", event.place, "a second document begins here",
                    "keep one document in the file: remove `---`")
                throw Abandoned()
            case .document: continue
            default: root = try node(event, depth: 0, &report)
            }
        }
    }

    private mutating func node(
        _ event: Event, depth: Int, _ report: inout Report
    ) throws(Abandoned) -> Node {
        nodes += 1
        guard nodes <= Self.nodesMax else {
            report.error(
                "too-many-nodes", event.place, "the file has more than \(Self.nodesMax) values",
                "split the platform")
            throw Abandoned()
        }
        guard depth <= Self.depthMax else {
            report.error(
                "too-deep", event.place, "the nesting is deeper than \(Self.depthMax) levels",
                "a platform file needs five")
            throw Abandoned()
        }
        if event.hasTag {
            report.error(
                "tag", event.place, "a tag stands here", "remove the word that begins with `!`")
        }
        if event.hasAnchor {
            report.error(
                "alias", event.place, "an anchor stands here",
                "remove the word that begins with `&` and write the value where it is used")
        }
        switch event.kind {
        case .scalar(let text, let plain):
            return Node(place: event.place, content: .scalar(text, plain: plain))
        case .listStart:
            return Node(place: event.place, content: .list(try list(depth: depth, &report)))
        case .mapStart:
            return Node(place: event.place, content: .map(try map(depth: depth, &report)))
        default:
            report.error(
                "alias", event.place, "an alias stands here", "write the value out instead")
            return Node(place: event.place, content: .scalar("*", plain: false))
        }
    }

    private mutating func list(
        depth: Int, _ report: inout Report
    ) throws(Abandoned) -> [Node] {
        var items: [Node] = []
        while true {
            let event = try next(&report)
            if case .listEnd = event.kind { return items }
            items.append(try node(event, depth: depth + 1, &report))
        }
    }

    private mutating func map(
        depth: Int, _ report: inout Report
    ) throws(Abandoned) -> [Node.Entry] {
        var entries: [Node.Entry] = []
        var places: [String: Place] = [:]
        while true {
            let event = try next(&report)
            if case .mapEnd = event.kind { return entries }
            let key = try node(event, depth: depth + 1, &report)
            let following = try next(&report)
            let value = try node(following, depth: depth + 1, &report)
            guard let name = key.scalar else {
                report.error(
                    "key-not-text", key.place, "a key is \(key.kind)", "write a name as the key")
                continue
            }
            if let first = places[name] {
                report.error(
                    "duplicate-key", key.place,
                    "the key \(quoted(name)) appears a second time; the first is in line "
                        + "\(first.line)",
                    "keep one of them")
                continue
            }
            places[name] = key.place
            entries.append(Node.Entry(key: name, place: key.place, value: value))
        }
    }
}
