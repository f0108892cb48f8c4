import Addresses
import Descriptors
import Enrolment
import Findings
import Passage
import Testing

@Suite("Table of passages")
struct TableTests {
    private static let text = """
        self orders 10.0.1.3
        public 127.0.0.1
        accept api.1 10.0.1.1 7002 submit,cancel-all
        accept identity 10.0.1.2 7002 share
        open risk 10.0.1.4 7003 attach,block

        """

    @Test("a table is read as it is written, and lines of one passage are one")
    func read() throws {
        let table = try PassageTable(parsing: Array(Self.text.utf8))
        #expect(table.name == "orders" && table.published == [Address(127 << 24 | 1)])
        #expect(table.lines.map(\.peer) == ["api.1", "identity", "risk"])
        #expect(table.lines[0].messages == ["submit", "cancel-all"])
        #expect(table.render() == Self.text)
        let more = Self.text + "open risk 10.0.1.4 7003 block,restart\n"
        let merged = try PassageTable(parsing: Array(more.utf8))
        #expect(merged.lines.count == 3)
        #expect(merged.lines[2].messages == ["attach", "block", "restart"])
    }

    @Test(
        "anything else is refused",
        arguments: [
            "", "self a 10.0.0.1", "self a\n", "self a 10.0.0.1 x\n", "self A 10.0.0.1\n",
            "self a 10.0.0.256\n", "open b 10.0.0.2 1 m\n", "self a 10.0.0.1\n\n",
            "self a 10.0.0.1\nopen b 10.0.0.2 0 m\n", "self a 10.0.0.1\nopen b 10.0.0.2 65536 m\n",
            "self a 10.0.0.1\nopen b 10.0.0.2 1 \n", "self a 10.0.0.1\nopen b 10.0.0.2 1 m,\n",
            "self a 10.0.0.1\nopen b 10.0.0.2 1 m,m\n", "self a 10.0.0.1\nshut b 10.0.0.2 1 m\n",
            "self a 10.0.0.1\nopen  b 10.0.0.2 1 m\n", "self a 10.0.0.1\nopen b 10.0.0.2 1 m n\n",
            "self a 10.0.0.1\npublic x\n", "self a 10.0.0.1\r\n", "self ä 10.0.0.1\n",
        ])
    func refused(text: String) {
        #expect(throws: Failure.self) { try PassageTable(parsing: Array(text.utf8)) }
    }

    @Test("no mutation of tables and heads of frames traps, and what is read is written alike")
    func fuzz() {
        var state: UInt64 = 7
        func next(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % bound
        }
        for _ in 0..<20_000 {
            var bytes = Array(Self.text.utf8)
            for _ in 0..<next(4) { bytes[next(bytes.count)] = UInt8(next(128)) }
            if next(3) == 0 { bytes.removeLast(next(bytes.count)) }
            if let table = try? PassageTable(parsing: bytes) {
                #expect((try? PassageTable(parsing: Array(table.render().utf8))) == table)
            }
        }
        for _ in 0..<50_000 {
            let bytes = (0..<next(20)).map { _ in UInt8(next(4) == 0 ? next(256) : 0) }
            if case .head(let head) = FrameHead.read(bytes, at: 0) {
                #expect(bytes.count >= FrameHead.bytes && head.bodyBytes <= FrameHead.bodyMax)
            }
        }
    }

    @Test("a word that the program does not know fails the start")
    func unknownWord() throws {
        var office = try Office(TestClock())
        let pair = try office.pair("a")
        let table = PassageTable(
            name: "a", address: Ground.dialler,
            lines: [.init(.open, "b", Ground.listener, 1, ["what"])])
        do throws(Failure) {
            _ = try Passages(table, authority: pair.number, names: words)
            Issue.record("an unknown word was taken")
        } catch { #expect(error.code == "passage-table") }
    }
}
