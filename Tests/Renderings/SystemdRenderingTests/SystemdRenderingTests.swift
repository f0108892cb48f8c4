import Chance
import Confinement
import Findings
import Permits
import RenderedPlans
import SystemdRendering
import Testing

@Suite("Units for systemd")
struct SystemdRenderingTests {
    private struct Case {
        let plan: RenderedPlan
        let deployment: Deployment

        init(_ text: String = RenderedPlan.classic) throws {
            plan = try RenderedPlan(text, folder: "/home/desk")
            deployment = try plan.portable()
        }

        func render(_ options: UnitOptions = UnitOptions()) throws(Failure) -> Rendering {
            try SystemdRendering.render(plan.permits, plan.outline, deployment, options)
        }

        func prove(_ files: [Rendering.File]) throws(Failure) -> [String] {
            try SystemdRendering.prove(files, plan.permits, plan.outline, deployment)
        }
    }

    private static let desk = """
        platform: desk
        office: [192.0.2.0/24]
        zones: {dmz: {network: 10.1.0.0/24}, data: {network: 10.2.0.0/24}}
        services:
          web:
            zone: dmz
            run: [/usr/bin/web, "--say=100% \\"$HOME\\"", ";", "", "b\\\\n"]
            ports: {http: tcp/8080}
            ready: notify
            after: store
            stop: SIGINT
            limits: {memory: 64MiB, cpu: 0.25, files: 64, processes: 8}
            environment: {TARGET: "${store.address}:${store.port.sql}", ODD: "a b%n"}
            files: [{source: web.conf, target: /etc/web.conf}, /usr/share/web]
          store: {zone: data, run: [store], ports: {sql: tcp/5432, low: udp/53}, wx: true, role: [inet-server, wx]}
          idle: {zone: data, run: [/usr/bin/idle], instances: 2}
        flows:
          - {from: office, to: web.http, because: we look}
          - {from: web, to: store.sql, because: it keeps}
        publish: {web.http: "203.0.113.7:443"}

        """

