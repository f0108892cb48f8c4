import Confinement
import Permits
import Platform
import RealTools
import RenderedPlans
import SystemdRendering
import Testing

@Suite(
    "Units as systemd reads them",
    .enabled(if: RealTool.has("systemd-analyze"), "needs systemd-analyze"))
struct VerifiedTests {
    /// Every program of a unit is there, so that only what is written can be wrong.
    private func units(_ plan: RenderedPlan) throws -> [Rendering.File] {
        let options = try UnitOptions(
            interfaces: plan.permits.zones.map { "\($0.name)=lan0" },
            programs: nil, folder: nil, home: "/", for: plan.permits)
        var deployment = try plan.portable()
        for index in deployment.compartments.indices {
            deployment.compartments[index].program = "/bin/true"
        }
        return try SystemdRendering.render(
            plan.permits, plan.outline, deployment, options
        ).files
    }

    @Test("systemd-analyze finds nothing to say of any unit", arguments: RenderedPlan.repository)
    func verified(name: String) throws {
        let files = try units(try RenderedPlan.ofRepository(name))
        let names = files.map(\.name).joined(separator: " ")
        let (status, output) = try RealTool.run(
            "SYSTEMD_UNIT_PATH=$PWD: systemd-analyze verify --man=no --generators=no \(names)",
            files: files.map { ($0.name, $0.text) })
        // Units of the machine itself are read too, and are not ours to judge.
        let ours = output.split(separator: "\n").filter { $0.contains("bulkhead-") }
        #expect(ours.isEmpty, "\(ours)")
        #expect(status == 0, "\(output)")
    }

    @Test(
        "systemd-analyze rates the exposure of every service low",
        arguments: RenderedPlan.repository)
    func rated(name: String) throws {
        let files = try units(try RenderedPlan.ofRepository(name))
        let services = files.filter { $0.name.hasSuffix(".service") }
        for file in services {
            // In tenths: 1.5 of 10.
            let (status, output) = try RealTool.run(
                "systemd-analyze security --no-pager --offline=true --threshold=15 ./\(file.name)",
                files: files.map { ($0.name, $0.text) })
            #expect(status == 0, "\(output)")
        }
    }
}
