package import Packets

/// Reads ClassBench filter sets (Taylor and Turner, 2007) as the NeuroCuts project publishes them.
///
/// One rule a line: `@source/length destination/length low : high low : high protocol/mask
/// flags/mask`; the flags are left out, and there are no actions.
package enum FilterSet {
    /// The boxes of a set's lines; nil when a line is none.
    package static func boxes(_ text: some StringProtocol) -> [Box]? {
        var boxes: [Box] = []
        for line in text.split(separator: "\n") {
            guard let box = box(line) else { return nil }
            boxes.append(box)
        }
        return boxes
    }

    private static func box(_ line: some StringProtocol) -> Box? {
        let words = line.split { $0 == " " || $0 == "\t" }
        guard words.count >= 9, words[0].first == "@", let source = prefix(words[0].dropFirst()),
            let destination = prefix(words[1]), let sourceLow = UInt32(words[2]),
            let sourceHigh = UInt32(words[4]), let destinationLow = UInt32(words[5]),
            let destinationHigh = UInt32(words[7]), sourceLow <= sourceHigh,
            destinationLow <= destinationHigh, destinationHigh <= 65_535, sourceHigh <= 65_535
        else { return nil }
        let numbers = words[8].split(separator: "/")
        guard numbers.count == 2, let number = hexadecimal(numbers[0]),
            let mask = hexadecimal(numbers[1]), mask == 0 || mask == 255, number <= 255
        else { return nil }
        return Box.everything
            .with(.source, source).with(.destination, destination)
            .with(.sourcePort, sourceLow...sourceHigh)
            .with(.destinationPort, destinationLow...destinationHigh)
            .with(.protocolNumber, mask == 0 ? 0...255 : number...number)
    }

    private static func hexadecimal(_ word: some StringProtocol) -> UInt32? {
        UInt32(word.dropFirst(2), radix: 16)
    }

    private static func prefix(_ word: some StringProtocol) -> ClosedRange<UInt32>? {
        let parts = word.split(separator: "/")
        guard parts.count == 2, let length = UInt32(parts[1]), length <= 32 else { return nil }
        let octets = parts[0].split(separator: ".").compactMap { UInt32($0) }
        guard octets.count == 4 else { return nil }
        let address = octets.reduce(0) { $0 << 8 | $1 }
        let mask: UInt32 = length == 0 ? 0 : .max << (32 - length)
        return address & mask...address | ~mask
    }
}
