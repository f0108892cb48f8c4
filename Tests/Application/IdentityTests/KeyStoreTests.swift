import Addresses
import Descriptors
import Glibc
import Identity
import OrderTreaty
import SQLiteStore
import Testing

@Suite("Store of keys")
struct KeyStoreTests {
    /// A directory of its own that is gone afterwards.
    private struct Place: ~Copyable {
        let path = "/tmp/bulkhead-keys-\(UInt64.random(in: 0...(.max)))"

        init() { _ = unsafe mkdir(path, 0o700) }

        deinit {
            for name in ["/k", "/k-wal", "/k-shm"] { _ = unsafe unlink(path + name) }
            _ = unsafe rmdir(path)
        }
    }

    private func key(_ name: String, _ kind: APIKey.Kind) -> APIKey {
        APIKey(
            name: name, account: AccountID(3), scopes: .trade, kind: kind,
            material: [UInt8](repeating: 0xA5, count: 32),
            allowed: [Prefix(base: Address(0x0A00_0000), length: 8)].compactMap(\.self),
            created: 12)
    }

    @Test("keys are there after a restart, revoked ones are not, and their secret is nowhere")
    func round() throws {
        let place = Place()
        let directory = place.path
        do {
            let store = try KeyStore(directory + "/k")
            try store.add(key("a", .symmetric))
            try store.add(key("b", .ed25519))
            #expect(throws: StoreFailure.self) { try store.add(key("a", .symmetric)) }
        }
        do {
            var store = try KeyStore(directory + "/k")
            let keys = try store.load().compactMap(\.self)
            #expect(keys.map(\.name) == ["a", "b"])
            #expect(keys.first?.kind == .symmetric)
            #expect(keys.first?.material == [UInt8](repeating: 0xA5, count: 32))
            #expect(keys.first?.allowed.first?.description == "10.0.0.0/8")
            #expect(keys.first?.scopes == .trade)
            #expect(keys.first?.created == 12)
            try store.revoke("a", now: 13)
            try store.revoke("b", now: 13)
            #expect(try store.load().isEmpty)
            #expect(try store.rows() == 2)
            #expect(throws: StoreFailure.self) { try store.add(key("a", .symmetric)) }
        }
        let secret = [UInt8](repeating: 0xA5, count: 32)
        for name in ["", "-wal"] where Files.facts(at: directory + "/k" + name) != nil {
            let bytes = try Files.read(directory + "/k" + name, limit: 1 << 20)
            let holds = bytes.indices.dropLast(31).contains {
                bytes[$0..<$0 + 32].elementsEqual(secret)
            }
            #expect(!holds, "the file\(name) still holds the secret")
        }
    }
}
