/// Reads `name: value`, of a head or of trailers.
enum FieldLine {
    /// A value with its refusal beside it.
    enum Reading {
        case success(FieldPlace)
        case failure(Refusal)
    }

    /// `range` is relative to `start`, and so are the places found.
    static func read(_ bytes: [UInt8], _ start: Int, _ range: Range<Int>) -> Reading {
        let end = start + range.upperBound
        var place = start + range.lowerBound
        guard place < end else { return .failure(.fieldName) }
        if bytes[place] == Octet.space || bytes[place] == Octet.tab { return .failure(.fold) }
        let name = place
        while place < end, Octet.isToken(bytes[place]) { place += 1 }
        guard place > name, place < end, bytes[place] == Octet.colon else {
            return .failure(.fieldName)
        }
        let value = trimmed(bytes, (place + 1)..<end)
        return .success(
            FieldPlace(
                name: (name - start)..<(place - start),
                value: (value.lowerBound - start)..<(value.upperBound - start)))
    }

    /// Without spaces and tabs at either end.
    static func trimmed(_ bytes: [UInt8], _ range: Range<Int>) -> Range<Int> {
        var low = range.lowerBound
        var high = range.upperBound
        while low < high, bytes[low] == Octet.space || bytes[low] == Octet.tab { low += 1 }
        while low < high, bytes[high - 1] == Octet.space || bytes[high - 1] == Octet.tab {
            high -= 1
        }
        return low..<high
    }
}
