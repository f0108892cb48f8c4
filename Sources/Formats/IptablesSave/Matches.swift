internal import FilterTerms
internal import Packets
internal import Ruleset

extension RuleReader {
    mutating func take(
        _ option: String, _ values: [String], _ isNegated: Bool, _ module: String
    ) {
        let value = values.first ?? ""
        switch option {
        case "-j", "--jump": target = value
        case "-g", "--goto":
            target = value
            isGoto = true
        case "--comment": comment = value
        case "-c", "--set-counters": hits = UInt64(value)
        case "-4", "--ipv4": narrow(family == .v4 ? .always : .never)
        case "-6", "--ipv6": narrow(family == .v6 ? .always : .never)
        default:
            let known = values.count <= 1 ? condition(option, value, isNegated, module) : nil
            if let known {
                narrow(known)
            } else if option == "--tcp-flags", values.count == 2 {
                tcpFlags(values[0], values[1], isNegated)
            } else if option == "--syn" {
                tcpFlags("FIN,SYN,RST,ACK", "SYN", isNegated)
            } else {
                unknown(module, option, values, isNegated)
            }
        }
    }

    private mutating func narrow(_ other: Condition) { condition = condition.and(other) }

    /// Nil for what is not modelled.
    private func condition(
        _ option: String, _ value: String, _ isNegated: Bool, _ module: String
    ) -> Condition? {
        switch option {
        case "-s", "--source", "--src", "--src-range":
            return addresses(.source, value, isNegated)
        case "-d", "--destination", "--dst", "--dst-range":
            return addresses(.destination, value, isNegated)
        case "-i", "--in-interface": return interface(.arrival, value, isNegated)
        case "-o", "--out-interface": return interface(.departure, value, isNegated)
        case "-p", "--protocol", "--proto":
            guard let number = transport(value) else { return nil }
            if number == 0 { return isNegated ? .never : .always }
            return field(.protocolNumber, [number...number], isNegated)
        case "--sport", "--source-port", "--sports", "--source-ports":
            return ports(value, isNegated, module).map { .field(.sourcePort, in: $0) }
        case "--dport", "--destination-port", "--dports", "--destination-ports":
            return ports(value, isNegated, module).map { .field(.destinationPort, in: $0) }
        case "--ports": return eitherPort(value, isNegated, module)
        case "--icmp-type", "--icmpv6-type": return icmp(value, isNegated)
        case "--ctstate", "--state": return states(value, isNegated)
        default: return nil
        }
    }

    private func field(
        _ field: Field, _ intervals: [ClosedRange<UInt128>], _ isNegated: Bool
    ) -> Condition {
        let last =
            field == .source || field == .destination
            ? (family == .v4 ? UInt128(UInt32.max) : .max) : UInt128(field.last)
        return .field(
            field, in: isNegated ? Intervals.complement(intervals, last: last) : intervals,
            field == .source || field == .destination ? family : .both)
    }

    private func addresses(_ field: Field, _ text: String, _ isNegated: Bool) -> Condition? {
        var intervals: [ClosedRange<UInt128>] = []
        for part in text.split(separator: ",") {
            guard let interval = AddressRange.interval(part.utf8, family) else { return nil }
            intervals.append(interval)
        }
        guard !intervals.isEmpty else { return nil }
        return self.field(field, intervals, isNegated)
    }

    private func interface(_ field: Field, _ name: String, _ isNegated: Bool) -> Condition {
        let isPrefix = name.utf8.last == UInt8(ascii: "+")
        let plain = isPrefix ? String(name.dropLast()) : name
        return interfaces.condition(
            field, among: [(plain, isPrefix)], isNegated: isNegated, word: "interface \(name)")
    }

    private func transport(_ name: String) -> UInt128? {
        if name == "all" { return 0 }
        if let number = UInt8(name) { return UInt128(number) }
        return FilterNames.transport(name.lowercased())
    }

    private func ports(
        _ text: String, _ isNegated: Bool, _ module: String
    ) -> [ClosedRange<UInt128>]? {
        var intervals: [ClosedRange<UInt128>] = []
        for part in text.split(separator: ",") {
            let ends = part.split(separator: ":", omittingEmptySubsequences: false)
            guard let low = port(ends[0], 0), ends.count <= 2,
                let high = ends.count == 2 ? port(ends[1], 65_535) : low, low <= high
            else { return nil }
            intervals.append(low...high)
        }
        guard !intervals.isEmpty else { return nil }
        return isNegated ? Intervals.complement(intervals, last: 65_535) : intervals
    }

