/// What is known of a claim.
enum Truth: Int, Comparable {
    case no = 0
    case unknown = 1
    case yes = 2

    static func < (left: Truth, right: Truth) -> Bool { left.rawValue < right.rawValue }
}

/// The labels of a pod or of a namespace.
struct Labels {
    var values: [String: String]
    /// There may be more: the object itself is not in the files.
    var isOpen = false
}

/// A label selector: every requirement holds; without any it selects everything.
struct Selector: Hashable {
    enum Test: Hashable {
        case isOneOf([String])
        case isNoneOf([String])
        case exists
        case isAbsent
    }

    struct Requirement: Hashable {
        let key: String
        let test: Test
    }

    var requirements: [Requirement] = []

    func selects(_ labels: Labels) -> Truth {
        var truth = Truth.yes
        for requirement in requirements {
            truth = min(truth, Self.holds(requirement, labels))
            if truth == .no { return .no }
        }
        return truth
    }

    private static func holds(_ requirement: Requirement, _ labels: Labels) -> Truth {
        guard let value = labels.values[requirement.key] else {
            if labels.isOpen { return .unknown }
            switch requirement.test {
            case .isOneOf, .exists: return .no
            case .isNoneOf, .isAbsent: return .yes
            }
        }
        switch requirement.test {
        case .isOneOf(let values): return values.contains(value) ? .yes : .no
        case .isNoneOf(let values): return values.contains(value) ? .no : .yes
        case .exists: return .yes
        case .isAbsent: return .no
        }
    }
}
