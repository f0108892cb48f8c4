internal import Addresses
package import Platform

extension Pack {
    /// The pack of a name.
    package static func named(_ name: PackName) -> Pack {
        switch name {
        case .capitalMinimum: capitalMinimum
        }
    }

    private static let pci = "PCI DSS v4.0.1"
    private static let soc = "SOC 2"
    private static let iso = "ISO/IEC 27001:2022"
    private static let csf = "NIST CSF 2.0"
    private static let nist = "NIST SP 800-53r5"

    /// What a platform that holds other people's money opens at most.
    private static let capitalMinimum = Pack(
        name: .capitalMinimum,
        about: "HTTPS from the public, SSH from the bastion, databases from their services",
        rules: [
            PackRule(
                code: "pack-ssh",
                claim: "SSH 22 from the bastion only",
                reason: "who administers comes by one door, which is watched and can be shut",
                controls: [
                    Control(framework: pci, ids: ["1.2.5", "1.4.2"]),
                    Control(framework: soc, ids: ["CC6.1", "CC6.6"]),
                    Control(framework: iso, ids: ["A.8.2", "A.8.20"]),
                    Control(framework: csf, ids: ["PR.IR-01"]),
                ],
                concerns: .ports(PortKind(tcp: [22], names: ["ssh"])),
                permits: [.fromService("bastion"), .fromOfficeTo("bastion")],
                remedy:
                    "let it come from the service `bastion`, which people reach from the office: "
                    + "change or remove line LINE"),
            PackRule(
                code: "pack-database",
                claim: "database ports from their named services only",
                reason: "whoever else can speak to a database needs only its password",
                controls: [
                    Control(framework: pci, ids: ["1.3.1", "1.4.4", "7.2.6"]),
                    Control(framework: soc, ids: ["CC6.1"]),
                    Control(framework: iso, ids: ["A.8.3", "A.8.22"]),
                    Control(framework: csf, ids: ["PR.IR-01"]),
                ],
                concerns: .ports(.databases), permits: [.fromPromised],
                remedy:
                    "let it come from a service that {only: […], reach: TARGET} names, or remove "
                    + "line LINE"),
            PackRule(
                code: "pack-public-https",
                claim: "HTTPS 443 from the public to published services only",
                reason: "one encrypted way in, to what is meant to be met by strangers",
                controls: [
                    Control(framework: pci, ids: ["1.2.5", "1.3.1", "1.4.2"]),
                    Control(framework: soc, ids: ["CC6.6"]),
                    Control(framework: iso, ids: ["A.8.20", "A.8.22"]),
                    Control(framework: csf, ids: ["PR.IR-01"]),
                ],
                concerns: .internet, permits: [.published(443)],
                remedy: "publish TARGET under number 443, or remove line LINE"),
            PackRule(
                code: "pack-denied",
                claim: "everything else denied, in and out",
                reason: "what nobody named is refused, so what passes is what was decided",
                controls: [
                    Control(framework: pci, ids: ["1.3.1", "1.3.2"]),
                    Control(framework: soc, ids: ["CC6.1", "CC6.6"]),
                    Control(framework: iso, ids: ["A.8.20", "A.8.22"]),
                    Control(framework: nist, ids: ["SC-7(5)"]),
                    Control(framework: csf, ids: ["PR.IR-01"]),
                ],
                concerns: .rest, permits: [.fromAnyService],
                remedy: "let a named service ask for it, and remove line LINE"),
        ])
}

extension PortKind {
    /// Ports that belong to database servers alone, and what people call such a port.
    ///
    /// Whoever listens elsewhere names the port `sql` or `database`.
    fileprivate static let databases = PortKind(
        tcp: [
            1433,  // SQL Server
            1521,  // Oracle
            3306,  // MySQL
            5432,  // PostgreSQL
            5984,  // CouchDB
            6379,  // Redis
            9042,  // Cassandra
            26257,  // CockroachDB
            27017,  // MongoDB
        ],
        names: [
            "sql", "database", "db", "postgres", "postgresql", "mysql", "mariadb", "oracle",
            "mssql", "redis", "mongo", "mongodb", "cassandra",
        ])
}
