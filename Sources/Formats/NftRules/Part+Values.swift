internal import FilterTerms
internal import Packets
internal import Ruleset

extension Part {
    /// The values that one written value means; nil when nobody here knows.
    ///
    /// States are numbers of `ConnectionState`; families stand for 4 and 6.
    func intervals(_ value: NftValue) -> [ClosedRange<UInt128>]? {
        guard mask == nil else { return nil }
        switch value {
        case .range(let low, let high):
            guard let first = point(low), let last = point(high), first <= last else {
                return nil
            }
            return [first...last]
        case .prefix(.address(let address, let family), let length):
            return AddressText.prefix(address, length, family).map { [$0] }
        case .prefix(.number(let base), let length):
            // A prefix of 16 bits, as nft writes some ranges of ports.
            guard (0...16).contains(length), last == 65_535 else { return nil }
            let host: UInt128 = (1 << UInt128(16 - length)) - 1
            return [(base & ~host)...(base | host)]
        default:
            if case .state = kind { return states(equalTo: value) }
            return point(value).map { [$0...$0] }
        }
    }

    private func point(_ value: NftValue) -> UInt128? {
        switch value {
        case .number(let number):
            // Numbers of families and of what Ethernet carries.
            if case .families = kind { return [2: 4, 10: 6, 0x0800: 4, 0x86DD: 6][number] }
            return number
        case .address(let address, let family):
            return family == dependency.families ? address : nil
        case .word(let word), .text(let word):
            if case .families = kind {
                return ["ipv4": 4, "ip": 4, "ipv6": 6, "ip6": 6, "0x0800": 4, "0x86dd": 6][word]
            }
            switch names {
            case .none: return nil
            case .port: return FilterNames.port(word)
            case .transport: return FilterNames.transport(word)
            case .icmpType(let family): return FilterNames.icmp(word, family)?.type
            case .icmpCode(let family): return FilterNames.icmpCode(word, family)
            }
        default: return nil
        }
    }

    /// Bits that a value sets; nil when nobody here knows.
    func bits(_ value: NftValue) -> UInt128? {
        switch value {
        case .number(let number): return number
        case .word(let word), .text(let word):
            if case .state = kind {
                return FilterNames.state(word).map(FilterNames.bit(of:))
            }
            return FilterNames.flag(word)
        case .flags(let values):
            var sum: UInt128 = 0
            for value in values {
                guard let bits = bits(value) else { return nil }
                sum |= bits
            }
            return sum
        default: return nil
        }
    }

    /// Whether bits of the packet hold against a value.
    func holds(_ bits: UInt128, _ compare: NftOperator, _ value: NftValue) -> Bool? {
        var seen = bits
        if let mask {
            guard let mask = self.bits(mask) else { return nil }
            seen &= mask
        }
        if case .set(let elements) = value {
            var isIn = false
            for element in elements {
                guard let other = self.bits(element.key) else { return nil }
                if seen == other { isIn = true }
            }
            return compare == .unequal ? !isIn : isIn
        }
        guard let other = self.bits(value) else { return nil }
        switch compare {
        case .implicit: return mask == nil ? seen & other != 0 : seen == other
        case .equal: return seen == other
        case .unequal: return seen != other
        case .none: return seen & other == 0
        case .less: return seen < other
        case .greater: return seen > other
        case .atMost: return seen <= other
        case .atLeast: return seen >= other
        }
    }

    /// States whose bits hold against a value.
    func states(_ compare: NftOperator, _ value: NftValue) -> [ClosedRange<UInt128>]? {
        var found: [ClosedRange<UInt128>] = []
        for state in ConnectionState.allCases {
            guard let holds = holds(FilterNames.bit(of: state), compare, value) else { return nil }
            if holds { found.append(UInt128(state.rawValue)...UInt128(state.rawValue)) }
        }
        return found
    }

    private func states(equalTo value: NftValue) -> [ClosedRange<UInt128>]? {
        states(.equal, value)
    }
}
