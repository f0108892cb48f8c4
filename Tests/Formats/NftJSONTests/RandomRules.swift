import Chance

/// Small random rulesets at prerouting, of what the model knows and a little of what it does not.
struct RandomRules {
    var chance: Seeded

    static let addresses = [
        "10.0.0.0", "10.0.0.1", "10.0.0.255", "10.1.0.0", "10.77.1.2", "10.77.3.3", "192.0.2.1",
        "9.255.255.255", "11.0.0.0", "172.16.5.5",
    ]
    static let longAddresses = [
        "fd00::", "fd00::1", "fd00::ffff", "fd00:1::", "2001:db8::1", "fe80::7",
    ]
    static let ports: [UInt16] = [0, 1, 21, 22, 23, 79, 80, 443, 1023, 1024, 50_010, 65_535]
    private static let prefixes = [
        "10.0.0.0/8", "10.0.0.7/24", "10.77.0.0/16", "192.0.2.0/24", "0.0.0.0/1", "10.0.0.0/31",
        "10.0.0.1-10.1.0.0", "9.255.255.255-10.0.0.0",
    ]
    private static let longPrefixes = ["fd00::/16", "fd00::/112", "fd00::1-fd00::ffff", "2000::/3"]
    private static let states = ["new", "established", "invalid", "untracked", "related"]

    mutating func text() -> String {
        var text = """
            table inet judge
            delete table inet judge
            table inet judge {
            set ends { type ipv4_addr . inet_service; flags interval; \
            elements = { 10.0.0.0/24 . 20-30, 10.77.1.2 . 80, 192.0.2.1 . 0-65535 } }
            set homes { type ipv4_addr; flags interval; elements = { 10.0.0.0/8, 192.0.2.1 } }
            map numbers { type ifname . inet_proto . inet_service : mark; elements = { \
            "bh0" . tcp . 22 : 1, "bh0" . udp . 80 : 2, "bh1" . tcp . 443 : 3 } }
            map verdicts { type inet_service : verdict; flags interval; elements = { \
            20-30 : accept, 80 : jump three, 443-1023 : drop, 50000-65535 : goto three } }
            map ways { type ipv4_addr . inet_service : verdict; flags interval; elements = { \
            10.0.0.0/24 . 0-79 : drop, 10.77.0.0/16 . 443 : accept, 192.0.2.1 . 80 : jump three } }
            map homeward { type inet_service : ipv4_addr; elements = { \
            22 : 10.0.0.1, 80 : 10.77.3.3, 443 : 192.0.2.1 } }
            set longs { type ipv6_addr . inet_service; flags interval; \
            elements = { fd00::/112 . 22, fd00:1::/64 . 80-443, 2001:db8::1 . 0-65535 } }

            """
        let names = ["one", "two", "three"]
        for (index, name) in names.enumerated().reversed() {
            text += "chain \(name) {\n"
            for _ in 0..<(1 + chance.below(5)) {
                text += rule(callable: Array(names[(index + 1)...])) + "\n"
            }
            text += "}\n"
        }
        if chance.below(2) == 0 { text += translation() }
        let early = any(["mangle", "filter"])
        for (name, priority) in [("early", early), ("late", "filter + 10")] {
            let policy = chance.below(3) == 0 ? "drop" : "accept"
            text +=
                "chain \(name) { type filter hook prerouting priority \(priority); policy \(policy);\n"
            for _ in 0..<(2 + chance.below(7)) { text += rule(callable: names) + "\n" }
            text += "}\n"
        }
        return text + "}\n"
    }

