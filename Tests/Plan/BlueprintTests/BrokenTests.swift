import Blueprint
import Findings
import Platform
import Testing

/// A change to the full file, or a file of its own, and every finding that it must cause.
struct Broken: Sendable, CustomTestStringConvertible {
    let find: String
    let put: String
    let expected: [String]

    init(_ find: String, _ put: String, _ expected: String...) {
        self.find = find
        self.put = put
        self.expected = expected
    }

    var testDescription: String { put.isEmpty ? "without \(find)" : put }

    var text: String { find.isEmpty ? put : full.replacing(find, with: put, maxReplacements: 1) }
}

@Suite("Broken platform files")
struct BrokenTests {
    static let shape: [Broken] = [
        Broken("vlan: 101", "vlna: 101", "unknown-key 5:32"),
        Broken("isolation: full", "isolated: full", "unknown-key 2:1"),
        Broken("isolation: full", "isolation: strong", "bad-value 2:12"),
        Broken("isolation: full", "platform: full", "duplicate-key 2:1"),
        Broken("platform: full", "", "missing-key 2:1"),
        Broken("platform: full", "platform: Full", "bad-name 1:11"),
        Broken("platform: full", "platform: [full]", "wrong-type 1:11"),
        Broken("platform: full", "platform:", "wrong-type 1:10"),
        Broken("network: 10.77.2.0/24", "network: 10.77.2.1/24", "bad-value 6:26"),
        Broken("network: 10.77.2.0/24", "network: 127.0.0.0/24", "bad-value 6:26"),
        Broken("network: 10.77.2.0/24", "network: 10.77.2.0/31", "bad-value 6:26"),
        Broken("{network: 10.77.2.0/24}", "{}", "missing-key 6:3"),
        Broken("{network: 10.77.2.0/24}", "10.77.2.0/24", "wrong-type 6:16"),
        Broken("vlan: 101", "vlan: 4095", "bad-value 5:38"),
        Broken("vlan: 101", "vlan: 0101", "bad-value 5:38"),
        Broken("vlan: 101", "vlan: '101'", "wrong-type 5:38"),
        Broken("instances: 2", "instances: 0", "bad-value 12:16"),
        Broken("instances: 2", "instances: 65", "bad-value 12:16"),
        Broken("instances: 2", "instances: 1_0", "bad-value 12:16"),
        Broken("host: here", "host: mars", "bad-value 11:11"),
        Broken("run: [./bin/gateway, --verbose]", "run: ./bin/gateway", "wrong-type 13:10"),
        Broken("run: [./bin/gateway, --verbose]", "run: []", "bad-value 13:10"),
        Broken("run: [./bin/gateway, --verbose]", "", "missing-key 9:3"),
        Broken("./bin/gateway", "../bin/gateway", "path-escapes 13:11"),
        // To `String` the `/` and the mark behind it are one character, and `..` ends no part.
        Broken("./bin/gateway", "bin/../\u{338}gateway", "path-escapes 13:11"),
        Broken("./bin/gateway", "bin/\u{338}gateway", "bad-value 13:11"),
        Broken("https: tcp/8443", "https: tcp/0", "bad-value 14:20"),
        Broken("https: tcp/8443", "https: 8443", "bad-value 14:20"),
        Broken(
            "https: tcp/8443", "HTTPS: tcp/8443", "bad-name 14:13", "unknown-port 46:26",
            "unknown-port 62:29", "unknown-port 65:3"),
        Broken("fix: tcp/9878", "fix: tcp/8443", "port-clash 14:35"),
        Broken("memory: 512MiB", "memory: 512MB", "bad-value 15:22"),
        Broken("memory: 512MiB", "memory: 1MiB", "bad-value 15:22"),
        Broken("memory: 512MiB", "memory: 9999999999TiB", "bad-value 15:22"),
        Broken("cpu: 50%", "cpu: 1.5.2", "bad-value 15:63"),
        Broken("cpu: 50%", "cpu: 0%", "bad-value 15:63"),
        Broken("ready: notify", "ready: soon", "bad-value 18:12"),
        Broken("wx: true", "stop: SIGKILL", "bad-value 32:11"),
        Broken("wx: true", "wx: yes", "bad-value 32:9"),
        Broken("wx: true", "wx: \"true\"", "wrong-type 32:9"),
        Broken("source: ./app", "source: ./../app", "path-escapes 25:18"),
        Broken("target: /app", "target: app", "bad-value 25:33"),
        Broken("target: /app", "target: /proc/x", "bad-value 25:33"),
        Broken("target: /app", "target: /proc", "bad-value 25:33"),
        Broken("target: /app", "target: /./tmp/", "bad-value 25:33"),
        Broken("target: /app", "target: /tmp/x", "bad-value 25:33"),
        Broken("target: /app", "target: /proc/\u{338}x", "bad-value 25:33"),
        Broken("target: /app", "target: /proc/../proc", "path-escapes 25:33"),
        Broken(
            "[./bin/gateway, --verbose]",
            "[\(Array(repeating: "x", count: 501).joined(separator: ", "))]", "bad-value 13:10"),
        Broken("target: /app", "target: /usr/share/zoneinfo", "path-clash 25:9"),
        Broken("- /usr/share/zoneinfo", "- /", "bad-value 24:9", "bad-value 24:9"),
        Broken("LEVEL: no", "NOTIFY_SOCKET: no", "bad-name 28:7"),
        Broken("LEVEL: no", "1LEVEL: no", "bad-name 28:7"),
        Broken("LEVEL: no", "LEVEL:", "wrong-type 28:13"),
        Broken("LEVEL: no", "LEVEL: \"a\\0b\"", "bad-value 28:14"),
        Broken("because: clients trade over HTTPS", "because: ' '", "missing-because 46:50"),
        Broken(", because: clients trade over HTTPS", "", "missing-because 46:5"),
        Broken("because: requests", "because: \"a\\e[31m\"", "bad-value 53:71"),
        Broken("ticket: OPS-12", "expires: 2030-02-30", "bad-value 51:14", "duplicate-key 52:5"),
        Broken("steps: 1", "steps: -1", "bad-value 63:52"),
        Broken("{never: internet, reaches: data}", "{nevr: internet}", "missing-key 58:5"),
        Broken(
            "{never: internet, reaches: data}", "{never: internet, must: data, reach: db}",
            "missing-key 58:5"),
        Broken("{never: internet, reaches: data}", "{never: internet}", "missing-key 58:5"),
        Broken("{never: internet, reaches: data}", "never", "wrong-type 58:5"),
        Broken("127.0.0.1:8443", "127.0.0.1", "bad-value 65:18"),
        Broken("127.0.0.1:8443", "localhost:8443", "bad-value 65:18"),
        Broken("gateway.https: 127", "gateway: 127", "bad-name 65:3", "not-published 46:5"),
    ]

