/// What assignments come to together.
extension UnitFile {
    /// Keys of a section, each once, in their order.
    package func keys(_ section: String) -> [String] {
        var seen: Set<String> = []
        return entries.filter { $0.section == section && seen.insert($0.key).inserted }.map(\.key)
    }

    /// The last assignment's value; nil without any.
    package func single(_ section: String, _ key: String) -> String? {
        entries.last { $0.section == section && $0.key == key }?.value
    }

    /// Values of a key that is a list: an empty assignment forgets those before it.
    ///
    /// Nil where the key is never assigned, which for many keys is the opposite of an empty list.
    package func lines(_ section: String, _ key: String) -> [String]? {
        let all = entries.filter { $0.section == section && $0.key == key }
        guard !all.isEmpty else { return nil }
        let start = all.lastIndex { $0.value.isEmpty }.map { $0 + 1 } ?? 0
        return all[start...].map(\.value)
    }

    /// The words of all lines of a key that is a list; nil where it is never assigned.
    package func words(_ section: String, _ key: String) throws(UnitText.Fault) -> [String]? {
        guard let lines = lines(section, key) else { return nil }
        var words: [String] = []
        for line in lines { words += try UnitText.words(line).map(\.text) }
        return words
    }
}