    /// A chain that gives new connections other destinations before most chains see them.
    private mutating func translation() -> String {
        var text = "chain turn { type nat hook prerouting priority dstnat; policy accept;\n"
        for _ in 0..<(1 + chance.below(4)) {
            var parts: [String] = []
            if chance.below(2) == 0 { parts.append("iifname \"\(any(["bh0", "bh1"]))\"") }
            let kind = chance.below(6)
            let isLong = chance.below(4) == 0 && kind != 2 && kind != 3
            if chance.below(2) == 0 { parts.append(isLong ? longAddress() : address()) }
            let port = any(Self.ports)
            let target = isLong ? any(Self.longAddresses) : any(Self.addresses)
            let family = isLong ? "ip6" : "ip"
            switch kind {
            case 0: parts.append(any(["accept", "return", "drop"]))
            case 1: parts.append("dnat \(family) to \(target)")
            case 2: parts.append("dnat ip to tcp dport map @homeward")
            case 3:
                parts.append("dnat ip to udp dport map { 22 : 10.0.0.0, 1024 : 10.1.0.0 }")
            default:
                parts.append("\(any(["tcp", "udp"])) dport \(any(["", "!= "]))\(any(Self.ports))")
                let host = isLong ? "[\(target)]" : target
                parts.append("dnat \(family) to \(host):\(max(port, 1))")
            }
            text += parts.joined(separator: " ") + "\n"
        }
        return text + "}\n"
    }

    mutating func any<T>(_ list: [T]) -> T { list[chance.below(list.count)] }

    private mutating func some(_ list: [String], _ most: Int = 3) -> [String] {
        Array(list.shuffled(using: &chance).prefix(1 + chance.below(most)))
    }

    private mutating func rule(callable: [String]) -> String {
        let isLong = chance.below(4) == 0
        var parts: [String] = []
        if chance.below(3) > 0 { parts.append(interfaceOrState(isLong)) }
        if chance.below(3) > 0 { parts.append(isLong ? longAddress() : address()) }
        let transport = any([
            "tcp", "tcp", "udp", "th", "icmp", "none", "concat", "flags", "mark", "none",
        ])
        parts += self.transport(transport, isLong: isLong)
        if chance.below(8) == 0 { parts.append("meta length \(any(["<", ">="])) 40") }
        if chance.below(5) == 0 {
            return (parts + ["meta mark set \(chance.below(3))"]).joined(separator: " ")
        }
        if transport == "none", chance.below(2) == 0 {
            return (parts + [calling(callable, isLong)]).joined(separator: " ")
        }
        if transport == "tcp", chance.below(4) == 0 {
            return (parts + [vmap(callable)]).joined(separator: " ")
        }
        if chance.below(6) == 0 { parts.append("counter") }
        parts.append(verdict(callable))
        return parts.joined(separator: " ")
    }

    private mutating func verdict(_ callable: [String]) -> String {
        let calls = callable.flatMap { ["jump \($0)", "goto \($0)"] }
        return any(["accept", "accept", "drop", "drop", "return", "continue"] + calls)
    }

    private mutating func vmap(_ callable: [String]) -> String {
        let keys = ["21", "22-79", "80", "1024-65535"].shuffled(using: &chance).prefix(3)
        let elements = keys.map { "\($0) : \(verdict(callable))" }
        let rest = chance.below(3) == 0 ? ["* : \(verdict(callable))"] : []
        return "tcp sport vmap { \((elements + rest).joined(separator: ", ")) }"
    }

    /// A verdict map of any kind.
    private mutating func calling(_ callable: [String], _ isLong: Bool) -> String {
        // The named ones lead to the last chain, which must not lead back to itself.
        let isAbove = callable.contains("three")
        switch chance.below(isLong ? 3 : isAbove ? 6 : 4) {
        case 0:
            return "ct state vmap { new : \(verdict(callable)), invalid : \(verdict(callable)) }"
        case 1:
            return "meta l4proto vmap { tcp : \(verdict(callable)), udp : \(verdict(callable)) }"
        case 2:
            return "iifname . meta l4proto vmap { \"bh0\" . tcp : \(verdict(callable)), "
                + "\"bh1\" . udp : \(verdict(callable)) }"
        case 4: return "\(any(["tcp", "udp"])) dport vmap @verdicts"
        case 5: return "ip saddr . tcp dport vmap @ways"
        default:
            return "ip saddr . ip daddr vmap { 10.0.0.1 . 10.77.1.2 : \(verdict(callable)), "
                + "10.77.3.3 . 192.0.2.1 : \(verdict(callable)) }"
        }
    }