    static let names: [Broken] = [
        Broken(
            "data: {network: 10.77.3.0/24}", "data: {network: 10.77.2.128/25}",
            "overlapping-networks 7:3"),
        Broken(
            "office: [192.168.7.0/24", "office: [10.77.0.0/16", "overlapping-networks 5:3",
            "overlapping-networks 6:3", "overlapping-networks 7:3"),
        Broken("dmz: {network: 10.77.1.0/24", "dmz: {network: 10.77.1.0/30", "zone-too-small 5:3"),
        Broken("zone: dmz", "zone: dms", "unknown-zone 10:11"),
        Broken("after: api", "after: apis", "unknown-service 17:12"),
        Broken("after: [db]", "after: [gateway]", "cycle 17:12"),
        Broken("after: [db]", "after: [api]", "cycle 33:12"),
        Broken(
            "from: internet", "from: internets", "publish-without-flow 65:3", "unknown-party 46:12"),
        Broken("to: api.http", "to: apo.http", "unknown-service 53:25"),
        Broken("to: api.http", "to: api.htpp", "unknown-port 53:25"),
        Broken("to: api.http", "to: api", "bad-value 53:25"),
        Broken("to: api.http", "to: internet.http", "unknown-service 53:25"),
        Broken(
            "from: application, to: db.sql", "from: gateway, to: api.http", "duplicate-flow 54:5"),
        Broken("from: db, to: api", "from: dbs, to: api", "unknown-service 56:12"),
        Broken("reach: api.http", "reach: api.htt", "unknown-port 59:30"),
        Broken("reaches: data}", "reaches: dato}", "unknown-party 58:32"),
        Broken("reaches: tls/gateway", "reaches: tls/gatewy", "unknown-secret 61:28"),
        Broken("contain: gateway", "contain: dmz", "unknown-service 63:15"),
        Broken("within: [api, data]", "within: [api, internet]", "unknown-party 63:38"),
        Broken(
            "gateway.fix: 192.168.7.1:9878", "gateway.fix: 127.0.0.1:8443", "address-clash 66:3"),
        Broken(
            "gateway.fix: 192.168.7.1:9878", "gateway.fix: 0.0.0.0:8443", "address-clash 66:3"),
        Broken(
            "gateway.fix: 192.168.7.1:9878", "db.sql: 127.0.0.1:5432", "not-published 47:5",
            "publish-without-flow 66:3"),
        Broken("office: [192.168.7.0/24, 192.168.8.0/24]", "", "missing-key 66:3"),
    ]

    @Test("a value of the wrong form is found at its place", arguments: shape)
    func wrongForm(broken: Broken) {
        let (platform, findings) = read(broken.text)
        #expect(marks(findings).sorted() == broken.expected.sorted(), "\(findings)")
        #expect(platform == nil)
    }

    @Test("a name that means nothing here is found at its place", arguments: names)
    func unknownName(broken: Broken) {
        let (platform, findings) = read(broken.text)
        #expect(marks(findings).sorted() == broken.expected.sorted(), "\(findings)")
        #expect((platform == nil) == findings.contains { $0.severity == .error })
    }
}
