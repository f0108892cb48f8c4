internal import NftRules

extension Cursor {
    /// Headers whose fields are named by one word.
    private static let headers: Set<String> = [
        "ip", "ip6", "tcp", "udp", "udplite", "sctp", "dccp", "th", "icmp", "icmpv6", "ah", "esp",
        "comp", "ether", "vlan", "arp", "igmp", "frag", "hbh", "mh", "dst",
    ]

    /// Keys of `meta` that stand alone as well.
    private static let bare: Set<String> = [
        "mark", "iif", "iifname", "iiftype", "iifgroup", "oif", "oifname", "oiftype", "oifgroup",
        "skuid", "skgid", "nftrace", "rtclassid", "ibrname", "obrname", "ibriport", "obriport",
        "pkttype", "cpu", "cgroup", "iifkind", "oifkind", "ibridgename", "obridgename", "time",
        "hour", "day", "priority", "random", "sdif", "sdifname", "length",
    ]

    private static let ctDirected: Set<String> = ["original", "reply"]

    /// What a rule looks at; nil, and nowhere further, where none begins.
    mutating func key() -> NftKey? {
        let start = index
        guard let first = part() else {
            index = start
            return nil
        }
        guard isSign(".") else { return first }
        var keys = [first]
        while take(".") {
            guard keys.count < 16, let next = part() else {
                index = start
                return nil
            }
            keys.append(next)
        }
        return .concat(keys)
    }

    private mutating func part() -> NftKey? {
        guard var key = simpleKey() else { return nil }
        while isSign("&") {
            advance()
            guard let mask = operand() else { return nil }
            key = .masked(key, mask)
        }
        return key
    }

    private mutating func simpleKey() -> NftKey? {
        let first = index
        if isSign("(") {
            advance()
            nesting += 1
            defer { nesting -= 1 }
            guard nesting < Self.depthMax, let inner = part(), take(")") else { return nil }
            return inner
        }
        guard kind == .word else { return nil }
        let head = word
        if Self.bare.contains(head) {
            advance()
            return .meta(head)
        }
        if head == "meta" {
            advance()
            return name().map { .meta($0) }
        }
        if Self.headers.contains(head) {
            advance()
            guard kind == .word else { return nil }
            let field = text(token)
            if field == "option" { return option(first) }
            advance()
            return .payload(head, field)
        }
        switch head {
        case "ct": return connection()
        case "fib", "socket", "rt", "numgen": return special(head, first)
        default: return nil
        }
    }

    private mutating func option(_ first: Int) -> NftKey? {
        advance()
        guard name() != nil else { return nil }
        if kind == .word, !["exists", "missing", "set", "reset"].contains(word) { advance() }
        return .other(text(from: first))
    }

    private mutating func connection() -> NftKey? {
        advance()
        guard var name = name() else { return nil }
        while Self.ctDirected.contains(name) || name == "ip" || name == "ip6" {
            guard let next = self.name() else { return nil }
            name = next == "ip" || next == "ip6" ? next : name + " " + next
            if !Self.ctDirected.contains(next), next != "ip", next != "ip6" { break }
        }
        return .ct(name)
    }

    private mutating func special(_ head: String, _ first: Int) -> NftKey? {
        advance()
        switch head {
        case "fib":
            repeat {
                guard name() != nil else { return nil }
            } while take(".")
            guard name() != nil else { return nil }
        case "socket":
            guard let name = name() else { return nil }
            if name == "cgroupv2", takeWord("level") {
                guard number() != nil else { return nil }
            }
        case "rt":
            guard let name = name() else { return nil }
            if name == "ip" || name == "ip6" {
                guard self.name() != nil else { return nil }
            }
        default:
            guard name() != nil, takeWord("mod"), number() != nil else { return nil }
            if takeWord("offset") {
                guard number() != nil else { return nil }
            }
        }
        return .other(text(from: first))
    }
}
