internal import Chance
internal import HTTPWire
internal import Testing

@Suite("Requests of HTTP/1.1, mutated")
struct FuzzTests {
    private static let splices = [
        "\r\n", "\n", "\r", "\0", " ", "\t", ":", "0", "Content-Length: 3\r\n",
        "Transfer-Encoding: chunked\r\n", "\r\n\r\n", "GET / HTTP/1.1\r\n", "%2e",
        "ffffffffffffffff",
        ";", "\u{FF}", "Host: a\r\n",
    ]

    @Test("no bytes stop the parser, and no cuts change what it says")
    func mutations() {
        var random = Seeded(state: 0x9E37_79B9_7F4A_7C15)
        let seeds = (Rows.accepted + Rows.refused).map { Array($0.0.utf8) }
            .filter { $0.count < 1_000 }
        for round in 0..<20_000 {
            var bytes = seeds[Int.random(in: 0..<seeds.count, using: &random)]
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let place = Int.random(in: 0...bytes.count, using: &random)
                switch UInt8.random(in: 0..<4, using: &random) {
                case 0: bytes.insert(UInt8.random(in: 0...255, using: &random), at: place)
                case 1: if place < bytes.count { bytes.remove(at: place) }
                case 2: if place < bytes.count { bytes[place] ^= 1 << UInt8(round % 8) }
                default:
                    let splice = Self.splices[
                        Int.random(in: 0..<Self.splices.count, using: &random)]
                    bytes.insert(contentsOf: Array(splice.utf8), at: place)
                }
            }
            let whole = Reading.verdict(bytes, pieces: [])
            let cuts = (0..<3).map { _ in Int.random(in: 0...bytes.count, using: &random) }
            let cut = Reading.verdict(bytes, pieces: cuts.sorted())
            if whole != cut { Issue.record("\(bytes): \(whole) or \(cut)") }
        }
    }
}
