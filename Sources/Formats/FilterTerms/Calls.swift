package import Findings
package import Ruleset

/// Chains that no kernel takes.
package enum Calls {
    /// An error for each base chain whose calls never end or go too deep.
    package static func findings(_ ruleset: Ruleset, code: String) -> [Finding] {
        ruleset.chains.indices.compactMap { index in
            let chain = ruleset.chains[index]
            guard chain.base != nil, ruleset.size(of: index) == nil else { return nil }
            return Finding(
                .error, code, at: chain.place,
                "chains that \(chain.name) calls call one another in a circle, or more than "
                    + "\(Ruleset.depthMax) deep",
                remedy: "let calls end")
        }
    }
}
