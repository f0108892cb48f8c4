internal import FilterTerms
internal import Ruleset

extension RuleReader {
    /// What DNAT and its like put into the packet; nil when that is not understood.
    func rewrite() -> Action? {
        let isSource =
            target == "SNAT" || target == "MASQUERADE"
            || target == "NETMAP" && (base == .postrouting || base == .input)
        let isOwn = target == "MASQUERADE" || target == "REDIRECT"
        if target == "NETMAP", base == nil { return nil }
        var rewrite = Rewrite(isSource ? .source : .destination, address: nil, isOwnAddress: isOwn)
        for (name, values) in options {
            guard let value = values.first else { continue }
            switch name {
            case "--to-destination", "--to-source":
                guard rewrite.address == nil, rewrite.port == nil, place(value, &rewrite) else {
                    return nil
                }
            case "--to-ports":
                guard let ports = Self.ports(value[...]) else { return nil }
                rewrite.port = ports
            case "--to":
                guard target == "NETMAP" else {
                    return nil
                }
                guard let range = AddressRange.interval(value[...].utf8, family) else {
                    return nil
                }
                rewrite.address = range
            default: break
            }
        }
        if !isOwn, rewrite.address == nil, rewrite.port == nil { return nil }
        return .rewrite(rewrite)
    }

    /// `[ADDRESS[-ADDRESS]][:PORT[-PORT]]`, an IPv6 address with ports in brackets.
    private func place(_ text: String, _ rewrite: inout Rewrite) -> Bool {
        var addresses = text[...]
        var ports: Substring?
        if family == .v6 {
            if let close = text.lastIndex(of: "]") {
                let rest = text[text.index(after: close)...]
                if rest.first == ":" { ports = rest.dropFirst() }
                addresses = text[..<close]
                let plain = String(addresses.filter { $0 != "[" && $0 != "]" })
                addresses = plain[...]
            }
        } else if let colon = text.firstIndex(of: ":") {
            addresses = text[..<colon]
            ports = text[text.index(after: colon)...]
        }
        if !addresses.isEmpty {
            guard let range = AddressRange.interval(addresses.utf8, family) else { return false }
            rewrite.address = range
        }
        if let ports {
            guard let range = Self.ports(ports) else { return false }
            rewrite.port = range
        }
        return true
    }

    private static func ports(_ text: Substring) -> ClosedRange<UInt16>? {
        let ends = text.split(separator: "-", omittingEmptySubsequences: false)
        guard ends.count <= 2, let low = UInt16(ends[0]) else { return nil }
        guard ends.count == 2 else { return low...low }
        // A shifted range, `1000-2000/3000`, is not modelled.
        guard let high = UInt16(ends[1]), low <= high else { return nil }
        return low...high
    }
}
