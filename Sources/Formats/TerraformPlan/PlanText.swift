/// What shells make of a plan's text: UTF-16, marks of byte order, warnings before it.
enum PlanText {
    enum Decoded {
        case text([UInt8])
        case refused(problem: String, remedy: String)
    }

    /// UTF-8 with white space where warnings stood, so that places stay as they were.
    static func decode(_ bytes: [UInt8]) -> Decoded {
        if bytes.starts(with: [0x50, 0x4B, 0x03, 0x04]) {
            return .refused(
                problem: "this is a saved plan, which only Terraform reads",
                remedy: "write it with `terraform show -json PLAN > plan.json`")
        }
        var text = bytes
        if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) {
            guard let decoded = utf16(bytes[2...], isLittle: bytes[0] == 0xFF) else {
                return .refused(
                    problem: "a mark says UTF-16, and the text is none",
                    remedy: "write it again as UTF-8")
            }
            text = decoded
        } else if bytes.starts(with: [0xEF, 0xBB, 0xBF]) {
            text.removeFirst(3)
        }
        return .text(blanked(text))
    }

    private static func utf16(_ bytes: ArraySlice<UInt8>, isLittle: Bool) -> [UInt8]? {
        guard bytes.count.isMultiple(of: 2) else { return nil }
        var units: [UInt16] = []
        units.reserveCapacity(bytes.count / 2)
        var index = bytes.startIndex
        while index < bytes.endIndex {
            let first = UInt16(bytes[index])
            let second = UInt16(bytes[index + 1])
            units.append(isLittle ? second << 8 | first : first << 8 | second)
            index += 2
        }
        return String(validating: units, as: UTF16.self).map { Array($0.utf8) }
    }

    /// Lines before the first that begins with a brace hold warnings.
    private static func blanked(_ text: [UInt8]) -> [UInt8] {
        var start = 0
        while start < text.count {
            var first = start
            while first < text.count, text[first] == 0x20 || text[first] == 0x09 { first += 1 }
            if first < text.count, text[first] == UInt8(ascii: "{") { break }
            guard let end = text[start...].firstIndex(of: 0x0A) else { return text }
            start = end + 1
        }
        guard start > 0, start < text.count else { return text }
        var blank = text
        for index in 0..<start where blank[index] != 0x0A { blank[index] = 0x20 }
        return blank
    }
}
