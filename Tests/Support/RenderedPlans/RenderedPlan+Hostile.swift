package import Permits
internal import Platform

extension RenderedPlan {
    /// The permits as somebody would have them who writes what ends comments, quotes and lines.
    package func permits(because: String, owner: String? = nil, file: String) -> Permits {
        var platform = platform
        for index in platform.flows.indices {
            platform.flows[index].because = because
            platform.flows[index].owner = owner
        }
        return Permits(platform, outline, file: file)
    }
}

extension String {
    /// The text with the first place changed where `from` stands; a test that changes nothing is
    /// none.
    package func mutated(_ from: String, _ to: String) throws -> String {
        let changed = replacing(from, with: to, maxReplacements: 1)
        guard changed != self else { throw Unchanged(from: from) }
        return changed
    }

    private struct Unchanged: Error {
        let from: String
    }

    /// The text with one of the lines that `isChosen` takes changed, or without it where `change`
    /// says nil.
    package func mutatedLine(
        _ number: Int, where isChosen: (Substring) -> Bool, _ change: (Substring) -> String?
    ) throws -> String {
        var lines = split(separator: "\n", omittingEmptySubsequences: false)
        let chosen = lines.indices.filter { isChosen(lines[$0]) }
        guard !chosen.isEmpty else { throw Unchanged(from: "a line") }
        let index = chosen[number % chosen.count]
        if let other = change(lines[index]) {
            lines[index] = Substring(other)
        } else {
            lines.remove(at: index)
        }
        return lines.joined(separator: "\n")
    }

    /// Nothing but printable ASCII, line feeds and tabs.
    package var isPlainText: Bool {
        utf8.allSatisfy { $0 == 9 || $0 == 10 || (32..<127).contains($0) }
    }
}
