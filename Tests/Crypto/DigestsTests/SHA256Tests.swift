import Bytes
import Digests
import Testing

@Suite("SHA-256")
struct SHA256Tests {
    /// FIPS 180-4 examples.
    @Test(
        "known answers",
        arguments: [
            ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
            ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            (
                "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
                "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
            ),
        ])
    func known(text: String, digest: String) {
        #expect(Hexadecimal.render(SHA256.hash(of: Array(text.utf8))) == digest)
    }

    @Test("parts give the digest of the whole, and a context is clean after finish")
    func parts() {
        let bytes = (0..<1000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        var context = SHA256()
        for _ in 0..<2 {
            context.update(Array(bytes[0..<1]))
            context.update([])
            context.update(bytes, in: 1..<600)
            context.update(bytes, in: 600..<1000)
            let digest = context.finish()
            #expect(digest == SHA256.hash(of: bytes))
        }
    }
}
