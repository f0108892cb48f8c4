// NftJSON: what `nft -j list ruleset` prints (schema version 1), into a `Ruleset`. Each object of
// the list is read by itself, so that a place is known and one object at a time is in memory.
// Bounds: 64 MiB of text, `Ruleset.rulesMax` rules, 64 levels.
internal import FilterTerms
package import Findings
package import NftRules
internal import Notation
package import Ruleset

/// Reader of nftables JSON.
package enum NftJSON {
    package static let bytesMax = 64 << 20

    /// The rules, and what was found while reading; nil when something is wrong that would leave
    /// rules out.
    ///
    /// Interfaces get the numbers of `interfaces` first, others follow by name.
    package static func read(
        _ bytes: [UInt8], interfaces: [String] = []
    ) -> (ruleset: Ruleset?, findings: [Finding]) {
        var (tables, findings) = tables(bytes)
        guard !findings.contains(where: { $0.severity == .error }) else { return (nil, findings) }
        let ruleset = tables.ruleset(interfaces: interfaces, findings: &findings)
        let isBroken = findings.contains { $0.severity == .error }
        return (isBroken ? nil : ruleset, findings)
    }

    /// The tables as they are written.
    package static func tables(_ bytes: [UInt8]) -> (tables: NftTables, findings: [Finding]) {
        guard bytes.count <= bytesMax else {
            return (NftTables(), [error(nil, "more than 64 MiB of text", "list tables one by one")])
        }
        var reader = ObjectReader()
        guard let pieces = Pieces.all(of: bytes) else {
            return (
                NftTables(),
                [
                    error(
                        Place(line: 1, column: 1), "no object with a list `nftables`",
                        "give the output of `nft -j list ruleset`")
                ]
            )
        }
        var bounds = JSON.Bounds()
        bounds.bytes = bytesMax
        bounds.values = 32 << 20
        for piece in pieces {
            let place = piece.place
            do throws(NotationFailure) {
                reader.take(try JSON.parse(Array(bytes[piece.range]), within: bounds), place)
            } catch {
                let isFirst = error.place.line == 1
                let inside = Place(
                    line: place.line + error.place.line - 1,
                    column: isFirst ? place.column + error.place.column - 1 : error.place.column)
                reader.findings.append(
                    self.error(inside, error.problem.description, "correct the text"))
            }
            if reader.findings.count(where: { $0.severity == .error }) > 20 { break }
        }
        return (reader.tables, reader.findings)
    }

    static func error(_ place: Place?, _ problem: String, _ remedy: String) -> Finding {
        Finding(.error, "not-nft-json", at: place, problem, remedy: remedy)
    }
}

/// The objects of the list `nftables`, before anything in them is read.
struct Pieces {
    struct Piece {
        let range: Range<Int>
        let place: Place
    }

    /// Nil when the text is not an object with that list.
    static func all(of bytes: [UInt8]) -> [Piece]? {
        var scan = Pieces(bytes: bytes)
        guard scan.take("{"), scan.takeText("nftables"), scan.take(":"), scan.take("[") else {
            return nil
        }
        var found: [Piece] = []
        if scan.take("]") { return scan.take("}") && scan.isEnd ? found : nil }
        repeat {
            scan.skipSpace()
            let place = Place(line: scan.line, column: scan.offset - scan.lineStart + 1)
            let start = scan.offset
            guard scan.skipValue() else { return nil }
            found.append(Piece(range: start..<scan.offset, place: place))
        } while scan.take(",")
        guard scan.take("]"), scan.take("}") else { return nil }
        scan.skipSpace()
        return scan.isEnd ? found : nil
    }

    private let bytes: [UInt8]
    private var offset = 0
    private var line = 1
    private var lineStart = 0

    private init(bytes: [UInt8]) { self.bytes = bytes }

    private var isEnd: Bool { offset >= bytes.count }

    private mutating func skipSpace() {
        while offset < bytes.count {
            switch bytes[offset] {
            case 32, 9, 13: offset += 1
            case 10:
                offset += 1
                line += 1
                lineStart = offset
            default: return
            }
        }
    }

    private mutating func take(_ sign: Unicode.Scalar) -> Bool {
        skipSpace()
        guard offset < bytes.count, UInt32(bytes[offset]) == sign.value else { return false }
        offset += 1
        return true
    }

    private mutating func takeText(_ text: String) -> Bool {
        skipSpace()
        guard bytes[offset...].starts(with: "\"\(text)\"".utf8) else { return false }
        offset += text.utf8.count + 2
        return true
    }

    /// Steps over one object, whatever is in it.
    private mutating func skipValue() -> Bool {
        var depth = 0
        while offset < bytes.count {
            switch bytes[offset] {
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                depth -= 1
                if depth < 0 { return false }
            case UInt8(ascii: "\""):
                offset += 1
                while offset < bytes.count, bytes[offset] != UInt8(ascii: "\"") {
                    offset += bytes[offset] == UInt8(ascii: "\\") ? 2 : 1
                }
                guard offset < bytes.count else { return false }
            case 10:
                line += 1
                lineStart = offset + 1
            default: if depth == 0 { return false }
            }
            offset += 1
            if depth == 0 { return true }
        }
        return false
    }
}
