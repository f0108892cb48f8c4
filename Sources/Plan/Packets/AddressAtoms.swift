/// Numbers for the intervals into which a set of rules cuts the 128-bit addresses.
///
/// Where every boundary of every rule and question is one of the atoms', rules see no difference
/// between two addresses of the same atom, so a proof about atoms is a proof about addresses.
package struct AddressAtoms: Sendable {
    /// The lowest address of each atom, ascending; the first is 0.
    package let starts: [UInt128]

    /// From intervals, both ends included; at most 2^32 - 1 atoms arise from fewer than 2^31.
    package init(_ intervals: some Sequence<ClosedRange<UInt128>>) {
        var starts: [UInt128] = [0]
        for interval in intervals {
            starts.append(interval.lowerBound)
            if interval.upperBound < .max { starts.append(interval.upperBound + 1) }
        }
        starts.sort()
        var unique = 0
        for index in starts.indices where starts[index] != starts[unique] {
            unique += 1
            starts[unique] = starts[index]
        }
        starts.removeLast(starts.count - unique - 1)
        self.starts = starts
    }

    /// The number of the atom that holds the address.
    package func atom(_ address: UInt128) -> UInt32 {
        var low = 0
        var high = starts.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if starts[middle] <= address { low = middle } else { high = middle }
        }
        return UInt32(truncatingIfNeeded: low)
    }

    /// The atoms of an interval, exact when the interval was one of those given to `init`; nil
    /// when it begins or ends inside an atom.
    package func atoms(_ interval: ClosedRange<UInt128>) -> ClosedRange<UInt32>? {
        let first = atom(interval.lowerBound)
        let last = atom(interval.upperBound)
        guard starts[Int(first)] == interval.lowerBound, end(of: last) == interval.upperBound
        else { return nil }
        return first...last
    }

    /// Every address of the atoms from the first to the last.
    package func addresses(_ atoms: ClosedRange<UInt32>) -> ClosedRange<UInt128> {
        starts[Int(min(atoms.lowerBound, lastAtom))]...end(of: min(atoms.upperBound, lastAtom))
    }

    /// The greatest atom.
    package var lastAtom: UInt32 { UInt32(truncatingIfNeeded: starts.count - 1) }

    private func end(of atom: UInt32) -> UInt128 {
        let next = Int(atom) + 1
        return next < starts.count ? starts[next] - 1 : .max
    }
}
