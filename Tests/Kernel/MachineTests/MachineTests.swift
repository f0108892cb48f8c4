internal import Descriptors
internal import Glibc
internal import Machine
internal import Platform
internal import Testing

@Suite("What the machine can isolate")
struct MachineTests {
    private func ability(
        _ name: String, _ weight: Ability.Weight, isPresent: Bool
    ) -> Ability {
        Ability(
            name: name, purpose: "", weight: weight,
            answer: isPresent ? .present("yes") : .absent("no"), remedy: "")
    }

    @Test("full needs every required ability, and nothing else")
    func verdict() {
        let there = ability("root", .required, isPresent: true)
        let wanted = ability("audit", .wanted, isPresent: false)
        #expect(Machine.strength(of: [there, wanted]).isolation == .full)
        let missing = ability("nftables", .required, isPresent: false)
        let weaker = Machine.strength(of: [there, missing])
        #expect(weaker.isolation == .none)
        #expect(weaker.missing == ["nftables: no"])
    }

    @Test("without root, only root is said to be missing")
    func noRoot() {
        let list = ["root", "mount-namespace", "loop"].map {
            ability($0, .required, isPresent: false)
        }
        #expect(Machine.strength(of: list).missing == ["root: no"])
    }

    @Test("every ability has its own name, a purpose and a remedy")
    func complete() {
        let abilities = Machine.abilities()
        #expect(Set(abilities.map(\.name)).count == abilities.count)
        for ability in abilities {
            #expect(!ability.purpose.isEmpty && !ability.remedy.isEmpty, "\(ability.name)")
        }
    }

    @Test("asking leaves no control group behind", .enabled(if: geteuid() == 0, "needs root"))
    func leavesNothing() throws {
        _ = Machine.abilities()
        let name = "bulkhead-doctor-\(getpid())"
        for line in try Files.list("/sys/fs/cgroup") {
            #expect(Files.facts(of: "/sys/fs/cgroup/\(line)/\(name)") == nil)
        }
    }

    @Test("every hardening setting has a reason, and the score stays within its bound")
    func hardening() {
        let settings = Hardening.settings()
        #expect(settings.allSatisfy { !$0.reason.isEmpty && (1...3).contains($0.weight) })
        let score = Hardening.score(settings)
        #expect((0...score.of).contains(score.reached) && score.of > 0)
    }
}
