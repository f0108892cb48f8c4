import Findings
import IptablesSave
import MachineTopology
import NftJSON
import NftText
import Packets
import Ruleset
import Topology
import Walker

// What operators' dumps of packet filters are read by.
extension Door {
    static let nft = Door(name: "nft") {
        [
            """
            define web = { 80, 443 }
            table inet t {
            set s { type ipv4_addr . inet_service; flags interval; elements = { 10.0.0.0/8 . 1-9 } }
            map m { type ifname : verdict; elements = { "lo" : accept, * : jump c } }
            chain c { ip6 saddr fe80::/10 th dport $web accept; return; }
            chain i {
            type filter hook input priority filter - 5; policy drop;
            ct state vmap { established : accept, invalid : drop }
            tcp flags & (fin|syn) == syn limit rate 1/second burst 5 packets counter packets 1 bytes 2
            ip saddr . tcp dport @s iifname "e*" meta mark set 5 log prefix "x" accept comment "y"
            meta mark != 0 reject with tcp reset
            iifname vmap @m
            tcp dport 80 dnat ip to 10.0.0.1:8080
            }
            }
            add rule inet t i tcp flags != syn / fin,syn accept
            """, "flush ruleset\ntable ip x\ndelete table ip x\n",
        ].map { Array($0.utf8) }
    } take: { bytes in
        let (ruleset, findings) = NftText.read(bytes)
        judge(ruleset, findings)
    }

    static let nftJSON = Door(name: "nft-json") {
        [
            """
            {"nftables": [{"metainfo": {"json_schema_version": 1}},
            {"table": {"family": "inet", "name": "t"}},
            {"set": {"family": "inet", "table": "t", "name": "s", "elem": [{"range": [1, 2]}, 5]}},
            {"chain": {"family": "inet", "table": "t", "name": "c", "type": "filter",
            "hook": "input", "prio": 0, "policy": "drop"}},
            {"rule": {"family": "inet", "table": "t", "chain": "c", "expr": [
            {"match": {"op": "==", "left": {"payload": {"protocol": "tcp", "field": "dport"}},
            "right": "@s"}}, {"vmap": {"key": {"concat": [{"meta": {"key": "iifname"}},
            {"ct": {"key": "state"}}]}, "data": {"set": [[{"concat": ["lo", "new"]},
            {"accept": null}]]}}}, {"mangle": {"key": {"meta": {"key": "mark"}}, "value": 3}},
            {"dnat": {"addr": "10.0.0.1", "port": 80}}]}}]}
            """
        ].map { Array($0.utf8) }
    } take: { bytes in
        let (ruleset, findings) = NftJSON.read(bytes)
        judge(ruleset, findings)
    }

    static let iptables = Door(name: "iptables") {
        [
            """
            *filter
            :INPUT DROP [0:0]
            :SUB - [0:0]
            [1:2] -A INPUT -i eth+ ! -s 10.0.0.0/8 -p tcp -m multiport --dports 1,2:3 -j SUB
            -A SUB -p icmp -m icmp ! --icmp-type 3/4 -m limit --limit 1/s -g SUB
            -A SUB -m conntrack --ctstate NEW,DNAT -m comment --comment "a \\"b" -j REJECT
            -A SUB -p tcp --syn -j RETURN
            COMMIT
            *nat
            :PREROUTING ACCEPT [0:0]
            -A PREROUTING -p tcp -j DNAT --to-destination 10.0.0.1-10.0.0.2:1-2
            COMMIT

            """
        ].map { Array($0.utf8) }
    } take: { bytes in
        let isV6 = bytes.count % 2 == 1
        let (ruleset, findings) = IptablesSave.read(bytes, isV6 ? .v6 : .v4)
        judge(ruleset, findings)
    }

    /// What is read is bounded, and a packet that two ways of following the rules disagree about
    /// is a finding.
    private static func judge(_ ruleset: Ruleset?, _ findings: [Finding]) {
        let hasErrors = findings.contains { $0.severity == .error }
        require(hasErrors == (ruleset == nil), "rules beside an error, or none without")
        guard let ruleset else { return }
        ask(ruleset)
        let walker = Walker(ruleset)
        let packets = [
            WalkedPacket(.v4, [0x0A00_0001, 2, 6, 1, 80, 0, 1, 0]),
            WalkedPacket(.v4, [1, 2, 17, 80, 2, 1, 0, 1]),
            WalkedPacket(.v4, [1, 2, 1, 3, 4, 4, 2, 0]),
        ]
        for base in ruleset.chains.indices where ruleset.chains[base].base != nil {
            // Calls of calls are many rules in few bytes: bounded, but long to follow.
            guard (ruleset.size(of: base) ?? 0) <= 5_000 else { continue }
            guard let bounds = try? Unfolding(ruleset, .v4).rules(of: base) else { continue }
            for walked in packets {
                var packet = Packet()
                for field in Field.allCases {
                    packet[field] = UInt32(truncatingIfNeeded: walked[field])
                }
                for answer in [true, false] {
                    let passes = walker.walk(walked, base: base) { _ in answer }.accepts
                    require(!passes || bounds.may.allows(packet), "passes beyond may")
                    require(passes || !bounds.must.allows(packet), "refused within must")
                }
            }
        }
    }

    /// What a machine's filter means to its neighbours, and what is wrong with it.
    private static func ask(_ ruleset: Ruleset) {
        let sizes = ruleset.chains.indices.filter { ruleset.chains[$0].base != nil }
            .map { ruleset.size(of: $0) ?? 0 }
        guard sizes.reduce(0, +) <= 200 else { return }
        let machine = Machine(ruleset)
        let topology = machine.topology()
        for finding in machine.review() { require(!finding.code.isEmpty, "no code") }
        guard topology.endpoints.count >= 2 else { return }
        let last = topology.endpoints.count - 1
        for (source, target) in [(0, last), (last, 0)] {
            guard let passing = try? topology.passing(from: source, to: target, .v4) else {
                continue
            }
            let isInside = try? passing.must.isSubset(of: passing.may)
            require(isInside ?? true, "must beyond may")
        }
    }
}
