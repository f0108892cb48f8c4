import Bytes
import Signatures
import Testing

@Suite("Ed25519")
struct Ed25519Tests {
    /// RFC 8032 section 7.1, tests 1 to 3: seed, public key, message, signature.
    static let vectors = [
        (
            "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
        ),
        (
            "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
        ),
        (
            "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
            "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"
        ),
    ]

    @Test("known answers", arguments: vectors)
    func known(seed: String, publicKey: String, message: String, signature: String) throws {
        guard let key = PrivateKey(seed: Hexadecimal.parse(seed) ?? []) else {
            Issue.record("the seed was refused")
            return
        }
        let message = try #require(Hexadecimal.parse(message))
        #expect(Hexadecimal.render(key.publicKey.encoded) == publicKey)
        #expect(Hexadecimal.render(key.sign(message)) == signature)
        #expect(key.publicKey.verifies(Hexadecimal.parse(signature) ?? [], over: message))
    }

    @Test("a generated key survives its seed, and signs what it verifies")
    func generated() {
        let key = PrivateKey()
        guard let again = PrivateKey(seed: key.seed) else {
            Issue.record("the seed was refused")
            return
        }
        #expect(again.publicKey == key.publicKey)
        #expect(key.publicKey.verifies(again.sign([1, 2, 3]), over: [1, 2, 3]))
        let other = PrivateKey()
        #expect(other.publicKey != key.publicKey)
    }

    @Test("a changed bit anywhere, another key or another length verifies nothing")
    func refused() {
        let key = PrivateKey()
        let message: [UInt8] = Array(0..<40)
        let signature = key.sign(message)
        for bit in 0..<(64 * 8) {
            var changed = signature
            changed[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(!key.publicKey.verifies(changed, over: message))
        }
        #expect(!key.publicKey.verifies(signature, over: message + [0]))
        #expect(!key.publicKey.verifies(Array(signature.dropLast()), over: message))
        #expect(!key.publicKey.verifies([], over: message))
        let other = PrivateKey()
        #expect(!other.publicKey.verifies(signature, over: message))
        #expect(PublicKey(Array(repeating: 0, count: 31)) == nil)
        #expect(
            PublicKey(Array(repeating: 255, count: 32))?.verifies(signature, over: message) == false
        )
        for count in [0, 3, 31, 33] {
            let seed = [UInt8](repeating: 1, count: count)
            if PrivateKey(seed: seed) != nil { Issue.record("a seed of \(count) bytes was taken") }
        }
    }
}
