import Bytes
import Digests
import Testing

@Suite("HMAC-SHA256")
struct HMACTests {
    @Test(
        "codes are those of RFC 4231",
        arguments: [
            (
                String(repeating: "0b", count: 20), "4869205468657265",
                "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
            ),
            (
                "4a656665", "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
                "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
            ),
            (
                String(repeating: "aa", count: 131),
                "54657374205573696e67204c6172676572205468616e20426c6f636b2d53697a65204b6579202d20"
                    + "48617368204b6579204669727374",
                "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
            ), ("", "", "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad"),
        ])
    func vectors(key: String, message: String, code: String) throws {
        let context = HMAC(key: try #require(Hexadecimal.parse(key)))
        let bytes = try #require(Hexadecimal.parse(message))
        // Twice: a used context starts again with its key.
        #expect(Hexadecimal.render(context.code(over: bytes)) == code)
        #expect(Hexadecimal.render(context.code(over: bytes)) == code)
    }

    @Test("only the exact code over the exact bytes is one")
    func check() {
        let context = HMAC(key: Array("key".utf8))
        let message = Array("message".utf8)
        let code = context.code(over: message)
        #expect(context.isCode(code, over: message))
        for bit in 0..<256 {
            var wrong = code
            wrong[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(!context.isCode(wrong, over: message))
        }
        #expect(!context.isCode(Array(code.dropLast()), over: message))
        #expect(!context.isCode(code + [0], over: message))
        #expect(!context.isCode([], over: message))
        #expect(!context.isCode(code, over: message + [0]))
        #expect(!HMAC(key: Array("keyx".utf8)).isCode(code, over: message))
    }

    @Test("random bytes differ, and wiped ones are gone")
    func secrets() {
        var first = Randomness.bytes(32)
        let second = Randomness.bytes(32)
        #expect(first.count == 32)
        #expect(first != second)
        #expect(!SecretBytes.areEqual(first, second))
        #expect(SecretBytes.areEqual(second, second))
        #expect(SecretBytes.areEqual([], []))
        #expect(!SecretBytes.areEqual(second, []))
        SecretBytes.wipe(&first)
        #expect(first.isEmpty)
        #expect(Randomness.bytes(0).isEmpty)
    }
}
