import Load
import Numerals
import Testing

@Suite("Order flow as CSV")
struct FlowTextTests {
    static let header = "message,order,side,shares,stock,price,new\n"

    static func read(_ text: String) throws(FlowFile.Flaw) -> [FlowMessage] {
        var file = FlowFile(Array(text.utf8))
        var found: [FlowMessage] = []
        while let message = try file.next() { found.append(message) }
        return found
    }

    @Test("each line is the message of ITCH that it names, and comments are none")
    func messages() throws {
        let found = try Self.read(
            "# own\n" + Self.header + "add,7,buy,100,ACME,10.25,\n# more\nexecute,7,,40,,,\n"
                + "reduce,7,,5,,,\nreplace,7,,90,,10.0001,8\ndelete,8,,,,,\n")
        #expect(
            found == [
                .add(reference: 7, isBuy: true, shares: 100, stock: "ACME", price: 102_500),
                .executed(reference: 7, shares: 40), .reduce(reference: 7, shares: 5),
                .replace(old: 7, new: 8, shares: 90, price: 100_001), .delete(reference: 8),
            ])
    }

    @Test(
        "what is no such file is refused with its line",
        arguments: [
            ("", "byte 0"), ("x", "line 1"), ("order\n", "line 1"), ("# only\n", "line 1"),
            (header + "add,7,buy,100,ACME,10.25,", "line 2"),
            (header + "delete,7,,,,,\nsell,1,,,,,\n", "line 3"),
            (header + "delete,7,,,,\n", "line 2"), (header + "delete,7,,,,,8\n", "line 2"),
            (header + "delete,0,,,,,\n", "line 2"), (header + "delete,-1,,,,,\n", "line 2"),
            (header + "delete,9223372036854775808,,,,,\n", "line 2"),
            (header + "\n", "line 2"), (header + "delete,7,,,,,\r\n", "line 2"),
            (header + "add,7,BUY,100,ACME,10.25,\n", "line 2"),
            (header + "add,7,buy,4294967296,ACME,10.25,\n", "line 2"),
            (header + "add,7,buy,1,TOOLONGNAME,10.25,\n", "line 2"),
            (header + "add,7,buy,1,,10.25,\n", "line 2"),
            (header + "add,7,buy,1,ACME,10.00001,\n", "line 2"),
            (header + "add,7,buy,1,ACME,0,\n", "line 2"),
            (header + "#" + String(repeating: "x", count: 128) + "\n", "line 2"),
        ])
    func refused(text: String, place: String) {
        var found: FlowFile.Flaw?
        do throws(FlowFile.Flaw) { _ = try Self.read(text) } catch { found = error }
        #expect(found?.place == place, "\(text)")
        #expect(found?.problem.isEmpty == false)
    }

    @Test("changed and cut files never trap", arguments: 1...4)
    func mutated(seed: UInt64) {
        var random = Seeded(seed: seed)
        let whole = Array(
            (Self.header + "add,7,buy,100,ACME,10.25,\nreplace,7,,90,,10.0001,8\ndelete,8,,,,,\n")
                .utf8)
        for _ in 0..<2_000 {
            var bytes = whole
            for _ in 0..<Int.random(in: 1...6, using: &random) {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(
                    in: 0...255, using: &random)
            }
            bytes.removeLast(Int.random(in: 0..<40, using: &random))
            var flow = ReplayFlow(
                bytes, accounts: 3, listing: ITCHTests.listing, mids: [Price(5_000)])
            while let step = try? flow.next() { _ = step }
        }
    }
}