    private mutating func interfaceOrState(_ isLong: Bool) -> String {
        let states = some(Self.states, 2)
        switch chance.below(7) {
        case 0: return "iifname \"\(any(["bh0", "bh1"]))\""
        case 1: return "iifname != { \"bh0\", \"none\" }"
        case 2: return "iifname \"bh1*\""
        case 3: return "ct state { \(states.joined(separator: ", ")) }"
        case 4: return "ct state \(any(["", "!", "!= ", "=="])) \(states[0])"
        case 5: return "ct state \(any(["", "! ", "!= "]))\(states.joined(separator: ","))"
        default: return "meta nfproto \(isLong ? "ipv6" : "ipv4")"
        }
    }

    private mutating func address() -> String {
        let field = any(["ip saddr", "ip daddr"])
        let negation = any(["", "", "!= "])
        switch chance.below(5) {
        case 0: return "\(field) \(negation)\(any(Self.addresses))"
        case 1: return "\(field) \(negation)\(any(Self.prefixes))"
        case 2: return "\(field) \(negation){ \(some(Self.addresses).joined(separator: ", ")) }"
        case 3: return "\(field) & 255.255.0.0 \(any(["==", "!="])) 10.77.0.0"
        default: return "\(field) \(negation)@homes"
        }
    }

    private mutating func longAddress() -> String {
        let field = any(["ip6 saddr", "ip6 daddr"])
        let negation = any(["", "", "!= "])
        if chance.below(2) == 0 { return "\(field) \(negation)\(any(Self.longPrefixes))" }
        return "\(field) \(negation){ \(some(Self.longAddresses).joined(separator: ", ")) }"
    }

    private mutating func transport(_ kind: String, isLong: Bool) -> [String] {
        let port = any(Self.ports)
        let negation = any(["", "", "!= "])
        let side = any(["dport", "sport"])
        switch kind {
        case "tcp", "udp":
            switch chance.below(4) {
            case 0: return ["\(kind) \(side) \(negation)\(port)"]
            case 1:
                return [
                    "\(kind) \(side) \(any(["<=", ">=", "<", ">"])) \(max(1, min(port, 65_534)))"
                ]
            case 2: return ["\(kind) \(side) \(negation)\(port / 2)-\(port)"]
            default: return ["\(kind) \(side) \(negation){ 22, 80-443, 1024 }"]
            }
        case "th":
            return chance.below(2) == 0
                ? ["meta l4proto { tcp, udp } th \(side) \(negation)\(port)"]
                : ["th \(side) \(negation)\(port)"]
        case "icmp":
            return isLong
                ? ["icmpv6 type { echo-request, nd-neighbor-solicit }"]
                : ["icmp type \(negation)\(any(["echo-request", "echo-reply", "13"]))"]
        case "concat":
            guard !isLong else {
                return chance.below(2) == 0
                    ? ["ip6 saddr . tcp dport \(negation)@longs"]
                    : ["meta l4proto . th dport \(negation){ tcp . 22, udp . 80 }"]
            }
            switch chance.below(3) {
            case 0: return ["ip saddr . tcp dport \(negation)@ends"]
            case 1:
                return ["meta l4proto . th dport \(negation){ tcp . 22, udp . 0-79, 250 . 1 }"]
            default:
                return ["ip daddr . ct state \(negation){ 10.77.1.2 . new, 10.0.0.1 . untracked }"]
            }
        case "flags":
            return [
                any([
                    "tcp flags != syn / fin,syn,rst,ack", "tcp flags syn",
                    "tcp flags & (rst|ack) == 0",
                ])
            ]
        case "mark":
            switch chance.below(3) {
            case 0: return ["meta mark set iifname . meta l4proto . th dport map @numbers"]
            case 1: return ["meta mark \(any(["!= 0", "2", "> 1"]))"]
            // Not `icmp`: before it nft's listings leave `meta nfproto ipv4` out.
            default: return ["meta l4proto \(negation)\(any(["tcp", "udp", "igmp", "250"]))"]
            }
        default: return []
        }
    }
}
