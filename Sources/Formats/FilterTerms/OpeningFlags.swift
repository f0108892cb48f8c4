internal import Packets
package import Ruleset

/// Conditions on TCP flags, which no field expresses.
///
/// Of TCP packets in state `new` the model means those that open a connection, with SYN alone or
/// with ECE and CWR beside it (RFC 3168 section 6.1.1): what is sure of both is sure for `must`.
/// `may` reckons with any other flags as well.
package struct OpeningFlags: Sendable {
    private var words: [String] = []
    /// Whether an opening packet fulfils all of them; nil when nobody knows.
    private var holds: Bool? = true

    package init() {}

    package var isEmpty: Bool { words.isEmpty }

    /// `holds` answers for the flags of one packet, nil when nobody knows.
    package mutating func add(_ word: String, holds: (UInt128) -> Bool?) {
        let answers = Set(FilterNames.openingFlags.map(holds))
        add(word, holds: answers.count == 1 ? answers.first ?? nil : nil)
    }

    private mutating func add(_ word: String, holds other: Bool?) {
        words.append(word)
        if let own = holds, let other {
            holds = own && other
        } else {
            holds = holds == false || other == false ? false : nil
        }
    }

    /// A rule's condition with these, and what the rule does there.
    package func matches(_ condition: Condition, for action: Action) -> [(Match, Action)] {
        func all(_ condition: Condition) -> [(Match, Action)] {
            condition.alternatives.map { ($0, action) }
        }
        guard !words.isEmpty else { return all(condition) }
        let unknown = Condition([Match([Clause()], unmodelled: words)])
        guard let holds else { return all(condition.and(unknown)) }
        let new = UInt128(ConnectionState.new.rawValue)
        let others = Intervals.complement([new...new], last: UInt128(Field.state.last))
        let opening = condition.and(.field(.state, in: [new...new]))
        let rest = all(condition.and(.field(.state, in: others)).and(unknown))
        switch action {
        case .accept, .rewrite: return all(holds ? opening : opening.and(unknown)) + rest
        case .drop, .reject:
            if holds { return all(opening.and(unknown)) + rest }
            return opening.and(unknown).alternatives.map { ($0, .pass) } + rest
        default: return all(condition.and(unknown))
        }
    }
}
