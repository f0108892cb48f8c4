/// The fixed shapes of the tables, in nft's listing form (numeric protocols and priorities).
enum Skeleton {
    // Order in the fabric: the source's address is checked first, before connection tracking, so
    // no spoofed packet can pass as part of somebody's connection; then connections that were
    // allowed before, then what belongs to none, and only then the flows; everything else is
    // refused. The mark is cleared before the lookup: a miss leaves it as it was.
    //
    // Inside a compartment established comes first: every connection tracked there has the
    // compartment's own address at one end, so a packet that leaves under another one is in none.
    // What most packets meet stands in front: each rule more costs each of them.
    private static let cleanSYN = "fin,syn,rst,psh,ack,urg"
    private static let refuse = "counter name \"refused\" log group 2 drop"
    private static let invalid = "counter name \"invalid\" log group 3 drop"
    private static let spoofed = "counter name \"spoofed\" log group 4 drop"
    private static let counters = ["allowed", "refused", "invalid", "spoofed"]

    static let fabric =
        head(Rulebook.table, counters: counters) + """
            \tmap flows {
            \t\ttype ifname . ipv4_addr . ipv4_addr . inet_proto . inet_service : mark
            \t\tcounter
            \t}
            \tset origins {
            \t\ttype ifname . ipv4_addr
            \t}
            \tset targets {
            \t\ttype ipv4_addr
            \t}
            \tchain arriving {
            \t\ttype filter hook prerouting priority -300; policy drop;
            \t\tiifname . ip saddr @origins ip daddr @targets accept
            \t\tmeta nfproto != ipv4 \(refuse)
            \t\tiifname . ip saddr != @origins \(spoofed)
            \t\t\(refuse)
            \t}
            \tchain crossing {
            \t\ttype filter hook forward priority 0; policy drop;
            \t\tct state established accept
            \(opening)
            \t\tmeta mark set iifname . ip saddr . ip daddr . meta l4proto . th dport map @flows
            \t\tmeta mark != 0x00000000 counter name "allowed" log group 1 accept
            \t\t\(refuse)
            \t}
            \tchain entering {
            \t\ttype filter hook input priority 0; policy drop;
            \t\t\(refuse)
            \t}
            \tchain leaving {
            \t\ttype filter hook output priority 0; policy drop;
            \t\t\(refuse)
            \t}
            }

            """

    static func host(address: String) -> String {
        head(Rulebook.table, counters: counters) + """
            \tmap incoming {
            \t\ttype ipv4_addr . inet_proto . inet_service : mark
            \t\tcounter
            \t}
            \tmap outgoing {
            \t\ttype ipv4_addr . inet_proto . inet_service : mark
            \t\tcounter
            \t}
            \tchain entering {
            \t\ttype filter hook input priority 0; policy drop;
            \t\tct state established accept
            \t\tiifname "lo" accept
            \t\tmeta nfproto != ipv4 \(refuse)
            \(opening)
            \t\tmeta mark set ip saddr . meta l4proto . th dport map @incoming
            \t\tmeta mark != 0x00000000 counter name "allowed" accept
            \t\t\(refuse)
            \t}
            \tchain leaving {
            \t\ttype filter hook output priority 0; policy drop;
            \t\tct state established accept
            \t\toifname "lo" accept
            \t\tmeta nfproto != ipv4 \(refuse)
            \t\tip saddr != \(address) \(spoofed)
            \(opening)
            \t\tmeta mark set ip daddr . meta l4proto . th dport map @outgoing
            \t\tmeta mark != 0x00000000 counter name "allowed" accept
            \t\t\(refuse)
            \t}
            \tchain crossing {
            \t\ttype filter hook forward priority 0; policy drop;
            \t\t\(refuse)
            \t}
            }

            """
    }

    static func publishing(name: String, group: UInt16) -> String {
        // No connection tracking on the host: a new connection is a packet with SYN alone.
        let first = "tcp flags syn / fin,syn,rst,ack"
        let refuse = "counter name \"refused\" log group \(group + 1) drop"
        return head(name, counters: ["allowed", "refused"]) + """
            \tset owners {
            \t\ttype uid
            \t}
            \tset published {
            \t\ttype ipv4_addr . inet_service
            \t}
            \tset everywhere {
            \t\ttype inet_service
            \t}
            \tchain leaving {
            \t\ttype filter hook output priority 0; policy accept;
            \t\tmeta skuid @owners \(first) \(refuse)
            \t\tmeta skuid @owners meta l4proto != 6 \(refuse)
            \t}
            \tchain arriving {
            \t\ttype filter hook input priority 0; policy accept;
            \t\tip daddr . tcp dport @published \(first) counter name "allowed" log group \(group)
            \t\ttcp dport @everywhere \(first) counter name "allowed" log group \(group)
            \t}
            }

            """
    }

    private static let opening = """
        \t\tct state invalid \(invalid)
        \t\ttcp flags != syn / \(cleanSYN) \(invalid)
        \t\tmeta mark set 0x00000000
        """

    private static func head(_ name: String, counters: [String]) -> String {
        "table \(name) {\n" + counters.map { "\tcounter \($0) {\n\t}\n" }.joined()
    }
}
