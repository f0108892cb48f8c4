import SecurityGroups

// Written for these tests after the provider's documented shapes; no account's data.

let groupsText = """
    {"SecurityGroups": [
      {"GroupId": "sg-0lb", "GroupName": "balancer", "VpcId": "vpc-1",
       "IpPermissions": [
         {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443,
          "IpRanges": [{"CidrIp": "0.0.0.0/0", "Description": "the public"}],
          "Ipv6Ranges": [{"CidrIpv6": "::/0"}], "UserIdGroupPairs": [], "PrefixListIds": []}],
       "IpPermissionsEgress": [
         {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}], "Ipv6Ranges": []}]},
      {"GroupId": "sg-0api", "GroupName": "api", "VpcId": "vpc-1",
       "IpPermissions": [
         {"IpProtocol": "tcp", "FromPort": 8080, "ToPort": 8080,
          "UserIdGroupPairs": [{"UserId": "111122223333", "GroupId": "sg-0lb"}],
          "IpRanges": [{"CidrIp": "10.9.8.7/16"}]},
         {"IpProtocol": "tcp", "FromPort": 7000, "ToPort": 7001,
          "UserIdGroupPairs": [{"GroupId": "sg-0api"}]},
         {"IpProtocol": "icmp", "FromPort": 8, "ToPort": -1,
          "PrefixListIds": [{"PrefixListId": "pl-0a"}]}],
       "IpPermissionsEgress": []},
      {"GroupId": "sg-0db", "GroupName": "database", "VpcId": "vpc-1",
       "IpPermissions": [
         {"IpProtocol": "tcp", "FromPort": 5432, "ToPort": 5432,
          "UserIdGroupPairs": [{"GroupId": "sg-0api"}, {"GroupId": "sg-0gone"}]}],
       "IpPermissionsEgress": []}
    ]}
    """

let interfacesText = """
    {"NetworkInterfaces": [
      {"NetworkInterfaceId": "eni-1", "VpcId": "vpc-1", "SubnetId": "subnet-a",
       "Attachment": {"InstanceId": "i-api1"}, "Groups": [{"GroupId": "sg-0api"}],
       "PrivateIpAddress": "10.0.1.10",
       "PrivateIpAddresses": [{"PrivateIpAddress": "10.0.1.10"}], "Ipv6Addresses": []},
      {"NetworkInterfaceId": "eni-2", "VpcId": "vpc-1", "SubnetId": "subnet-a",
       "Attachment": {"InstanceId": "i-api2"}, "Groups": [{"GroupId": "sg-0api"}],
       "PrivateIpAddress": "10.0.1.11", "Ipv6Addresses": [{"Ipv6Address": "2001:db8::11"}]},
      {"NetworkInterfaceId": "eni-3", "VpcId": "vpc-1", "SubnetId": "subnet-b",
       "Description": "ELB app/front", "Groups": [{"GroupId": "sg-0lb"}],
       "PrivateIpAddress": "10.0.2.5", "Association": {"PublicIp": "198.51.100.5"}}
    ]}
    """

let instancesText = """
    {"Reservations": [{"Instances": [
      {"InstanceId": "i-db", "State": {"Name": "running"}, "NetworkInterfaces": [
        {"NetworkInterfaceId": "eni-9", "SubnetId": "subnet-b", "VpcId": "vpc-1",
         "Groups": [{"GroupId": "sg-0db"}], "PrivateIpAddress": "10.0.2.9"}]},
      {"InstanceId": "i-old", "State": {"Name": "terminated"}, "NetworkInterfaces": []}
    ]}]}
    """

let accessListsText = """
    {"NetworkAcls": [{"NetworkAclId": "acl-1", "Associations": [{"SubnetId": "subnet-b"}],
      "Entries": [
        {"RuleNumber": 32767, "Protocol": "-1", "RuleAction": "deny", "Egress": false,
         "CidrBlock": "0.0.0.0/0"},
        {"RuleNumber": 90, "Protocol": "6", "RuleAction": "deny", "Egress": false,
         "CidrBlock": "10.0.1.11/32", "PortRange": {"From": 5432, "To": 5432}},
        {"RuleNumber": 100, "Protocol": "6", "RuleAction": "allow", "Egress": false,
         "CidrBlock": "0.0.0.0/0", "PortRange": {"From": 0, "To": 65535}},
        {"RuleNumber": 100, "Protocol": "-1", "RuleAction": "allow", "Egress": true,
         "CidrBlock": "0.0.0.0/0"}]}]}
    """

let routesText = """
    {"RouteTables": [
      {"RouteTableId": "rtb-main", "VpcId": "vpc-1", "Associations": [{"Main": true}],
       "Routes": [{"DestinationCidrBlock": "10.0.0.0/16", "GatewayId": "local", "State": "active"},
                  {"DestinationCidrBlock": "0.0.0.0/0", "NatGatewayId": "nat-1"}]},
      {"RouteTableId": "rtb-b", "VpcId": "vpc-1", "Associations": [{"SubnetId": "subnet-b"}],
       "Routes": [{"DestinationCidrBlock": "10.0.0.0/16", "GatewayId": "local"},
                  {"DestinationCidrBlock": "0.0.0.0/0", "GatewayId": "igw-1"}]}]}
    """

let ruleText = """
    {"SecurityGroupRules": [
      {"SecurityGroupRuleId": "sgr-1", "GroupId": "sg-0x", "IsEgress": false,
       "IpProtocol": "tcp", "FromPort": 8443, "ToPort": 8443,
       "ReferencedGroupInfo": {"GroupId": "sg-0y", "UserId": "1"}, "Description": "from y"},
      {"SecurityGroupRuleId": "sgr-2", "GroupId": "sg-0x", "IsEgress": false,
       "IpProtocol": "-1", "FromPort": -1, "ToPort": -1, "CidrIpv6": "2001:db8::/32"},
      {"SecurityGroupRuleId": "sgr-3", "GroupId": "sg-0y", "IsEgress": true,
       "IpProtocol": "-1", "FromPort": -1, "ToPort": -1, "CidrIpv4": "0.0.0.0/0"}]}
    """

let prefixText = """
    {"PrefixLists": [{"PrefixListId": "pl-0a", "PrefixListName": "offices"}]}
    """
let entriesText = """
    {"Entries": [{"Cidr": "192.0.2.0/24"}]}
    """

func file(_ name: String, _ text: String) -> SecurityGroups.File {
    SecurityGroups.File(name: name, bytes: Array(text.utf8))
}
