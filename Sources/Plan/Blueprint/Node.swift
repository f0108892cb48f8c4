internal import Findings

/// One value of the file with its place: the tree between YAML's events and the typed model.
struct Node: Sendable {
    enum Content: Sendable {
        /// Text as written; `plain` when it had no quotes and is no block.
        case scalar(String, plain: Bool)
        case list([Node])
        /// Entries in the order of the file; keys are unique.
        case map([Entry])
    }

    struct Entry: Sendable {
        let key: String
        let place: Place
        let value: Node
    }

    let place: Place
    let content: Content

    /// The text of a scalar.
    var scalar: String? {
        guard case .scalar(let text, _) = content else { return nil }
        return text
    }

    /// The items of a list; none for anything else.
    var items: [Node] {
        guard case .list(let items) = content else { return [] }
        return items
    }

    /// The items of a list, or the value itself when it is one scalar.
    var oneOrMany: [Node] {
        guard case .scalar = content else { return items }
        return [self]
    }

    /// The entries of a map; none for anything else.
    var entries: [Entry] {
        guard case .map(let entries) = content else { return [] }
        return entries
    }

    /// What stands behind a key of the table that describes this map.
    subscript(key: some KeySet) -> Node? {
        entries.first { $0.key == key.rawValue }?.value
    }

    /// The scalar behind a key.
    func text(_ key: some KeySet) -> String? { self[key]?.scalar }

    /// What it is, as messages say it.
    var kind: String {
        switch content {
        case .scalar(let text, let plain): plain && text.isEmpty ? "nothing" : "a single value"
        case .list: "a list"
        case .map: "a map"
        }
    }
}
