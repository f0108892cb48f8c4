import ClientAPI
import Testing

@Suite("Signature texts")
struct SignatureTests {
    @Test("both forms are read exactly")
    func forms() {
        let digits = "00ff" + String(repeating: "1a", count: 30)
        #expect(Signature.parse(digits) == [0, 255] + [UInt8](repeating: 0x1A, count: 30))
        let zeroes = String(repeating: "A", count: 86) + "=="
        #expect(Signature.parse(zeroes) == [UInt8](repeating: 0, count: 64))
        let ones = String(repeating: "/", count: 85) + "w=="
        #expect(Signature.parse(ones) == [UInt8](repeating: 255, count: 64))
        let counted =
            "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0+Pw=="
        #expect(Signature.parse(counted) == [UInt8](0..<64))
    }

    @Test("any other text is none")
    func others() {
        let base = String(repeating: "A", count: 86)
        let texts = [
            "", "aa", String(repeating: "A", count: 64), String(repeating: "g", count: 64),
            String(repeating: "a", count: 63), String(repeating: "a", count: 66), base,
            base + "=A", base + "A=", String(repeating: "A", count: 85) + "B==",
            String(repeating: "-", count: 86) + "==", String(repeating: "_", count: 86) + "==",
            "=" + String(repeating: "A", count: 85) + "==", String(repeating: "A", count: 88),
            String(repeating: "\u{e9}", count: 32), " " + String(repeating: "a", count: 63),
        ]
        for text in texts { #expect(Signature.parse(text) == nil, "\(text)") }
    }
}
