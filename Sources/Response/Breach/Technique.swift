package import Confinement

// Breach: what the drill attempts, what each attempt came to, and what the walls' records say.
// Pure: it makes no system call, reads no clock and opens nothing; the attempts themselves are in
// the room Techniques. Bounds: 256 techniques, 64 compartments, 256 touches an attempt, records of
// at most 8 KiB, orders of at most 256 KiB.

/// How a technique is proved to work where no wall stands.
package enum Control: Sendable, Equatable {
    /// It must get through in the open twin.
    case works
    /// As above, unless this kernel or machine lacks what is named here.
    case needs(String)
}

/// One way to attack from inside a compartment.
package struct Technique: Sendable, Equatable {
    /// Stable name, `family.words-with-hyphens`.
    package let id: String
    package let title: String
    /// Technique of MITRE ATT&CK (Enterprise), `T1234` or `T1234.001`.
    package let attack: String
    /// Walls that each stop it alone; an ablation predicts from this.
    package let walls: Walls
    /// What else stands in the way and no ablation takes away; empty if nothing does.
    package let standing: String
    package let control: Control
    /// It disturbs the compartment it runs in: left out of a drill on a running platform.
    package let disturbs: Bool
    /// It may end the probe itself, so it runs late.
    package let fatal: Bool
    /// Walls that do not stand before it where the compartment has the trait: a filter that lets a
    /// program fork is no wall against children.
    package let yields: [String: Walls]
    /// Paths of the host of which it needs one.
    package let places: [String]
    /// What a program itself looks at before it believes a message, each of which stops it alone.
    package let checks: [String]
    /// Words of which the trail of whoever stops it holds one.
    package let records: [String]
    /// What getting through shows, where that is less than the title says; empty if it is not.
    package let note: String

    package init(
        _ id: String, _ title: String, _ attack: String, _ walls: Walls, standing: String = "",
        control: Control = .works, disturbs: Bool = false, fatal: Bool = false,
        yields: [String: Walls] = [:], places: [String] = [], note: String = "",
        checks: [String] = [], records: [String] = []
    ) {
        self.id = id
        self.title = title
        self.attack = attack
        self.walls = walls
        self.standing = standing
        self.control = control
        self.disturbs = disturbs
        self.fatal = fatal
        self.yields = yields
        self.places = places
        self.note = note
        self.checks = checks
        self.records = records
    }

    /// Traits besides the words of a role: it holds a socket of the host; it may open listeners.
    package static let published = "published"
    package static let listens = "listens"

    /// The walls that stand before it in a compartment with these traits.
    package func walls(in traits: Set<String>) -> Walls {
        yields.reduce(into: walls) { left, one in
            if traits.contains(one.key) { left.subtract(one.value) }
        }
    }

    /// The part before the dot: `net`, `file`, ….
    package var family: String { String(id.prefix { $0 != "." }) }

    /// Every technique in the order of attempts: those that may end the probe come last.
    package static let all: [Technique] = {
        let table =
            network + forgery + inherited + files + identities + memory + kernel + code + channels
            + resources
        return table.filter { !$0.fatal } + table.filter(\.fatal)
    }()

    /// What an envoy tries: attacks on what programs say to each other, in the order of attempts.
    package static let envoys: [Technique] = passages + absences + requests + postings + reports

    /// By id, the envoy's too.
    package static let byID: [String: Technique] = Dictionary(
        uniqueKeysWithValues: (all + envoys).map { ($0.id, $0) })
}
