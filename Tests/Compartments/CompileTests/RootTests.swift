internal import Addresses
internal import Compile
internal import Confinement
internal import Descriptors
internal import Platform
internal import Testing

@Suite("Roots and names of compartments")
struct RootTests {
    private func text(_ plan: CompartmentPlan, _ target: String) -> String? {
        for case .file(target, let contents) in plan.mounts {
            return String(decoding: contents, as: UTF8.self)
        }
        return nil
    }

    @Test("a hosts file names those with a flow to or from the service and nobody else")
    func hosts() throws {
        let plans = try Fixture.deployment(try Fixture.platform()).compartments
        let names = plans.prefix(3).map { plan in
            (text(plan, "/etc/hosts") ?? "").split(separator: "\n").compactMap {
                $0.split(separator: " ").last.map(String.init)
            }.sorted()
        }
        #expect(
            names == [
                ["front", "localhost", "middle"], ["front", "localhost", "middle", "store"],
                ["localhost", "middle", "store"],
            ])
    }

    @Test("a service's own uid stands in its names once the supervisor knows it")
    func identity() throws {
        let plan = try Fixture.deployment(try Fixture.platform()).compartments[0]
        let mount = try #require(
            plan.mounts.first { if case .file("/etc/passwd", _) = $0 { true } else { false } })
        guard case .file(_, let contents) = mount.with(uid: 61_234) else { return }
        let text = String(decoding: contents, as: UTF8.self)
        #expect(text == "front:x:61234:61234::/state:/usr/sbin/nologin\n")
    }

    @Test("a root holds the program, its loader and libraries, and no directory of the host's /usr")
    func closure() throws {
        let plan = try Fixture.deployment(try Fixture.platform()).compartments[0]
        var sources: [String] = []
        for case .tree(let source, _, _) in plan.mounts { sources.append(source) }
        #expect(sources.contains(plan.program))
        #expect(sources.contains { $0.contains("/libc.so") || $0.contains("libc-") })
        for source in sources {
            #expect(Files.facts(of: source)?.isRegular == true, "\(source)")
            #expect(Files.resolve(source) == source)
        }
        #expect(plan.paths.contains(PathRule("/state", .write)))
        #expect(plan.paths.contains(PathRule(plan.program, .execute)))
        #expect(!plan.paths.contains { $0.path == "/" || $0.path == "/usr" })
    }

    @Test("writable places are mounted before trees, which may lie below them")
    func order() throws {
        let mounts = try Fixture.deployment(try Fixture.platform()).compartments[0].mounts
        let scratch = mounts.firstIndex { if case .scratch = $0 { true } else { false } }
        let tree = mounts.firstIndex { if case .tree = $0 { true } else { false } }
        #expect(try #require(scratch) < (try #require(tree)))
    }

    @Test("references expand to the addresses and ports of permitted peers")
    func references() throws {
        var platform = try Fixture.platform()
        platform.services[0].environment = [
            (name: "UP", value: "http://${middle.address}:${middle.port.main}/$$x"),
            (name: "ME", value: "${address}:${port.main}"),
        ]
        let plans = try Fixture.deployment(platform).compartments
        #expect(plans[0].environment.contains("UP=http://\(plans[1].address):9000/$x"))
        #expect(plans[0].environment.contains("ME=\(plans[0].address):8080"))
    }

    @Test("no address is lost, given twice or outside its zone, and a new service moves no other")
    func addresses() throws {
        var platform = try Fixture.platform()
        let before = try Fixture.deployment(platform).compartments
        platform.services.append(try Fixture.service("zz-new", zone: "dmz", port: nil))
        platform.services[1].instances = 40
        let after = try Fixture.deployment(platform).compartments.filter { $0.kind == .service }
        let addresses = Set(after.map(\.address))
        #expect(addresses.count == after.count)
        for plan in after {
            let network = try Fixture.network(plan.zone == 0 ? "10.9.1.0/24" : "10.9.2.0/24")
            #expect(network.contains(plan.address))
            #expect(plan.address != network.base && plan.address != network.last)
        }
        #expect(after.first { $0.name == "store" }?.address == before[2].address)
    }

    @Test("without namespaces addresses are loopback, and mounted paths are the host's")
    func none() throws {
        var platform = try Fixture.platform()
        let folder = try Folder()
        try Files.create(folder.path + "/data.txt", mode: 0o644).writeAll([65])
        platform.services[1].files = [
            FileTree(
                source: folder.path + "/data.txt", target: "/app/data.txt",
                place: Fixture.place(12))
        ]
        platform.services[1].run = [
            "env", "/app/data.txt", "--file=/app/data.txt", "/app/data.txts",
        ]
        let plan = try Fixture.deployment(platform, isolation: .none).compartments[1]
        let path = folder.path + "/data.txt"
        #expect(plan.address.value >> 16 == 127 << 8 | 77)
        #expect(plan.mounts.isEmpty)
        #expect(Array(plan.arguments.dropFirst()) == [path, "--file=" + path, "/app/data.txts"])
        #expect(plan.paths.contains(PathRule(path, .read)))
    }

    @Test("a preparation sees its own files, may run helpers, and has no network calls")
    func preparation() throws {
        var platform = try Fixture.platform()
        platform.services[2].prepare = [
            Preparation(
                run: ["env"],
                files: [
                    FileTree(source: "/usr/bin/id", target: "/usr/bin/id", place: Fixture.place(40))
                ], place: Fixture.place(40))
        ]
        let plan = try Fixture.deployment(platform).compartments[2]
        let step = try #require(plan.prepare.first)
        #expect(step.paths.contains(PathRule("/usr/bin/id", .execute)))
        #expect(
            !plan.mounts.contains {
                if case .tree("/usr/bin/id", _, _) = $0 { true } else { false }
            })
        #expect(step.filter != plan.filter && !step.filter.isEmpty)
    }
}
