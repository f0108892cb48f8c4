import Chance
import Segmentation
import Testing

@Suite("A large platform")
struct ScaleTests {
    @Test("its filters are read back and listed whole")
    func large() throws {
        var chance = Seeded(state: 14)
        let plan = try RandomPlan(&chance, compartments: 250, flows: 2_000)
        let segmentation = try Segmentation(plan.deployment)
        #expect(try segmentation.openings(.fabric).count == plan.wanted.count)
        #expect(try segmentation.openings(.hosts).count == plan.wanted.count)
    }
}
