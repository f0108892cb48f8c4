import FlowLog
import Findings
import Lint
import Platform
import Testing

@Suite("What is allowed beside what was used")
struct UseTests {
    static let text = """
        platform: desk
        office: [192.0.2.0/24]
        zones: {dmz: {network: 10.1.0.0/24}, data: {network: 10.2.0.0/24}}
        services:
          web: {zone: dmz, run: [web], ports: {http: tcp/8080}}
          jobs: {zone: dmz, run: [jobs]}
          store: {zone: data, instances: 2, run: [store], ports: {sql: tcp/5432, dns: udp/53}}
        flows:
          - {from: internet, to: web.http, because: people read the page}
          - {from: dmz, to: store.sql, because: rows are kept there}
          - {from: jobs, to: store.dns, because: names are looked up}
        publish: {web.http: "127.0.0.1:80"}
        """

    private func found(_ lines: String, addresses: [UInt32: String] = [:]) throws -> [String] {
        let (log, faults) = FlowLog.read(Array(lines.utf8))
        #expect(faults.isEmpty)
        return marks(
            Lint.findings(try platform(Self.text), used: try #require(log), addresses: addresses))
    }

    @Test("a trail tells what was never used, and which part of a zone's flow")
    func trail() throws {
        let lines = """
            {"time": "2026-01-01T00:00:00Z", "kind": "roster", "platform": "desk", "flows": 3}
            {"time": "2026-01-01T00:00:01Z", "kind": "attempt", "verdict": "allowed", "source": "internet", "sourceAddress": "127.0.0.1", "target": "web", "targetPort": 80, "transport": "tcp", "flow": 1}
            {"time": "2026-01-01T00:00:02Z", "kind": "attempt", "verdict": "allowed", "source": "web", "target": "store.2", "targetPort": 5432, "transport": "tcp", "flow": 2}
            {"time": "2026-01-01T00:00:03Z", "kind": "attempt", "verdict": "refused", "source": "jobs", "target": "store", "targetPort": 53, "transport": "udp", "flow": 0}
            {"time": "2026-01-01T00:00:04Z", "kind": "attempt", "verdict": "allowed", "source": "jobs", "target": "store", "targetPort": 53, "transport": "tcp", "flow": 0}
            """
        #expect(
            try found(lines) == [
                "broad-flow 10", "unused-flow 11", "missing-flow 0", "flow-record 0",
            ])
    }

    @Test("a record of addresses is read by the services' own")
    func addresses() throws {
        let lines = """
            [{"source": "203.0.113.9", "destination": "10.1.0.5", "protocol": "tcp", "port": 8080},
             {"source": "10.1.0.5", "destination": "10.2.0.9", "protocol": "TCP", "port": 5432},
             {"source": "10.1.0.6", "destination": "10.2.0.9", "port": 5432, "count": 7},
             {"source": "10.1.0.6", "destination": "10.2.0.9", "protocol": "udp", "port": 53},
             {"source": "192.0.2.4", "destination": "10.1.0.5", "protocol": "tcp", "port": 8080}]
            """
        let names: [UInt32: String] = [
            0x0A01_0005: "web", 0x0A01_0006: "jobs", 0x0A02_0009: "store",
        ]
        #expect(try found(lines, addresses: names) == ["missing-flow 0", "flow-record 0"])
    }

    @Test("counters of a running platform tell which compartments connected to nothing")
    func counters() throws {
        let status = """
            {"platform": "desk", "isolation": "full", "compartments": [
              {"name": "web", "connections": 0}, {"name": "jobs", "connections": 0},
              {"name": "store", "connections": 3}, {"name": "store.2", "connections": 0}]}
            """
        #expect(try found(status) == ["unused-flow 10", "unused-flow 11", "flow-record 0"])
    }

    @Test("without walls that count, and with a record that has gaps, nothing is proved")
    func unproved() throws {
        let status = #"{"isolation": "none", "compartments": [{"name": "web", "connections": 0}]}"#
        #expect(try found(status) == ["flow-record 0"])
        let gap = """
            {"kind": "attempt-gap", "wall": "fabric", "compartment": "web", "lost": 4}
            {"source": "web", "destination": "store", "protocol": "tcp", "port": 5432}
            """
        let (log, _) = FlowLog.read(Array(gap.utf8))
        let findings = Lint.findings(try platform(Self.text), used: try #require(log))
        #expect(findings.last?.problem.contains("4 records are missing") == true)
    }
}
