/// Finds the known name that a misspelt one most likely meant.
public enum Nearest {
    /// Longest name compared, in bytes; longer ones have no nearest name.
    private static let bytesMax = 64
    /// Most candidates looked at.
    private static let candidatesMax = 2000

    /// The candidate with the smallest edit distance, if it is close enough to be a slip.
    ///
    /// Close means at most one edit for names of up to 3 bytes, two up to 7, three above. The first
    /// of equals wins, so the answer depends on the order given.
    public static func name(to wanted: some StringProtocol, among known: [String]) -> String? {
        let word = Array(wanted.utf8)
        guard (1...bytesMax).contains(word.count) else { return nil }
        let reach = word.count <= 3 ? 1 : word.count <= 7 ? 2 : 3
        var best: (name: String, distance: Int)?
        for candidate in known.prefix(candidatesMax) {
            let other = Array(candidate.utf8)
            let limit = best.map { $0.distance - 1 } ?? reach
            guard limit >= 0, abs(other.count - word.count) <= limit, other.count <= bytesMax,
                let distance = distance(word, other, limit: limit)
            else { continue }
            best = (candidate, distance)
        }
        return best?.name
    }

    /// Insertions, deletions, replacements and swaps of neighbours; nil above `limit`.
    private static func distance(_ left: [UInt8], _ right: [UInt8], limit: Int) -> Int? {
        var before: [Int] = []
        var above = Array(0...right.count)
        for row in 0..<left.count {
            var current = [row + 1]
            for column in 0..<right.count {
                let same = left[row] == right[column]
                var cost = min(
                    above[column + 1] + 1, current[column] + 1, above[column] + (same ? 0 : 1))
                if row > 0, column > 0, left[row] == right[column - 1],
                    left[row - 1] == right[column]
                {
                    cost = min(cost, before[column - 1] + 1)
                }
                current.append(cost)
            }
            if current.allSatisfy({ $0 > limit }) { return nil }
            before = above
            above = current
        }
        return above[right.count] <= limit ? above[right.count] : nil
    }
}