    private func port(_ text: Substring, _ missing: UInt128) -> UInt128? {
        if text.isEmpty { return missing }
        return UInt16(text).map { UInt128($0) } ?? FilterNames.port(String(text))
    }

    /// Either of the two ports, or neither.
    private func eitherPort(_ text: String, _ isNegated: Bool, _ module: String) -> Condition? {
        guard let values = ports(text, isNegated, module) else { return nil }
        guard !values.isEmpty else { return .never }
        let source = Clause(.both, [.sourcePort: values])
        let target = Clause(.both, [.destinationPort: values])
        guard !isNegated else { return source.and(target).map { Condition($0) } ?? .never }
        return Condition([Match([source, target])])
    }

    private func icmp(_ text: String, _ isNegated: Bool) -> Condition? {
        if text == "any" { return isNegated ? .never : .always }
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        var type: UInt128
        var code: UInt128?
        if let number = UInt8(parts[0]) {
            type = UInt128(number)
            if parts.count == 2 {
                guard let number = UInt8(parts[1]) else { return nil }
                code = UInt128(number)
            }
            if type == 255, family == .v4 { return isNegated ? .never : .always }
        } else {
            guard let named = FilterNames.icmp(text, family) else { return nil }
            (type, code) = (named.type, named.code)
        }
        var clause = Clause(.both, [.sourcePort: [type...type]])
        if let code { clause.values[.destinationPort] = [code...code] }
        return isNegated ? Condition([Match([Clause()], except: [clause])]) : Condition(clause)
    }

    /// States of connections; SNAT and DNAT are no states of the model.
    private func states(_ text: String, _ isNegated: Bool) -> Condition? {
        var values: [ClosedRange<UInt128>] = []
        var others: [Substring] = []
        for name in text.split(separator: ",") {
            if let state = FilterNames.state(name.lowercased()) {
                values.append(UInt128(state.rawValue)...UInt128(state.rawValue))
            } else {
                others.append(name)
            }
        }
        let known = field(.state, values, isNegated)
        guard !others.isEmpty else { return values.isEmpty ? nil : known }
        let word = Condition.unmodelled((isNegated ? "! " : "") + "ctstate \(text)")
        if isNegated { return known.and(word) }
        return known.or(field(.state, values, true).and(word))
    }

    private mutating func tcpFlags(_ mask: String, _ wanted: String, _ isNegated: Bool) {
        narrow(Condition(Clause(.both, [.protocolNumber: [6...6]])))
        let word = (isNegated ? "! " : "") + "tcp flags \(wanted) of \(mask)"
        guard let mask = Self.bits(mask), let wanted = Self.bits(wanted) else {
            return flags.add(word) { _ in nil }
        }
        flags.add(word) { ($0 & mask == wanted) != isNegated }
    }

    private static func bits(_ text: String) -> UInt128? {
        if let number = UInt8(text) { return UInt128(number) }
        var sum: UInt128 = 0
        for name in text.split(separator: ",") {
            switch name {
            case "ALL": sum |= 63
            case "NONE": break
            default:
                guard let flag = FilterNames.flag(name.lowercased()) else { return nil }
                sum |= flag
            }
        }
        return sum
    }
}

/// Addresses as iptables writes them.
enum AddressRange {
    /// An address, one with a prefix or a mask, or two with a dash between them.
    static func interval(
        _ text: Substring.UTF8View, _ family: Families
    ) -> ClosedRange<UInt128>? {
        if let dash = text.firstIndex(of: UInt8(ascii: "-")) {
            guard let low = address(text[..<dash], family),
                let high = address(text[text.index(after: dash)...], family), low <= high
            else { return nil }
            return low...high
        }
        guard let slash = text.firstIndex(of: UInt8(ascii: "/")) else {
            return address(text, family).map { $0...$0 }
        }
        guard let base = address(text[..<slash], family) else { return nil }
        let rest = text[text.index(after: slash)...]
        if let length = Int(String(decoding: rest, as: UTF8.self)) {
            return AddressText.prefix(base, length, family)
        }
        guard let mask = address(rest, family),
            let length = AddressText.length(ofMask: mask, family)
        else { return nil }
        return AddressText.prefix(base, length, family)
    }

    static func address(_ text: Substring.UTF8View, _ family: Families) -> UInt128? {
        guard let found = AddressText.address(Array(text)[...]), found.family == family else {
            return nil
        }
        return found.value
    }
}
