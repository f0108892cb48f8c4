package import Findings

/// One value of a text with its place: the tree between YAML's events and a typed model.
package struct Node: Sendable {
    package enum Content: Sendable {
        /// Text as written; `plain` when it had no quotes and is no block.
        case scalar(String, plain: Bool)
        case list([Node])
        /// Entries in the order of the text; keys are unique.
        case map([Entry])
    }

    package struct Entry: Sendable {
        package let key: String
        package let place: Place
        package let value: Node
    }

    package let place: Place
    package let content: Content

    /// The text of a scalar.
    package var scalar: String? {
        guard case .scalar(let text, _) = content else { return nil }
        return text
    }

    /// The items of a list; none for anything else.
    package var items: [Node] {
        guard case .list(let items) = content else { return [] }
        return items
    }

    /// The entries of a map; none for anything else.
    package var entries: [Entry] {
        guard case .map(let entries) = content else { return [] }
        return entries
    }

    /// What it is, as messages say it.
    package var kind: String {
        switch content {
        case .scalar(let text, let plain): plain && text.isEmpty ? "nothing" : "a single value"
        case .list: "a list"
        case .map: "a map"
        }
    }

    /// Itself and all that is in it.
    var size: Int {
        switch content {
        case .scalar: 1
        case .list(let items): items.reduce(1) { $0 + $1.size }
        case .map(let entries): entries.reduce(1) { $0 + 1 + $1.value.size }
        }
    }

    /// Levels of lists and maps in it.
    var depth: Int {
        switch content {
        case .scalar: 0
        case .list(let items): 1 + (items.map(\.depth).max() ?? 0)
        case .map(let entries): 1 + (entries.map(\.value.depth).max() ?? 0)
        }
    }
}
