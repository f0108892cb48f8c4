import Findings
import Permits
import RenderedPlans
import SystemdRendering
import Testing

@Suite("Network files for systemd")
struct NetworkdRenderingTests {
    private static func render(_ text: String = RenderedPlan.classic) throws -> Rendering {
        let plan = try RenderedPlan(text)
        return try NetworkdRendering.render(plan.permits, plan.outline, trunk: "eth1")
    }

    @Test("each tagged zone has a device with its tag and its gateway's address")
    func classic() throws {
        let rendering = try Self.render()
        #expect(rendering.files.count == 9)
        #expect(rendering.proof.count == 2)
        let files = Dictionary(uniqueKeysWithValues: rendering.files.map { ($0.name, $0.text) })
        let device = try #require(files["10-bulkhead-classic.data.netdev"])
        #expect(device.contains("[NetDev]\nName=vlan30\nKind=vlan\n\n[VLAN]\nId=30\n"))
        let network = try #require(files["10-bulkhead-classic.data.network"])
        #expect(network.contains("[Match]\nName=vlan30\n"))
        #expect(network.contains("\nAddress=10.77.3.1/24\n"))
        #expect(network.contains("\nLinkLocalAddressing=no\n"))
        let trunk = try #require(files["10-bulkhead-classic.network"])
        #expect(trunk.contains("VLAN=vlan10\nVLAN=vlan20\nVLAN=vlan30\nVLAN=vlan40\n"))
        #expect(!trunk.contains("Address=") && !network.contains("Gateway="))
        let text = rendering.files.map(\.text).joined()
        #expect(!text.contains("Forward"))
        #expect(try Self.render().files == rendering.files)
    }

    @Test(
        "files that join zones, or give one another's network, are refused",
        arguments: [
            ("Id=30", "Id=20"), ("Id=30", "Id=31"), ("Id=30", "Id=030"),
            ("Name=vlan30", "Name=vlan20"),
            ("Name=vlan30", "Name=vlan*"), ("Name=vlan30", "Name=vlan30 vlan20"),
            ("Name=vlan30", "Name=!vlan20"), ("Kind=vlan", "Kind=bridge"),
            ("Address=10.77.3.1/24", "Address=10.77.2.1/24"),
            ("Address=10.77.3.1/24", "Address=10.77.3.1/16"),
            ("Address=10.77.3.1/24", "Address=10.77.3.1/24 10.77.2.9/24"),
            ("Address=10.77.3.1/24", "Address=10.77.3.9/24"),
            ("Address=10.77.3.1/24", "Address=10.77.3.255/24"),
            ("Address=10.77.3.1/24", "Address="), ("VLAN=vlan30\n", ""),
            ("VLAN=vlan30\n", "VLAN=vlan31\n"), ("VLAN=vlan40\n", "VLAN=vlan40\nVLAN=\n"),
            ("[Network]", "[Network]\nBridge=br0"), ("[Network]", "[Network]\nIPForward=yes"),
            ("[Network]", "[Network]\nIPMasquerade=both"),
            ("[Network]", "[Network]\nGateway=10.77.3.2"),
            ("[Network]", "[Network]\nAddress=10.0.0.1/8"), ("DHCP=no", "DHCP=ipv4"),
            ("LinkLocalAddressing=no", "LinkLocalAddressing=ipv6"), ("LLMNR=no\n", ""),
            ("[Network]", "[Route]\nDestination=10.0.0.0/8\n[Network]"), ("Name=eth1", "Name=eth2"),
            ("GVRP=no", "GVRP=yes"),
        ])
    func mutants(from: String, to: String) throws {
        let plan = try RenderedPlan(RenderedPlan.classic)
        let files = try Self.render().files
        var count = 0
        for (index, file) in files.enumerated() {
            let changed = file.text.replacing(from, with: to, maxReplacements: 1)
            guard changed != file.text else { continue }
            count += 1
            var mutant = files
            mutant[index] = Rendering.File(file.name, changed)
            #expect(throws: Failure.self) {
                try NetworkdRendering.prove(mutant, plan.permits, plan.outline, trunk: "eth1")
            }
        }
        #expect(count > 0)
    }

    @Test(
        "what VLANs cannot say is refused with its line",
        arguments: [
            ("vlan: 30", "vlan: 20", "shared-vlan"),
            ("{network: 10.77.4.0/24, vlan: 40}", "{network: 10.77.4.0/24}", ""),
        ])
    func refused(from: String, to: String, code: String) throws {
        let text = RenderedPlan.classic.replacing(from, with: to)
        do throws(Failure) {
            let plan = try? RenderedPlan(text)
            guard let plan else {
                Issue.record("not a platform")
                return
            }
            let rendering = try NetworkdRendering.render(
                plan.permits, plan.outline, trunk: "eth1")
            #expect(code.isEmpty && rendering.findings.contains { $0.code == "zone-untagged" })
        } catch {
            #expect(error.code == code && error.exit == .refused)
            #expect(error.problem.contains("desk.yaml:6:"))
        }
    }

    @Test("without any tag there is nothing to render")
    func untagged() throws {
        var text = RenderedPlan.classic
        for tag in [10, 20, 30, 40] { text = text.replacing(", vlan: \(tag)", with: "") }
        let plan = try RenderedPlan(text)
        do throws(Failure) {
            _ = try NetworkdRendering.render(plan.permits, plan.outline, trunk: "eth1")
            Issue.record("it was rendered")
        } catch {
            #expect(error.code == "no-vlan")
        }
    }

    @Test(
        "a trunk is one interface by its name",
        arguments: ["", "lo", "eth*", "vlan10", "a b", "a\nb", "eth1;", "sixteen-bytes-xx"])
    func trunks(name: String) throws {
        let plan = try RenderedPlan(RenderedPlan.classic)
        #expect(throws: Failure.self) {
            try NetworkdRendering.render(plan.permits, plan.outline, trunk: name)
        }
    }

    @Test("a file's name ends no comment")
    func hostile() throws {
        let plan = try RenderedPlan(RenderedPlan.classic)
        let permits = Permits(plan.platform, plan.outline, file: "a\n[Network]\nBridge=b\\.yaml")
        let files = try NetworkdRendering.render(permits, plan.outline, trunk: "eth1").files
        #expect(!files.map(\.text).joined().contains("\nBridge"))
    }
}
