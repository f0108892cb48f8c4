import Blueprint
import Findings
import Platform

/// A file that uses every key there is, without an error.
let full = """
    platform: full
    isolation: full
    office: [192.168.7.0/24, 192.168.8.0/24]
    zones:
      dmz: {network: 10.77.1.0/24, vlan: 101}
      application: {network: 10.77.2.0/24}
      data: {network: 10.77.3.0/24}
    services:
      gateway:
        zone: dmz
        host: here
        instances: 2
        run: [./bin/gateway, --verbose]
        ports: {https: tcp/8443, fix: tcp/9878}
        limits: {memory: 512MiB, processes: 64, files: 4096, cpu: 50%, disk: 1GiB}
        needs: {secrets: [tls/gateway], trail: gateway}
        after: api
        ready: notify
      api:
        zone: application
        run: [python3, /app/server.py]
        ports: {http: tcp/8080, dns: udp/53}
        files:
          - /usr/share/zoneinfo
          - {source: ./app, target: /app}
        environment:
          DATABASE: "postgresql://db"
          LEVEL: no
          START: 22:22
          MODE: 0644
        role: [web, python]
        wx: true
        after: [db]
        ready: port
      db:
        zone: data
        run: [postgres, -D, /state/data]
        ports: {sql: tcp/5432}
        limits: {memory: 1GiB, cpu: 1.5}
        database: sqlite
        prepare:
          - run: [initdb, -D, /state/data]
            files: [/usr/share/postgresql]
            input: ./setup.sql
    flows:
      - {from: internet, to: gateway.https, because: clients trade over HTTPS}
      - from: office
        to: gateway.fix
        because: operators test the FIX door
        owner: operations
        ticket: OPS-12
        expires: 2030-12-31
      - {from: gateway, to: api.http, messages: [place, cancel], because: requests}
      - {from: application, to: db.sql, observe: false, because: services keep their rows}
    channels:
      - {from: db, to: api, name: certificates, because: the database hands out certificates}
    guarantees:
      - {never: internet, reaches: data}
      - {only: [gateway], reach: api.http}
      - {only: gateway, reach: api.place}
      - {never: data, reaches: tls/gateway}
      - {must: internet, reach: gateway.https}
      - {contain: gateway, within: [api, data], steps: 1}
    publish:
      gateway.https: 127.0.0.1:8443
      gateway.fix: 192.168.7.1:9878
    """

/// 2026-01-01.
let today = 20454

func read(_ text: String, today: Int = today) -> (platform: Platform?, findings: [Finding]) {
    Blueprint.read(Array(text.utf8), folder: "/srv/plan", today: today)
}

/// Errors and warnings as `code line:column`.
func marks(_ findings: [Finding]) -> [String] {
    findings.filter { $0.severity != .note }.map { finding in
        "\(finding.code) \(finding.place?.line ?? 0):\(finding.place?.column ?? 0)"
    }
}
