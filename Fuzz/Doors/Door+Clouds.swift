import CloudNetwork
import Findings
import FlowLog
import Packets
import Ruleset
import SecurityGroups
import TerraformPlan
import Topology

// What other tools wrote about networks.
extension Door {
    static let securityGroups = Door(name: "security-groups") {
        [
            """
            {"SecurityGroups": [{"GroupId": "sg-1", "GroupName": "a", "IpPermissions": [
            {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 23, "IpRanges": [{"CidrIp": "10.1.0.0/8"}],
            "Ipv6Ranges": [{"CidrIpv6": "::/0"}], "UserIdGroupPairs": [{"GroupId": "sg-2"}],
            "PrefixListIds": [{"PrefixListId": "pl-1"}]}], "IpPermissionsEgress": []}]}
            """,
            """
            {"NetworkInterfaces": [{"NetworkInterfaceId": "eni-1", "SubnetId": "s", "VpcId": "v",
            "Groups": [{"GroupId": "sg-1"}], "PrivateIpAddress": "10.0.0.1"}], "NetworkAcls": [
            {"NetworkAclId": "acl-1", "Associations": [{"SubnetId": "s"}], "Entries": [{"RuleNumber": 1,
            "Protocol": "6", "RuleAction": "deny", "Egress": false, "CidrBlock": "10.0.0.0/8",
            "PortRange": {"From": 1, "To": 2}}]}], "RouteTables": [{"RouteTableId": "r", "VpcId": "v",
            "Associations": [{"Main": true}], "Routes": [{"DestinationCidrBlock": "0.0.0.0/0",
            "GatewayId": "igw-1"}]}]}
            """,
        ].map { Array($0.utf8) }
    } take: { bytes in
        let (network, findings) = SecurityGroups.read([.init(name: "pl-1", bytes: bytes)])
        check(network, findings)
    }

    static let terraformPlan = Door(name: "terraform-plan") {
        [
            """
            {"format_version": "1.2", "resource_changes": [{"address": "module.m[\\"k\\"].aws_security_group.a",
            "mode": "managed", "type": "aws_security_group", "name": "a", "change": {"actions": ["create"],
            "after": {"ingress": [{"protocol": "tcp", "from_port": 1, "to_port": 2, "cidr_blocks": [null],
            "security_groups": ["sg-1"], "self": true}]}, "after_unknown": {"id": true, "ingress": [
            {"cidr_blocks": [true]}]}}}, {"address": "aws_vpc_security_group_ingress_rule.r", "type":
            "aws_vpc_security_group_ingress_rule", "name": "r", "change": {"actions": ["create"], "after":
            {"ip_protocol": "-1"}, "after_unknown": {"security_group_id": true, "referenced_security_group_id":
            true}}}, {"address": "aws_instance.i", "type": "aws_instance", "name": "i", "change": {"actions": [
            "create"], "after": {}, "after_unknown": {"vpc_security_group_ids": true}}}],
            "configuration": {"root_module": {"resources": [{"address": "aws_vpc_security_group_ingress_rule.r",
            "expressions": {"security_group_id": {"references": ["module.m[\\"k\\"].id", "module.m"]},
            "referenced_security_group_id": {"references": ["each.value", "var.x"]}}}, {"address":
            "aws_instance.i", "expressions": {"vpc_security_group_ids": {"references": ["module.m"]}}}],
            "module_calls": {"m": {"expressions": {"x": {"references": ["module.m.id"]}}, "module": {"outputs":
            {"id": {"expression": {"references": ["aws_security_group.a.id", "var.x"]}}}}}}}}}
            """
        ].map { Array($0.utf8) }
    } take: { bytes in
        let (network, findings) = TerraformPlan.read(bytes)
        check(network, findings)
    }

    static let flowLog = Door(name: "flow-log") {
        [
            """
            {"kind": "attempt", "verdict": "allowed", "source": "a", "target": "b.2", "targetPort": 443,
            "transport": "tcp", "observed": "2026-01-01T00:00:00Z"}
            {"kind": "attempt-count", "verdict": "refused", "count": 9223372036854775807}
            {"kind": "attempt-gap", "lost": -1}
            """,
            """
            [{"source": "10.1.0.4", "destination": "b", "protocol": "udp", "port": 53, "count": 2}]
            """,
            """
            {"isolation": "full", "compartments": [{"name": "a", "connections": 7}]}
            """,
        ].map { Array($0.utf8) }
    } take: { bytes in
        let (log, findings) = FlowLog.read(bytes)
        require(log != nil || !findings.isEmpty, "no record and no reason")
    }

    private static func check(_ network: CloudNetwork?, _ findings: [Finding]) {
        guard let network else {
            require(findings.contains { $0.severity == .error }, "refused without a reason")
            return
        }
        for finding in findings + network.review() {
            let isPlain = finding.problem.unicodeScalars.allSatisfy { $0.value >= 32 }
            require(isPlain, "a finding carries control characters")
        }
        let topology = network.topology()
        for source in topology.endpoints.indices.prefix(4) {
            for target in topology.endpoints.indices.suffix(4) {
                guard let passing = try? topology.passing(from: source, to: target, .v4),
                    let isInside = try? passing.must.isSubset(of: passing.may)
                else { continue }
                require(isInside, "something must pass that may not")
            }
        }
    }
}
