import CloudNetwork
import Findings
import Packets
import Ruleset
import SecurityGroups
import Testing
import Topology

private func network(_ texts: String...) throws -> CloudNetwork {
    let files = texts.enumerated().map { file("file\($0).json", $1) }
    let (network, findings) = SecurityGroups.read(files)
    #expect(!findings.contains { $0.severity == .error }, "\(findings)")
    return try #require(network)
}

extension Topology {
    fileprivate func ports(
        _ source: String, _ target: String, must: Bool = false, v6: Bool = false
    ) throws -> Set<ClosedRange<UInt32>> {
        let from = try #require(endpoint(source))
        let to = try #require(endpoint(target))
        let passing = try passing(from: from, to: to, v6 ? .v6 : .v4)
        return Set((must ? passing.must : passing.may).boxes.map { $0[.destinationPort] })
    }
}

extension Topology {
    /// Whether something gets there that is not answered.
    fileprivate func oneWay(_ source: String, _ target: String) throws -> Bool {
        let from = try #require(endpoint(source))
        let to = try #require(endpoint(target))
        return try passing(from: from, to: to, .v4).unmodelled.contains(Passing.oneWay)
    }
}

@Suite("Security groups as the provider tells them")
struct SecurityGroupsTests {
    @Test("groups alone: each stands for the machines that wear it")
    func groups() throws {
        let topology = try network(groupsText).topology()
        #expect(
            topology.endpoints.map(\.name) == [
                "sg-0lb", "sg-0api", "sg-0db", "sg-0gone", "internet", "private networks",
            ])
        #expect(try topology.ports("internet", "sg-0lb", must: true) == [443...443])
        #expect(try topology.ports("internet", "sg-0lb", must: true, v6: true) == [443...443])
        #expect(try topology.ports("sg-0lb", "sg-0api", must: true) == [8_080...8_080])
        #expect(try topology.ports("sg-0api", "sg-0db").isEmpty, "nothing may leave the api")
        #expect(try topology.ports("sg-0gone", "sg-0db") == [5_432...5_432])
        #expect(try topology.ports("sg-0gone", "sg-0db", must: true).isEmpty)
        #expect(try topology.ports("private networks", "sg-0api") == [8_080...8_080, 0...65_535])
    }

    @Test("interfaces, instances, ACLs and routes narrow it, in whatever order they come")
    func whole() throws {
        let texts = [
            routesText, accessListsText, instancesText, interfacesText, groupsText, prefixText,
        ]
        for turn in texts.indices {
            let files = (texts[turn...] + texts[..<turn]).map { file("x", $0) }
            let (read, _) = SecurityGroups.read(files)
            let topology = try #require(read).topology()
            #expect(topology.endpoint("i-old") == nil && topology.endpoint("sg-0api") == nil)
            #expect(try topology.ports("eni-3", "i-api1", must: true) == [8_080...8_080])
            #expect(try topology.oneWay("eni-3", "i-api1"), "the ACL refuses replies of others")
            #expect(try topology.ports("internet", "eni-3") == [443...443])
            #expect(try topology.ports("i-api1", "i-api2").isEmpty, "no egress")
            #expect(try topology.ports("internet", "i-db").isEmpty)
        }
    }

    @Test("an ACL's denial bites at the subnet's edge and not inside it")
    func edge() throws {
        var read = try network(groupsText, interfacesText, instancesText, accessListsText)
        let api = try #require(read.groups.firstIndex { $0.id == "sg-0api" })
        read.groups[api].rules.append(
            AccessRule(
                RuleLabel("all"), isEgress: true, traffic: .everything, peers: [Peer(.everybody)]))
        #expect(try read.topology().ports("i-api1", "i-db") == [5_432...5_432])
        #expect(try read.topology().ports("i-api2", "i-db").isEmpty, "denied by number 90")
        let db = try #require(read.interfaces.firstIndex { $0.name == "i-db" })
        read.interfaces[db].subnet = read.interfaces.first { $0.name == "i-api2" }?.subnet
        #expect(try read.topology().ports("i-api2", "i-db") == [5_432...5_432])
    }

    @Test("rules told one by one read like those told in groups, and named by their identifiers")
    func flat() throws {
        let read = try network(ruleText)
        let topology = read.topology()
        #expect(try topology.ports("sg-0y", "sg-0x", must: true) == [8_443...8_443])
        #expect(try topology.ports("private networks", "sg-0x").isEmpty)
        #expect(try topology.ports("internet", "sg-0x", v6: true) == [0...65_535])
        let labels = read.groups.flatMap(\.rules).map(\.label)
        #expect(labels.map(\.name) == ["sg-0x sgr-1: from y", "sg-0x sgr-2", "sg-0y sgr-3"])
        #expect(labels.first?.place == Place(line: 2, column: 3))
    }

    @Test("the same rule told twice counts once")
    func twice() throws {
        let one = try network(groupsText).groups.flatMap(\.rules).count
        #expect(try network(groupsText, groupsText).groups.flatMap(\.rules).count == one)
    }

    @Test("host bits are masked and told, with their place")
    func hostBits() throws {
        let (_, findings) = SecurityGroups.read([file("x", groupsText)])
        #expect(findings.map(\.code) == ["host-bits"])
        #expect(findings.first?.place == Place(line: 13, column: 31))
    }

    @Test("prefix lists open what their entries hold; without entries nobody knows")
    func prefixLists() throws {
        let without = try network(groupsText, prefixText).topology()
        let from = try #require(without.endpoint("internet"))
        let to = try #require(without.endpoint("sg-0api"))
        #expect(try !without.passing(from: from, to: to, .v4).may.isEmpty)
        #expect(try without.passing(from: from, to: to, .v4).must.isEmpty)
        let with = try network(groupsText, prefixText, entriesText).topology()
        let boxes = try with.passing(from: from, to: to, .v4).must.boxes
        #expect(boxes.map { $0[.source] } == [0xC000_0200...0xC000_02FF])
        #expect(boxes.map { $0[.sourcePort] } == [8...8])
    }

    @Test(
        "what is no output of the provider is refused with its place",
        arguments: [
            ("", "not-json"), ("{}", "unknown-format"), ("[]", "unknown-format"),
            ("SecurityGroups:\n- GroupId: x", "not-json"), ("{\"Foo\": 1}", "unknown-format"),
            ("{\"SecurityGroups\": [{}]}", "no-identifier"),
            ("{\"SecurityGroups\": [{\"GroupId\": \"sg-1\"}]}", "no-rules"),
            ("{\"Entries\": []}", "whose-entries"),
        ])
    func refused(text: String, code: String) {
        let (_, findings) = SecurityGroups.read([file("x", text)])
        #expect(findings.first?.code == code && findings.first?.severity == .error)
        #expect(findings.first?.place != nil)
    }

    @Test("values of the wrong shape are told, and open everything possibly")
    func shapes() throws {
        let permissions = [
            "{\"IpProtocol\": \"tcp\", \"FromPort\": 9, \"ToPort\": 8, \"IpRanges\": [{\"CidrIp\": \"10.0.0.0/8\"}]}",
            "{\"IpProtocol\": \"tcp\", \"FromPort\": 1, \"ToPort\": 70000, \"IpRanges\": [{\"CidrIp\": \"10.0.0.0/8\"}]}",
            "{\"IpProtocol\": 6, \"IpRanges\": [{\"CidrIp\": \"10.0.0.0/8\"}]}",
            "{\"IpProtocol\": \"tcp\", \"FromPort\": 1, \"ToPort\": 1, \"IpRanges\": [{\"CidrIp\": \"10.0.0.0/99\"}]}",
            "{\"IpProtocol\": \"tcp\", \"FromPort\": 1, \"ToPort\": 1, \"IpRanges\": [{}]}",
        ]
        for permission in permissions {
            let text = """
                {"SecurityGroups": [{"GroupId": "sg-1", "IpPermissions": [\(permission)],
                "IpPermissionsEgress": []}]}
                """
            let (read, findings) = SecurityGroups.read([file("x", text)])
            let network = try #require(read)
            #expect(
                (findings + network.review()).contains { $0.severity == .error }, "\(permission)")
            #expect(try !network.topology().ports("private networks", "sg-1").isEmpty)
            #expect(try network.topology().ports("private networks", "sg-1", must: true).isEmpty)
        }
    }
}
