internal import Blueprint
package import Chance
internal import Compile
package import Confinement
package import Findings
package import Permits
package import Platform

/// A platform file as renderers get it.
package struct RenderedPlan: Sendable {
    package struct Refused: Error {
        package let findings: [Finding]
    }

    package let platform: Platform
    package let permits: Permits
    package let outline: Outline
    package let deployment: Deployment

    package init(_ text: String, file: String = "desk.yaml", folder: String = "/") throws {
        let (platform, findings) = Blueprint.read(Array(text.utf8), folder: folder, today: 20_000)
        guard let platform else { throw Refused(findings: findings) }
        let (deployment, problems) = Compile.outline(platform, file: file)
        guard let deployment else { throw Refused(findings: problems) }
        self.platform = platform
        self.deployment = deployment
        outline = Outline(deployment)
        permits = Permits(platform, outline, file: file)
    }

    /// What of the platform every machine has alike.
    package func portable() throws -> Deployment {
        let (deployment, problems) = Compile.portable(platform, file: deployment.file)
        guard let deployment else { throw Refused(findings: problems) }
        return deployment
    }

    /// A load balancer, an API, a database, a signer and a module that keeps keys.
    package static let classic = """
        platform: classic
        office: [192.0.2.0/24]
        zones:
          dmz: {network: 10.77.1.0/24, vlan: 10}
          application: {network: 10.77.2.0/24, vlan: 20}
          data: {network: 10.77.3.0/24, vlan: 30}
          vault: {network: 10.77.4.0/24, vlan: 40}
        services:
          balancer: {zone: dmz, run: [haproxy], ports: {https: tcp/8443}}
          api: {zone: application, run: [api], ports: {http: tcp/8080}}
          database: {zone: data, run: [postgres], ports: {sql: tcp/5432}}
          signer: {zone: vault, run: [signer]}
          hsm: {zone: vault, run: [hsm], ports: {sign: tcp/2223}}
        flows:
          - {from: internet, to: balancer.https, because: clients come over HTTPS}
          - {from: balancer, to: api.http, because: the load balancer forwards to the API}
          - {from: api, to: database.sql, because: the API keeps orders in the database}
          - {from: signer, to: hsm.sign, because: keys stay in the module}
        guarantees:
          - {never: internet, reaches: vault}
          - {only: [api], reach: database.sql}
        publish: {balancer.https: "203.0.113.7:443"}

        """

    /// Services in zones of a /16 each, with so many flows between any two.
    package static func large(services: Int, flows: Int, _ chance: inout Seeded) -> String {
        var text = "platform: large\noffice: [192.0.2.0/24]\nzones:\n"
        for zone in 0..<8 {
            text += "  z\(zone): {network: 10.\(zone).0.0/16, vlan: \(zone + 1)}\n"
        }
        text += "services:\n"
        for index in 0..<services {
            text += "  s\(index): {zone: z\(index % 8), run: [a], "
            text += "ports: {p: tcp/\(1_024 + index % 40), q: udp/\(5_000 + index % 7)}}\n"
        }
        text += "flows:\n  - {from: internet, to: s0.p, because: clients}\n"
        var known: Set<String> = []
        for _ in 0..<flows {
            let from = chance.below(services)
            let to = (from + 1 + chance.below(services - 1)) % services
            guard to != 0 else { continue }
            let port = chance.below(3) == 0 ? "q" : "p"
            guard known.insert("\(from) \(to) \(port)").inserted else { continue }
            text += "  - {from: s\(from), to: s\(to).\(port), because: work}\n"
        }
        return text + "publish: {s0.p: \"203.0.113.7:443\"}\n"
    }
}
