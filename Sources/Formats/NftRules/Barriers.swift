internal import Findings
internal import Packets
internal import Ruleset

/// Chains outside IP's hooks that may refuse packets.
enum Barriers {
    static func of(_ table: NftTable) -> [Barrier] {
        table.chains.compactMap { chain in
            guard let hook = hook(of: chain, in: table), mayRefuse(chain, hook, table) else {
                return nil
            }
            let isNamed = !hook.devices.contains { $0.utf8.last == UInt8(ascii: "*") }
            return Barrier(
                "\(table.family) \(table.name) \(chain.name)",
                table.family == "arp" ? .v4 : .both, stopsArrivals: hook.name != "egress",
                stopsDepartures: hook.name != "ingress", interfaces: isNamed ? hook.devices : [],
                alterations: alterations(in: table))
        }
    }

    /// Tables that are not about IP stand in the way with all their hooks: who gets no answer by
    /// ARP sends nothing, and what a bridge drops never comes.
    private static func hook(of chain: NftChain, in table: NftTable) -> NftHook? {
        if let other = chain.other { return other }
        guard table.families.isEmpty, let base = chain.base else { return nil }
        return NftHook(base.hook.name, devices: [], accepts: base.accepts)
    }

    /// Of any chain of the table: a hook's chain may call it.
    private static func alterations(in table: NftTable) -> [Alteration] {
        table.chains.flatMap(\.rules).flatMap(\.statements).compactMap { statement in
            guard case .alter(let key, let value) = statement else { return nil }
            return Altering.alteration(key, value)
        }
    }

    private static func mayRefuse(
        _ chain: NftChain, _ hook: NftHook, _ table: NftTable
    ) -> Bool {
        !hook.accepts
            || chain.rules.contains { rule in
                rule.statements.contains { statement in
                    switch statement {
                    case .match, .condition, .counter, .pass, .mark, .markMap, .untrack,
                        .verdict(.accept), .verdict(.continue), .verdict(.return):
                        false
                    default: true
                    }
                }
            }
    }
}

/// Tables that the kernel does not call, for now.
enum Sleep {
    static func findings(_ table: NftTable) -> [Finding] {
        let name = "table \(table.family) \(table.name)"
        switch table.sleep {
        case .awake: return []
        case .asleep:
            return [
                Finding(
                    .warning, "dormant-table", at: table.place,
                    "\(name) is dormant: none of its rules is in force",
                    remedy: "take its flag away, or the table")
            ]
        case .perhaps:
            return [
                Finding(
                    .warning, "dormant-table", at: table.place,
                    "\(name) has flags that are not told: nobody here knows whether it is dormant",
                    remedy: "read the listing as text, which tells them")
            ]
        }
    }

    /// The first rule of a chain of which nobody knows whether it is called.
    static func rule(_ table: NftTable) -> Rule {
        Rule(
            Match([Clause()], unmodelled: ["whether table \(table.name) is dormant"]), .accept,
            place: table.place)
    }
}