    @Test("the classic three rules are rendered and proved: addresses and own ports, key by key")
    func classic() throws {
        let rendering = try Case().render()
        #expect(rendering.proof.count == 3)
        #expect(
            rendering.files.map(\.name) == [
                "bulkhead-classic.balancer.service", "bulkhead-classic.balancer.https.socket",
                "bulkhead-classic.api.service", "bulkhead-classic.database.service",
                "bulkhead-classic.signer.service", "bulkhead-classic.hsm.service",
            ])
        let again = try Case().render()
        #expect(again.files == rendering.files)
        // The database may not listen for the API's port, but could dial what the API listens on.
        let left = rendering.findings.filter { $0.code == "ports-to-firewall" }.map(\.problem)
        #expect(left.count == 1 && left[0].contains("database > api tcp/8080"))
    }

    @Test("a unit says what its service runs, is given, and may do")
    func unit() throws {
        let rendering = try Case(Self.desk).render()
        let files = Dictionary(uniqueKeysWithValues: rendering.files.map { ($0.name, $0.text) })
        let web = try #require(files["bulkhead-desk.web.service"])
        for line in [
            #"ExecStart=/usr/bin/web "--say=100%% \"$$HOME\"" ";" "" "b\\n""#, "Type=notify",
            "RestrictAddressFamilies=AF_UNIX AF_INET", "KillSignal=SIGINT", "CPUQuota=25%",
            "MemoryMax=67108864", "TasksMax=8", "LimitNOFILE=64", #"Environment="ODD=a b%%n""#,
            "BindReadOnlyPaths=/home/desk/web.conf:/etc/web.conf",
            "After=bulkhead-desk.store.service", "Sockets=bulkhead-desk.web.http.socket",
            "CapabilityBoundingSet=", "MemoryDenyWriteExecute=yes", "PrivateUsers=yes",
            "StateDirectory=bulkhead-desk.web", "IPAddressDeny=any", "SocketBindDeny=any",
        ] { #expect(web.contains("\n\(line)\n"), "\(line)") }
        #expect(!web.contains("SocketBindAllow"))
        let store = try #require(files["bulkhead-desk.store.service"])
        for line in [
            "CapabilityBoundingSet=CAP_NET_BIND_SERVICE", "MemoryDenyWriteExecute=no",
            "PrivateUsers=no", "SocketBindAllow=ipv4:tcp:5432", "SocketBindAllow=ipv4:udp:53",
            "RestrictAddressFamilies=AF_INET", "ExecStart=store",
        ] { #expect(store.contains("\n\(line)\n"), "\(line)") }
        #expect(!store.contains("StateDirectory"))
        let idle = try #require(files["bulkhead-desk.idle.2.service"])
        #expect(idle.contains("PrivateNetwork=yes") && idle.contains("Families=none"))
        let socket = try #require(files["bulkhead-desk.web.http.socket"])
        #expect(socket.contains("ListenStream=203.0.113.7:443\nFileDescriptorName=http\n"))
        #expect(socket.contains("\nIPAddressAllow=192.0.2.0/24\n"))
        #expect(!socket.contains("IPAddressAllow=0"))
        #expect(
            Set(rendering.findings.map(\.code)).isSuperset(of: [
                "own-address", "disk-not-rendered", "program-searched", "ports-to-firewall",
            ]))
    }

    @Test("what an operator says of the machines is in the units")
    func options() throws {
        let desk = try Case(Self.desk)
        let options = try UnitOptions(
            interfaces: ["data=eth1"], programs: "/opt/desk/bin", folder: "/srv/desk",
            home: "/home/desk", for: desk.plan.permits)
        let rendering = try desk.render(options)
        let text = rendering.files.map(\.text).joined()
        let assumed = try UnitOptions(
            interfaces: [], programs: nil, folder: nil, home: "/home/desk", for: desk.plan.permits)
        #expect(try desk.render(assumed).findings.contains { $0.code == "folder-assumed" })
        #expect(text.contains("\nRestrictNetworkInterfaces=eth1\n"))
        #expect(text.contains("\nExecStart=/opt/desk/bin/store\n"))
        #expect(text.contains("=/srv/desk/web.conf:/etc/web.conf"))
        for words in [["data"], ["x=eth0"], ["data=lo"], ["data=a b"], ["data=a", "data=b"]] {
            #expect(throws: Failure.self) {
                try UnitOptions(
                    interfaces: words, programs: nil, folder: nil, home: "/",
                    for: desk.plan.permits)
            }
        }
        for path in ["opt", "/", "/a b", "/a/../b", "/a%n", "/a:b"] {
            #expect(throws: Failure.self) {
                try UnitOptions(
                    interfaces: [], programs: path, folder: nil, home: "/",
                    for: desk.plan.permits)
            }
        }
    }

    @Test(
        "units that permit more or less than the plan are refused",
        arguments: [
            ("IPAddressDeny=any", "IPAddressDeny="), ("IPAddressDeny=any\n", ""),
            ("IPAddressAllow=10", "IPAddressAllow=0.0.0.0/0 10"),
            ("SocketBindDeny=any", "SocketBindDeny=any\nSocketBindAllow=any"),
            ("SocketBindAllow=ipv4:tcp:8080", "SocketBindAllow=ipv4:tcp:8081"),
            ("SocketBindAllow=ipv4:tcp:8080", "SocketBindAllow=ipv4:tcp:8080-8090"),
            ("SocketBindAllow=ipv4:tcp:8080", "SocketBindAllow=tcp:8080"),
            ("CapabilityBoundingSet=\n", ""), ("CapabilityBoundingSet=", "CapabilityBoundingSet=~"),
            ("AmbientCapabilities=", "AmbientCapabilities=CAP_SYS_ADMIN"),
            ("NoNewPrivileges=yes", "NoNewPrivileges=yes\nNoNewPrivileges=no"),
            ("NoNewPrivileges=yes", "NoNewPrivileges=yes\nNoNewPrivileges="),
            ("ProtectSystem=strict", "ProtectSystem=full"),
            ("ProtectHome=yes", "#ProtectHome=yes"), ("ProtectHome=yes", "UMask=0077\\"),
            ("~@privileged @resources", "~@resources"),
            ("SystemCallFilter=~@privileged", "SystemCallFilter=\nSystemCallFilter=~@privileged"),
            ("ExecStart=", "ExecStart=+"), ("ExecStart=", "ExecStart=/bin/sh\nExecStart="),
            ("ExecStart=", "ExecStartPre=/bin/sh\nExecStart="),
            ("[Service]", "[Service]\nUser=root"), ("[Service]", "[Services]"),
            ("MemoryMax=268435456", "MemoryMax=infinity"),
            ("StateDirectory=bulkhead-classic.balancer", "StateDirectory=bulkhead-classic.hsm"),
            ("Environment=\"PATH=/usr/bin:/bin\"", "Environment=\"PATH=/usr/bin:/bin\" \"A=b\""),
            ("WantedBy=sockets.target", "WantedBy=sockets.target\n[Service]\nUser=root"),
            ("ListenStream=203.0.113.7:443", "ListenStream=0.0.0.0:443"),
            ("ListenStream=203.0.113.7:443", "ListenStream=203.0.113.7:443\nListenStream=80"),
            ("IPAddressAllow=0.0.0.0/5", "IPAddressAllow=0.0.0.0/0"),
            ("FileDescriptorName=https", "FileDescriptorName=http"),
            ("DynamicUser=yes", "DynamicUser=no"), ("[Unit]", "[Unit]\n[X\n"),
        ])
    func mutants(from: String, to: String) throws {
        let classic = try Case()
        var files = try classic.render().files
        #expect(throws: Never.self) { try classic.prove(files) }
        var wasChanged = false
        for (index, file) in files.enumerated() {
            let changed = file.text.replacing(from, with: to, maxReplacements: 1)
            if changed != file.text, !wasChanged {
                files[index] = Rendering.File(file.name, changed)
                wasChanged = true
            }
        }
        #expect(wasChanged)
        #expect(throws: Failure.self) { try classic.prove(files) }
    }

    @Test("a unit missing, twice, or another's is refused; comments and order of keys are not")
    func units() throws {
        let classic = try Case()
        let files = try classic.render().files
        #expect(throws: Failure.self) { try classic.prove(Array(files.dropLast())) }
        #expect(throws: Failure.self) { try classic.prove(files + [files[0]]) }
        var swapped = files
        swapped[0] = Rendering.File(files[0].name, files[3].text)
        #expect(throws: Failure.self) { try classic.prove(swapped) }
        let same = files.map {
            Rendering.File(
                $0.name,
                "; x\n"
                    + $0.text.replacing("IPAddressDeny=any", with: "IPAddressDeny=\\\n# y\n  any"))
        }
        #expect(throws: Never.self) { try classic.prove(same) }
    }

    @Test("random plans are proved; an address or a port more or less is seen", arguments: 0..<8)
    func random(seed: UInt64) throws {
        var chance = Seeded(state: seed)
        let large = try Case(RenderedPlan.large(services: 20, flows: 40, &chance))
        let files = try large.render().files
        let chosen = chance.below(files.count)
        let lines = files[chosen].text.split(separator: "\n", omittingEmptySubsequences: false)
        let network = lines.indices.filter { lines[$0].contains("Allow=") }
        guard !network.isEmpty else { return }
        let line = network[chance.below(network.count)]
        var fewer = lines
        fewer.remove(at: line)
        var more = lines
        more.insert("IPAddressAllow=198.51.100.\(chance.below(250))", at: line)
        for lines in [fewer, more] {
            var changed = files
            changed[chosen] = Rendering.File(files[chosen].name, lines.joined(separator: "\n"))
            #expect(throws: Failure.self) { try large.prove(changed) }
        }
    }

    @Test(
        "what a unit cannot hold is refused with its line",
        arguments: [
            ("run: [store]", "run: [\"-store\"]", "program-name"),
            ("run: [store]", "run: [\"/opt/my store\"]", "program-name"),
            ("run: [store]", "run: [\"/opt/%n\"]", "program-name"),
            ("source: web.conf", "source: \"web:x.conf\"", "file-name"),
            ("target: /etc/web.conf", "target: \"/etc/my web.conf\"", "file-name"),
        ])
    func refused(from: String, to: String, code: String) throws {
        let desk = try Case(Self.desk.replacing(from, with: to))
        do throws(Failure) {
            _ = try desk.render()
            Issue.record("\(to) was rendered")
        } catch {
            #expect(error.code == code && error.exit == .refused)
            #expect(error.problem.contains("desk.yaml:"))
        }
    }

    @Test("what an operator writes ends no comment, no line and no word")
    func hostile() throws {
        let desk = try Case(Self.desk)
        var deployment = desk.deployment
        let word = "\"\n[Service]\nUser=root \\ %n ${X} $$ ' \u{2028}"
        deployment.compartments[0].arguments += [word]
        deployment.compartments[0].environment += ["A=\(word)"]
        let permits = desk.plan.permits(
            because: "x\\\n[Service]\nUser=root\n", file: "a\nUser=root\n\\.yaml")
        let files = try SystemdRendering.render(permits, desk.plan.outline, deployment).files
        #expect(!files.map(\.text).joined().contains("\nUser=root"))
        for control in ["\u{0}", "\u{1b}", "\r", "\u{85}", "\u{7f}"] {
            deployment.compartments[0].arguments[1] = control
            #expect(throws: Failure.self) {
                try SystemdRendering.render(permits, desk.plan.outline, deployment)
            }
        }
    }
}
