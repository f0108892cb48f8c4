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
    /// Labels of which the value is not known.
    var made: [String: MadeLabel] = [:]
}

/// A label that a controller puts on the pods that it makes.
struct MadeLabel: Equatable {
    /// With what its value begins; empty where anything may stand.
    var prefix = ""
    /// Whether all pods have it, whatever its value is.
    var isSure = true
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
            if let made = labels.made[requirement.key] { return holds(requirement, made) }
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

    private static func holds(_ requirement: Requirement, _ label: MadeLabel) -> Truth {
        func mayBe(_ values: [String]) -> Bool { values.contains { $0.hasPrefix(label.prefix) } }
        switch requirement.test {
        case .isOneOf(let values): return mayBe(values) ? .unknown : .no
        case .isNoneOf(let values): return mayBe(values) ? .unknown : .yes
        case .exists: return label.isSure ? .yes : .unknown
        case .isAbsent: return label.isSure ? .no : .unknown
        }
    }
}
