internal import CSeccomp
internal import Testing

/// Answers what a filter does with one call: the kernel's classic BPF machine, as far as libseccomp
/// uses it.
///
/// It lets the tests ask about calls that must not be tried.
struct Simulator {
    enum Answer: Equatable {
        case allow
        case kill
        case refuse(UInt32)
        case broken(String)
    }

    let filter: [UInt8]

    func answer(
        _ call: String, _ arguments: [UInt64] = [], architecture: UInt32 = 0xC000_003E,
        number: UInt32? = nil
    ) -> Answer {
        let resolved = unsafe seccomp_syscall_resolve_name(call)
        var data = [UInt32](repeating: 0, count: 16)
        data[0] = number ?? UInt32(bitPattern: resolved)
        data[1] = architecture
        for (index, argument) in arguments.enumerated() {
            data[4 + 2 * index] = UInt32(truncatingIfNeeded: argument)
            data[5 + 2 * index] = UInt32(truncatingIfNeeded: argument >> 32)
        }
        return run(data)
    }

    private func run(_ data: [UInt32]) -> Answer {
        var accumulator: UInt32 = 0
        var next = 0
        while next * 8 + 8 <= filter.count {
            let at = next * 8
            let code = UInt16(filter[at]) | UInt16(filter[at + 1]) << 8
            let constant = (0..<4).reduce(UInt32(0)) {
                $0 | UInt32(filter[at + 4 + $1]) << (8 * UInt32($1))
            }
            var jump: Bool?
            switch code {
            case 0x20: accumulator = data[Int(constant / 4)]
            case 0x54: accumulator &= constant
            case 0x05: next += Int(constant)
            case 0x15: jump = accumulator == constant
            case 0x25: jump = accumulator > constant
            case 0x35: jump = accumulator >= constant
            case 0x45: jump = accumulator & constant != 0
            case 0x06: return result(constant)
            default: return .broken("instruction \(code)")
            }
            if let jump { next += Int(filter[at + (jump ? 2 : 3)]) }
            next += 1
        }
        return .broken("fell off the end")
    }

    private func result(_ value: UInt32) -> Answer {
        switch value & 0xFFFF_0000 {
        case 0x7FFF_0000: .allow
        case 0x8000_0000: .kill
        case 0x0005_0000: .refuse(value & 0xFFFF)
        default: .broken("action \(value)")
        }
    }
}
