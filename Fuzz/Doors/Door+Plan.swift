import Addresses
import Blueprint
import CJailPlan
import Closure
import Confinement
import Findings
import Notation

// What an operator's files and the front's bytes are read by.
extension Door {
    static let blueprint = Door(name: "blueprint") {
        [
            """
            platform: small
            zones: {dmz: {network: 10.9.1.0/24, vlan: 7}, data: {network: 10.9.2.0/24}}
            services:
              web: {zone: dmz, run: [/bin/web, -a], ports: {http: tcp/80}, role: [stdio], wx: true}
              db:
                {zone: data, run: [db], ports: {sql: tcp/5432}, after: [web], ready: port,
                limits: {memory: 1GiB, processes: 9, files: 99, cpu: 0.5, disk: 1GiB},
                files: [/usr/lib/x, {source: a, target: /b}], environment: {A: "${address}"},
                prepare: [{run: [/bin/x], input: y.sql}], needs: {secrets: [a/b], trail: db}}
            flows:
            - {from: web, to: db.sql, because: &r why, expires: 2030-01-01, messages: [a]}
            - {from: internet, to: web.http, because: *r}
            channels: [{from: web, to: db, name: ring, because: x}]
            guarantees: [{never: internet, reaches: data}, {contain: web, within: [db], steps: 1}]
            publish: {web.http: 127.0.0.1:80}
            """, "\"\\e[31m\": [{a: 'b'}, |\n x\n, ? y]", "%YAML 1.1\n---\na: &a [*a]\n",
        ].map { Array($0.utf8) }
    } take: { bytes in
        let (platform, findings) = Blueprint.read(bytes, folder: "/srv", today: 20_000)
        require(
            platform == nil || !findings.contains { $0.severity == .error }, "errors and a model")
        require(platform != nil || !findings.isEmpty, "refused without a reason")
        for finding in findings {
            let isPlain = finding.problem.unicodeScalars.allSatisfy { $0.value >= 32 }
            require(isPlain, "a finding carries control characters")
        }
    }

    static let json = Door(name: "json") {
        ["{\"a\": [1, -2.5e3, \"\\u00e9\\ud83d\\ude00\", null, true]}", "[[[]]]"].map {
            Array($0.utf8)
        }
    } take: { bytes in
        guard let value = try? JSON.parse(bytes) else { return }
        let again = try? JSON.parse(value.render())
        require(again == value, "JSON reads back as another value")
        let node = try? JSONNode.parse(bytes)
        require(node?.value == value, "JSON with places is another value")
        require((node?.place.line ?? 0) > 0, "a value of JSON stands nowhere")
    }

    static let elf = Door(name: "elf") {
        var image = [UInt8](repeating: 0, count: 64 + 3 * 56)
        image.replaceSubrange(0..<7, with: [0x7F, 0x45, 0x4C, 0x46, 2, 1, 1])
        (image[16], image[18], image[32], image[54], image[56]) = (3, 62, 64, 56, 3)
        (image[64], image[120], image[176]) = (1, 2, 3)
        return [image, Array("#!/bin/sh".utf8)]
    } take: { bytes in
        let image = try? ElfImage.parse { offset, count in
            guard let start = Int(exactly: offset), start < bytes.count, count > 0 else {
                return []
            }
            return Array(bytes[start...].prefix(count))
        }
        require((image?.needed.count ?? 0) <= 512, "more libraries than the bound")
    }

    private static func sample() -> Deployment {
        var plan = CompartmentPlan(
            name: "web", zone: 0, address: Address(0x0A09_0105), program: "/usr/bin/web")
        plan.arguments = ["web", ""]
        plan.environment = ["A=b"]
        plan.mounts = [
            .tree(source: "/usr/bin/web", target: "/usr/bin/web", executable: true),
            .file(target: "/etc/hosts", contents: [1]), .link(target: "/bin", to: "usr/bin"),
            .scratch(target: "/tmp", bytes: 1 << 20), .state(target: "/state"),
        ]
        plan.paths = [PathRule("/usr", .execute)]
        plan.bindPorts = [80]
        plan.ports = [Port(.tcp, 80)].compactMap { $0 }
        plan.filter = [6, 0, 0, 0, 0, 0, 0xFF, 0x7F]
        plan.initFilter = plan.filter
        plan.prepare = [
            PreparationPlan(
                program: "/bin/x", arguments: ["x"], mounts: [], paths: [], input: "/y",
                filter: plan.filter)
        ]
        var all = Deployment(platform: "small", file: "small.yaml", isolation: .full)
        all.zones = [Prefix("10.9.1.0/24").map { ZonePlan(name: "dmz", network: $0) }].compactMap {
            $0
        }
        all.compartments = [plan]
        if let port = plan.ports.first {
            all.flows = [FlowPlan(from: .internet, to: 0, port: port, line: 3)]
            all.listeners = [
                ListenerPlan(
                    compartment: 0, name: "http", address: Address(0x7F00_0001), port: 80,
                    flows: [0])
            ]
        }
        return all
    }

    static let running = Door(name: "running") {
        [
            RunningPlan(sample(), closed: []).encode(),
            RunningPlan(sample(), closed: [0]).encode(),
        ]
    } take: { bytes in
        guard let read = try? RunningPlan.decode(bytes) else { return }
        require(read.encode() == bytes, "other bytes mean the same running plan")
        guard let next = try? read.amended(by: read.deployment) else {
            return require(false, "a plan cannot take its own place")
        }
        require(next.closed.isEmpty, "a flow of the same plan ended")
    }

    static let deployment = Door(name: "deployment") {
        [DeploymentCodec.encode(sample())]
    } take: { bytes in
        guard let read = try? DeploymentCodec.decode(bytes) else { return }
        require(DeploymentCodec.encode(read) == bytes, "other bytes mean the same deployment")
        for plan in read.compartments {
            let order = JailOrder(
                compartment: plan, uid: 61_000, gid: 61_000, isolation: read.isolation, without: [],
                environment: plan.environment, descriptors: 2, hasNotify: plan.ready == .notify)
            guard let encoded = try? JailPlan.encode(order) else { continue }
            require(holds(encoded), "the jail refuses what the supervisor accepted")
        }
    }

    static let plan = Door(name: "plan") {
        let order = JailOrder(
            compartment: sample().compartments[0], uid: 61_000, gid: 61_000, isolation: .full,
            without: [], environment: ["LISTEN_PID="], descriptors: 2, hasNotify: true)
        return [(try? JailPlan.encode(order)) ?? []]
    } take: { bytes in
        guard holds(bytes) else { return }
        var size = 8
        // SAFETY: the cursor reads inside the buffer for as long as it is lent.
        unsafe bytes.withUnsafeBufferPointer { room in
            var cursor = unsafe jail_plan_begin(room.baseAddress, room.count)
            var record = unsafe jail_record()
            while unsafe jail_plan_next(&cursor, &record) == 1 {
                size += 8 + Int(unsafe record.length)
            }
        }
        require(size == bytes.count, "an accepted plan is not whole")
    }

    private static func holds(_ bytes: [UInt8]) -> Bool {
        // SAFETY: the reader looks at `count` bytes from the base and keeps nothing.
        unsafe bytes.withUnsafeBufferPointer { room in
            unsafe jail_plan_check(room.baseAddress, room.count) == 0
        }
    }
}
