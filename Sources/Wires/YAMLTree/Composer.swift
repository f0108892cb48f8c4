internal import Findings

/// Builds trees from events; depth and number of nodes are bounded while it does, so that no text
/// can exhaust the stack or the memory, and no small one becomes a big tree.
struct Composer: ~Copyable {
    private let events: Events
    private let bounds: YAMLTree.Bounds
    private var nodes = 0
    /// What aliases of the document stand for, once it is complete, with its size and depth.
    private var anchors: [String: (node: Node, size: Int, depth: Int)] = [:]
    var found = YAMLStream()

    init(_ events: consuming Events, _ bounds: YAMLTree.Bounds) {
        self.events = events
        self.bounds = bounds
    }

    /// Reads to the end.
    mutating func stream() throws(YAMLFault) {
        while true {
            let event = try next()
            switch event.kind {
            case .other: continue
            case .streamEnd: return
            case .document:
                guard found.documents.count < bounds.documents else {
                    throw YAMLFault(kind: .moreDocuments, place: event.place)
                }
                anchors = [:]
            default: found.documents.append(try node(event, depth: 0))
            }
        }
    }

    private func next() throws(YAMLFault) -> Event {
        do throws(EventFault) {
            return try events.next()
        } catch {
            if error.isEncoding {
                throw YAMLFault(kind: .notText(problem: error.problem), place: error.place)
            }
            let remedy = Self.remedy(for: error.problem)
            throw YAMLFault(
                kind: .notYAML(problem: error.problem, remedy: remedy), place: error.place)
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

    private mutating func fault(_ kind: YAMLFault.Kind, _ place: Place) {
        guard found.faults.count < bounds.faults else { return }
        found.faults.append(YAMLFault(kind: kind, place: place))
    }

    private mutating func count(_ more: Int, _ place: Place) throws(YAMLFault) {
        nodes += more
        guard nodes <= bounds.nodes else { throw YAMLFault(kind: .tooManyNodes, place: place) }
    }

    private func check(_ depth: Int, _ place: Place) throws(YAMLFault) {
        guard depth <= bounds.depth else { throw YAMLFault(kind: .tooDeep, place: place) }
    }

    private mutating func node(_ event: Event, depth: Int) throws(YAMLFault) -> Node {
        try count(1, event.place)
        try check(depth, event.place)
        if event.hasTag { fault(.tag, event.place) }
        if event.anchor != nil, !bounds.takesAliases { fault(.anchor, event.place) }
        let content: Node.Content
        switch event.kind {
        case .scalar(let text, let plain): content = .scalar(text, plain: plain)
        case .listStart: content = .list(try list(depth: depth))
        case .mapStart: content = .map(try map(depth: depth))
        case .alias(let name): return try alias(name, event.place, depth: depth)
        default: content = .scalar("", plain: true)
        }
        let node = Node(place: event.place, content: content)
        if let anchor = event.anchor, bounds.takesAliases {
            anchors[anchor] = (node, node.size, node.depth)
        }
        return node
    }

    /// The value an alias stands for: each use costs as much as writing it out.
    private mutating func alias(
        _ name: String, _ place: Place, depth: Int
    ) throws(YAMLFault) -> Node {
        guard bounds.takesAliases, let known = anchors[name] else {
            fault(.alias, place)
            return Node(place: place, content: .scalar("*", plain: false))
        }
        try count(known.size, place)
        try check(depth + known.depth, place)
        return known.node
    }

    private mutating func list(depth: Int) throws(YAMLFault) -> [Node] {
        var items: [Node] = []
        while true {
            let event = try next()
            if case .listEnd = event.kind { return items }
            items.append(try node(event, depth: depth + 1))
        }
    }

    private mutating func map(depth: Int) throws(YAMLFault) -> [Node.Entry] {
        var entries: [Node.Entry] = []
        var places: [String: Place] = [:]
        while true {
            let event = try next()
            if case .mapEnd = event.kind { return entries }
            let key = try node(event, depth: depth + 1)
            let following = try next()
            let value = try node(following, depth: depth + 1)
            guard let name = key.scalar else {
                fault(.keyNotText(kind: key.kind), key.place)
                continue
            }
            if let first = places[name] {
                fault(.duplicateKey(name, firstLine: first.line), key.place)
                continue
            }
            places[name] = key.place
            entries.append(Node.Entry(key: name, place: key.place, value: value))
        }
    }
}
