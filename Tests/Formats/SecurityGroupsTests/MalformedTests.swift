import CloudNetwork
import Findings
import Packets
import Ruleset
import SecurityGroups
import Testing
import Topology

/// A group with one permission, or what stands in its place, and a machine that wears it.
private func dump(
    permissions: String, entries: String? = nil, groups: String = "[{\"GroupId\": \"sg-1\"}]"
) -> [SecurityGroups.File] {
    let list = entries.map {
        """
        , "NetworkAcls": [{"NetworkAclId": "acl-1", "Associations": [{"SubnetId": "subnet-1"}],
        "Entries": \($0)}]
        """
    }
    return [
        file(
            "x",
            """
            {"SecurityGroups": [{"GroupId": "sg-1", "IpPermissions": \(permissions),
            "IpPermissionsEgress": []}], "NetworkInterfaces": [{"NetworkInterfaceId": "eni-1",
            "SubnetId": "subnet-1", "PrivateIpAddress": "10.0.0.5", "Groups": \(groups)}]
            \(list ?? "")}
            """)
    ]
}

/// Ports that pass from the internet to the machine.
private func ports(_ files: [SecurityGroups.File]) throws -> (
    may: Set<ClosedRange<UInt32>>, must: Set<ClosedRange<UInt32>>, findings: [Finding]
) {
    let (network, findings) = SecurityGroups.read(files)
    let topology = try #require(network).topology()
    let from = try #require(topology.endpoint("internet"))
    let to = try #require(topology.endpoint("eni-1"))
    let passing = try topology.passing(from: from, to: to, .v4)
    return (
        Set(passing.may.boxes.map { $0[.destinationPort] }),
        Set(passing.must.boxes.map { $0[.destinationPort] }), findings
    )
}

private let world = "\"IpRanges\": [{\"CidrIp\": \"0.0.0.0/0\"}]"

@Suite("Dumps that are not as the provider writes them")
struct MalformedTests {
    @Test("ports written as text are the numbers that they say")
    func text() throws {
        let permission =
            "[{\"IpProtocol\": \"tcp\", \"FromPort\": \"22\", \"ToPort\": \"22\", \(world)}]"
        #expect(try ports(dump(permissions: permission)).must == [22...22])
        let all = "[{\"IpProtocol\": \"tcp\", \"FromPort\": 0, \"ToPort\": 30, \(world)}]"
        let entries = """
            [{"RuleNumber": 1, "Egress": false, "Protocol": "6", "RuleAction": "allow",
            "CidrBlock": "0.0.0.0/0", "PortRange": {"From": "22", "To": "22"}},
            {"RuleNumber": 1, "Egress": true, "Protocol": "-1", "RuleAction": "allow",
            "CidrBlock": "0.0.0.0/0"}]
            """
        let read = try ports(dump(permissions: all, entries: entries))
        #expect(read.must == [22...22] && read.may == [22...22])
    }

    @Test(
        "what is no number is shown as it was written, and opens everything possibly",
        arguments: ["22.5", "\"ssh\"", "1e400", "{}", "[22]", "true"])
    func numbers(port: String) throws {
        let permission =
            "[{\"IpProtocol\": \"tcp\", \"FromPort\": \(port), \"ToPort\": 22, \(world)}]"
        let read = try ports(dump(permissions: permission))
        #expect(read.may == [0...65_535] && read.must.isEmpty)
        let finding = try #require(read.findings.first { $0.code == "not-a-port" })
        #expect(finding.problem.contains("tcp \(port.filter { $0 != "\"" }) to 22"))
        #expect(finding.place != nil)
    }

    @Test(
        "texts and objects where a list belongs are told with their place and are no silence",
        arguments: [
            "\"tcp\"", "{}", "null", "[\"tcp\"]", "[null]", "[{\"IpProtocol\": \"-1\"}]",
            "[{\"IpProtocol\": \"-1\", \"IpRanges\": \"0.0.0.0/0\"}]",
            "[{\"IpProtocol\": \"-1\", \"IpRanges\": {\"CidrIp\": \"0.0.0.0/0\"}}]",
            "[{\"IpProtocol\": \"-1\", \"IpRanges\": [\"0.0.0.0/0\"]}]",
            "[{\"IpProtocol\": \"-1\", \"IpRanges\": [{\"CidrIp\": \"\"}]}]",
        ])
    func lists(permissions: String) throws {
        let read = try ports(dump(permissions: permissions))
        #expect(read.may == [0...65_535] && read.must.isEmpty)
        #expect(read.findings.contains { $0.severity == .error && $0.place != nil })
    }

    @Test(
        "entries of a network ACL too, and groups of a machine",
        arguments: ["null", "\"all\"", "[\"all\"]", "{}"])
    func others(odd: String) throws {
        let all = "[{\"IpProtocol\": \"-1\", \(world)}]"
        let closed = try ports(dump(permissions: all, entries: odd))
        #expect(closed.may == [0...65_535] && closed.must.isEmpty)
        #expect(closed.findings.contains { $0.severity == .error && $0.place != nil })
        let worn = try ports(dump(permissions: "[]", groups: odd))
        #expect(worn.may == [0...65_535] && worn.must.isEmpty)
        #expect(worn.findings.contains { $0.severity == .error && $0.place != nil })
    }

    @Test("a list of groups that is no list is no absence of groups")
    func whole() {
        for text in ["{\"SecurityGroups\": {}}", "{\"SecurityGroups\": null}"] {
            let (_, findings) = SecurityGroups.read([file("x", text)])
            #expect(findings.map(\.code) == ["not-a-list"])
        }
    }
}
