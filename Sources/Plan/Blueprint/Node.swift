internal import Findings
internal import YAMLTree

extension Node {
    /// The items of a list, or the value itself when it is one scalar.
    var oneOrMany: [Node] {
        guard case .scalar = content else { return items }
        return [self]
    }

    /// What stands behind a key of the table that describes this map.
    subscript(key: some KeySet) -> Node? {
        entries.first { $0.key == key.rawValue }?.value
    }

    /// The scalar behind a key.
    func text(_ key: some KeySet) -> String? { self[key]?.scalar }
}
