package import Packets
package import Ruleset

/// Numbers that rules write as names (IANA registries; the names of nftables and iptables).
package enum FilterNames {
    /// Protocol number of a name.
    package static func transport(_ name: String) -> UInt128? { transports[name] }

    /// Port of a service's name.
    package static func port(_ name: String) -> UInt128? { services[name] }

    /// Type, and code where the name says one.
    package static func icmp(_ name: String, _ family: Families) -> (type: UInt128, code: UInt128?)?
    {
        if family == .v4 {
            return icmpTypes[name].map { ($0, nil) } ?? icmpCodes[name].map { (3, $0) }
                ?? icmpOthers[name].map { ($0.0, $0.1) }
        }
        return icmpv6Types[name].map { ($0, nil) } ?? icmpv6Codes[name].map { (1, $0) }
    }

    /// Code of a name of `icmp code` or `icmpv6 code`.
    package static func icmpCode(_ name: String, _ family: Families) -> UInt128? {
        family == .v4 ? icmpCodes[name] : icmpv6Codes[name]
    }

    /// The bit that `ct state` sets for a state (nf_conntrack_common.h).
    package static func bit(of state: ConnectionState) -> UInt128 {
        switch state {
        case .invalid: 1
        case .established: 2
        case .related: 4
        case .new: 8
        case .untracked: 64
        }
    }

    package static func state(_ name: String) -> ConnectionState? {
        ConnectionState.allCases.first { $0.name == name }
    }

    /// Bits of TCP flags.
    package static func flag(_ name: String) -> UInt128? {
        switch name {
        case "fin": 1
        case "syn": 2
        case "rst": 4
        case "psh": 8
        case "ack": 16
        case "urg": 32
        case "ecn", "ece": 64
        case "cwr": 128
        default: nil
        }
    }

    /// Flags of packets that open a connection: SYN, alone or with ECE and CWR.
    package static let openingFlags: [UInt128] = [0x02, 0xC2]

    /// Protocols whose header begins with two ports.
    package static let withPorts: [ClosedRange<UInt128>] = [
        6...6, 17...17, 33...33, 132...132, 136...136,
    ]

    private static let transports: [String: UInt128] = [
        "ip": 0, "hopopt": 0, "icmp": 1, "igmp": 2, "ggp": 3, "ipencap": 4, "ipip": 4, "st": 5,
        "tcp": 6, "egp": 8, "igp": 9, "udp": 17, "dccp": 33, "ipv6": 41, "ipv6-route": 43,
        "ipv6-frag": 44, "rsvp": 46, "gre": 47, "esp": 50, "ah": 51, "ipv6-icmp": 58,
        "icmpv6": 58, "ipv6-nonxt": 59, "ipv6-opts": 60, "eigrp": 88, "ospf": 89, "ospfigp": 89,
        "pim": 103, "comp": 108, "ipcomp": 108, "vrrp": 112, "l2tp": 115, "isis": 124,
        "sctp": 132, "mobility-header": 135, "udplite": 136, "mpls-in-ip": 137, "hip": 139,
        "shim6": 140,
    ]

    private static let services: [String: UInt128] = [
        "tcpmux": 1, "echo": 7, "discard": 9, "systat": 11, "daytime": 13, "netstat": 15,
        "chargen": 19, "ftp-data": 20, "ftp": 21, "ssh": 22, "telnet": 23, "smtp": 25, "mail": 25,
        "time": 37, "whois": 43, "tacacs": 49, "domain": 53, "bootps": 67, "bootpc": 68,
        "tftp": 69, "gopher": 70, "finger": 79, "http": 80, "www": 80, "kerberos": 88, "pop3": 110,
        "sunrpc": 111, "portmapper": 111, "auth": 113, "ident": 113, "nntp": 119, "ntp": 123,
        "epmap": 135, "loc-srv": 135, "netbios-ns": 137, "netbios-dgm": 138, "netbios-ssn": 139,
        "imap2": 143, "imap": 143, "snmp": 161, "snmp-trap": 162, "snmptrap": 162, "xdmcp": 177,
        "bgp": 179, "irc": 194, "ldap": 389, "svrloc": 427, "https": 443, "snpp": 444,
        "microsoft-ds": 445, "kpasswd": 464, "submissions": 465, "urd": 465, "smtps": 465,
        "isakmp": 500, "exec": 512, "biff": 512, "login": 513, "who": 513, "shell": 514,
        "syslog": 514, "printer": 515, "talk": 517, "ntalk": 518, "route": 520, "gdomap": 538,
        "uucp": 540, "dhcpv6-client": 546, "dhcpv6-server": 547, "rtsp": 554, "nntps": 563,
        "submission": 587, "ldaps": 636, "domain-s": 853, "rsync": 873, "ftps-data": 989,
        "ftps": 990, "telnets": 992, "imaps": 993, "pop3s": 995, "socks": 1080, "openvpn": 1194,
        "ms-sql-s": 1433, "ms-sql-m": 1434, "l2f": 1701, "l2tp": 1701, "radius": 1812,
        "radius-acct": 1813, "nfs": 2049, "gnunet": 2086, "zookeeper": 2181, "cvspserver": 2401,
        "mysql": 3306, "rdp": 3389, "ms-wbt-server": 3389, "svn": 3690, "epmd": 4369,
        "ipsec-nat-t": 4500, "sip": 5060, "sip-tls": 5061, "xmpp-client": 5222,
        "xmpp-server": 5269, "mdns": 5353, "postgresql": 5432, "amqp": 5672, "amqps": 5671,
        "x11": 6000, "redis": 6379, "ircd": 6667, "ircs-u": 6697, "bacula-dir": 9101,
        "bacula-fd": 9102, "bacula-sd": 9103, "git": 9418, "http-alt": 8080, "webcache": 8080,
        "zabbix-agent": 10050, "zabbix-trapper": 10051, "webmin": 10000,
    ]

    private static let icmpTypes: [String: UInt128] = [
        "echo-reply": 0, "pong": 0, "destination-unreachable": 3, "source-quench": 4,
        "redirect": 5, "echo-request": 8, "ping": 8, "router-advertisement": 9,
        "router-solicitation": 10, "time-exceeded": 11, "ttl-exceeded": 11,
        "parameter-problem": 12, "timestamp-request": 13, "timestamp-reply": 14,
        "info-request": 15, "info-reply": 16, "address-mask-request": 17,
        "address-mask-reply": 18,
    ]

    private static let icmpCodes: [String: UInt128] = [
        "net-unreachable": 0, "network-unreachable": 0, "host-unreachable": 1,
        "prot-unreachable": 2, "protocol-unreachable": 2, "port-unreachable": 3,
        "frag-needed": 4, "fragmentation-needed": 4, "source-route-failed": 5,
        "network-unknown": 6, "host-unknown": 7, "net-prohibited": 9, "network-prohibited": 9,
        "host-prohibited": 10, "TOS-network-unreachable": 11, "TOS-host-unreachable": 12,
        "admin-prohibited": 13, "communication-prohibited": 13, "host-precedence-violation": 14,
        "precedence-cutoff": 15,
    ]

    private static let icmpOthers: [String: (UInt128, UInt128)] = [
        "network-redirect": (5, 0), "host-redirect": (5, 1), "TOS-network-redirect": (5, 2),
        "TOS-host-redirect": (5, 3), "ttl-zero-during-transit": (11, 0),
        "ttl-zero-during-reassembly": (11, 1), "ip-header-bad": (12, 0),
        "required-option-missing": (12, 1),
    ]

    private static let icmpv6Types: [String: UInt128] = [
        "destination-unreachable": 1, "packet-too-big": 2, "time-exceeded": 3,
        "ttl-exceeded": 3, "parameter-problem": 4, "echo-request": 128, "ping": 128,
        "echo-reply": 129, "pong": 129, "mld-listener-query": 130, "mld-listener-report": 131,
        "mld-listener-done": 132, "mld-listener-reduction": 132, "nd-router-solicit": 133,
        "router-solicitation": 133, "nd-router-advert": 134, "router-advertisement": 134,
        "nd-neighbor-solicit": 135, "neighbor-solicitation": 135, "neighbour-solicitation": 135,
        "nd-neighbor-advert": 136, "neighbor-advertisement": 136, "neighbour-advertisement": 136,
        "nd-redirect": 137, "redirect": 137, "router-renumbering": 138,
        "ind-neighbor-solicit": 141, "ind-neighbor-advert": 142, "mld2-listener-report": 143,
    ]

    private static let icmpv6Codes: [String: UInt128] = [
        "no-route": 0, "admin-prohibited": 1, "communication-prohibited": 1,
        "beyond-scope": 2, "addr-unreachable": 3, "address-unreachable": 3,
        "port-unreachable": 4, "policy-fail": 5, "reject-route": 6,
    ]
}
