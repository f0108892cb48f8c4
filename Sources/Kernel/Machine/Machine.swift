// Machine: what this machine can isolate, found by trying each thing in a child or namespace that
// ends at once. It changes nothing that outlives the question and trusts no version number.

internal import CLinux
internal import Descriptors
internal import Glibc
package import Platform

/// One thing a machine can do, or cannot.
package struct Ability: Sendable, Equatable {
    /// How much `full` isolation depends on it.
    package enum Weight: String, Sendable {
        case required
        /// Compartments stand without it, with less seen or one layer fewer.
        case wanted
        case informative
    }
    package enum Answer: Sendable, Equatable {
        /// It is there; with a number or name where one says more.
        case present(String)
        case absent(String)
    }
    /// Stable kebab-case name.
    package let name: String
    /// What it is for, in a few words.
    package let purpose: String
    package let weight: Weight
    package let answer: Answer
    /// What to do where it is absent.
    package let remedy: String

    package init(
        name: String, purpose: String, weight: Weight, answer: Answer, remedy: String
    ) {
        self.name = name
        self.purpose = purpose
        self.weight = weight
        self.answer = answer
        self.remedy = remedy
    }

    package var isPresent: Bool {
        if case .present = answer { true } else { false }
    }
    /// The answer's words.
    package var detail: String {
        switch answer {
        case .present(let text), .absent(let text): text
        }
    }
}

/// The strongest isolation of a machine and why it is no stronger.
package struct Strength: Sendable, Equatable {
    package let isolation: Isolation
    /// What `full` lacks, in words for an operator; empty when it is possible.
    package let missing: [String]

    package init(isolation: Isolation, missing: [String]) {
        self.isolation = isolation
        self.missing = missing
    }
}

/// Questions to the machine.
package enum Machine {
    /// What `up` can offer here: `full` when everything that it requires is there, else `none`.
    package static func strongest() -> Strength { strength(of: abilities()) }

    /// The verdict on a list of answers.
    package static func strength(of abilities: [Ability]) -> Strength {
        let required = abilities.filter { $0.weight == .required && !$0.isPresent }
        // Without root most other answers only repeat that it is not root.
        let missing = required.first { $0.name == "root" }.map { [$0] } ?? required
        return Strength(
            isolation: missing.isEmpty ? .full : .none,
            missing: missing.map { "\($0.name): \($0.detail)" })
    }

    /// Every ability, in the order in which a start needs them.
    package static func abilities() -> [Ability] {
        privileges() + isolation() + confinement() + resources() + network() + watching()
    }

    /// Words for an error number.
    static func words(_ result: Int32) -> String {
        unsafe strerror(-result).map { unsafe String(cString: $0) } ?? "error \(-result)"
    }

    /// An ability that a probe answers with 0 or -errno.
    static func ability(
        _ name: String, _ purpose: String, _ weight: Ability.Weight, _ result: Int32,
        _ detail: String = "yes", remedy: String
    ) -> Ability {
        Ability(
            name: name, purpose: purpose, weight: weight,
            answer: result >= 0 ? .present(detail) : .absent(words(result)), remedy: remedy)
    }
}
