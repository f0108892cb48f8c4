/// A seeded generator (SplitMix64): the same numbers in every run and on every machine.
package struct Seeded: RandomNumberGenerator, Sendable {
    private var state: UInt64

    package init(state: UInt64) { self.state = state }

    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    package mutating func number(_ range: ClosedRange<Int64>) -> Int64 {
        .random(in: range, using: &self)
    }

    /// A number from zero up to `bound`, which counts as one when it is less.
    package mutating func below(_ bound: Int) -> Int {
        .random(in: 0..<max(bound, 1), using: &self)
    }

    /// A body cut short, changed at one place, lengthened, or made of nothing but noise.
    package mutating func broken(_ body: [UInt8]) -> [UInt8] {
        var bytes = body
        switch number(0...3) {
        case 0: bytes.removeLast(Int(number(0...Int64(bytes.count))))
        case 1:
            guard let place = bytes.indices.randomElement(using: &self) else { return [0] }
            bytes[place] = UInt8(truncatingIfNeeded: next())
        case 2: bytes += [UInt8](repeating: UInt8(truncatingIfNeeded: next()), count: 9)
        default: bytes = (0..<number(0...200)).map { _ in UInt8(truncatingIfNeeded: next()) }
        }
        return bytes
    }
}
