import Blueprint
import Findings
import Platform
import Testing

@Suite("Hostile platform files")
struct HostileTests {
    @Test(
        "what is no YAML, or more than a platform file needs of it, is refused at its place",
        arguments: [
            ("", "empty 1:1"), ("# nothing\n", "empty 1:1"), ("---\n...\n", "wrong-type 2:1"),
            ("platform: a: b", "not-yaml 1:12"), ("platform:\n\t- a", "not-yaml 2:1"),
            ("platform: [a", "not-yaml 2:1"), ("platform: 'a", "not-yaml 1:13"),
            ("platform: \u{1}", "not-yaml 1:11"),
            ("platform: a\n---\nplatform: b", "more-documents 2:1"),
            ("%YAML 2.0\n--- a", "not-yaml 1:1"), ("- platform", "wrong-type 1:1"),
            ("platform", "wrong-type 1:1"), ("*a", "alias 1:1"),
        ])
    func syntax(text: String, first: String) {
        let (platform, findings) = read(text)
        #expect(platform == nil)
        #expect(marks(findings).first == first, "\(findings)")
    }

    @Test(
        "tags, anchors, aliases and keys that are no text are refused, all in one reading",
        arguments: [
            ("platform: !!str a", "tag 1:11"), ("platform: ! a", "tag 1:11"),
            ("platform: !<tag:x> a", "tag 1:11"), ("platform: &a x", "alias 1:11"),
            ("[a]: b", "key-not-text 1:1"), ("{a: b}: c", "key-not-text 1:1"),
            ("<<: {platform: a}", "unknown-key 1:1"), ("platform: &a x\nzones: *a", "alias 2:8"),
        ])
    func refused(text: String, mark: String) {
        let (platform, findings) = read(text)
        #expect(platform == nil)
        #expect(marks(findings).contains(mark), "\(findings)")
    }

    @Test("bytes that are no UTF-8 are refused at their place")
    func encoding() {
        for bytes: [UInt8] in [
            [0xff, 0xfe, 0x61, 0], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xe2, 0x82],
        ] {
            let text = Array("platform: ".utf8) + bytes
            let (platform, findings) = Blueprint.read(text, folder: "/", today: today)
            #expect(platform == nil)
            #expect(marks(findings) == ["not-utf8 1:11"], "\(findings)")
        }
        let marked = [0xef, 0xbb, 0xbf] + Array(full.utf8)
        #expect(Blueprint.read(marked, folder: "/", today: today).platform != nil)
    }

    @Test("an alias bomb stays as small as its text")
    func bomb() {
        var text = "a: &a [x,x,x,x,x,x,x,x,x]\n"
        for index in 0..<20 {
            let name = Unicode.Scalar(UInt8(98 + index))
            let last = Unicode.Scalar(UInt8(97 + index))
            text +=
                "\(name): &\(name) [\(Array(repeating: "*\(last)", count: 9).joined(separator: ","))]\n"
        }
        let (platform, findings) = read(text)
        #expect(platform == nil)
        #expect(findings.contains { $0.code == "alias" })
    }

    @Test(
        "nesting is refused at the first level too deep, whatever follows",
        arguments: ["[", "{a: ", "- ", "? "])
    func nesting(open: String) {
        let (platform, findings) = read("a: \n  " + String(repeating: open, count: 300_000))
        #expect(platform == nil)
        #expect(["too-deep", "not-yaml"].contains(findings.first?.code))
    }

    @Test("a file above its bytes is refused before it is read, one within them is read")
    func size() throws {
        var text = full + "\n" + String(repeating: "# ten bytes\n", count: 860_000)
        #expect(read(text).platform != nil)
        text += String(repeating: "# ten bytes\n", count: 20_000)
        #expect(marks(read(text).findings) == ["too-big 0:0"])
    }

    @Test("more values than a platform can have are refused")
    func count() {
        let text = "platform: [" + String(repeating: "a,", count: 1_000_001) + "]"
        #expect(marks(read(text).findings).first?.hasPrefix("too-many-nodes") == true)
    }

    @Test("a thousand findings are shown, and one says that there are more")
    func findings() {
        let keys = (0..<5000).map { "key\($0): 1" }.joined(separator: "\n")
        let (platform, findings) = read(keys)
        #expect(platform == nil)
        #expect(findings.count == 1001)
        #expect(findings.last?.code == "too-many-findings")
    }

    @Test("many services in one knot are told in one breath")
    func knots() {
        var text = "platform: a\nzones: {z: {network: 10.0.0.0/8}}\nservices:\n"
        for index in 0..<1000 {
            text += "  s\(index): {zone: z, run: [x], after: [s\((index + 1) % 1000)]}\n"
        }
        let (_, findings) = read(text)
        #expect(marks(findings) == ["cycle 4:34"])
        #expect(findings.first?.problem.hasPrefix("these wait for each other: s0 after s1") == true)
    }

    @Test("messages never carry what a terminal would act on")
    func terminal() {
        let (_, findings) = read("\"\\e[31m\\u202e\": 1")
        #expect(findings.contains { $0.problem.contains("`\\u{1b}[31m\\u{202e}`") })
    }

    @Test("no mutation of a full file makes the reader trap")
    func fuzz() throws {
        let seed = Array(full.utf8)
        let words = [
            "[", "]", "{", "}", ": ", "\n", "  ", "- ", "&a ", "*a", "!!x ", "'", "\"", "|\n",
            ">\n",
            "? ", "%", "#", "\u{e9}", "\u{0}", "0", "-1", "99999999999999999999", "gateway",
            "internet",
            "dmz", ".", "/", "..", "10.77.1.0/24", "tcp/8443", "2030-12-31", "MiB",
            "%YAML 1.1\n---\n",
        ].map { Array($0.utf8) }
        var state: UInt64 = 11
        func random(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % bound
        }
        var good = 0
        var broken = 0
        for _ in 0..<20_000 {
            var bytes = seed
            for _ in 0...random(3) {
                let at = random(bytes.count)
                let end = min(bytes.count, at + random(12))
                switch random(5) {
                case 0: bytes[at] = UInt8(random(256))
                case 1: bytes.removeSubrange(at..<end)
                case 2: bytes.insert(contentsOf: words[random(words.count)], at: at)
                case 3: bytes.replaceSubrange(at..<end, with: words[random(words.count)])
                default:
                    let from = random(seed.count)
                    bytes.insert(contentsOf: seed[from..<min(seed.count, from + 40)], at: at)
                }
                if bytes.isEmpty { bytes = [0x61] }
            }
            let (platform, findings) = Blueprint.read(bytes, folder: "/srv", today: today)
            let hasErrors = findings.contains { $0.severity == .error }
            try #require((platform == nil) == hasErrors)
            if platform == nil { broken += 1 } else { good += 1 }
        }
        #expect(good > 500 && broken > 5000, "\(good) good, \(broken) broken")
    }
}
