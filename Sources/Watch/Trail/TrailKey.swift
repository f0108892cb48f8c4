internal import Bytes
internal import CLinux
internal import Descriptors
internal import Findings
internal import Glibc
internal import Signatures

/// The writer's key file, held open and locked for as long as the writer lives.
///
/// The lock keeps a second writer out: two of them would sign two continuations of one chain.
struct TrailKey: ~Copyable {
    let secret: PrivateKey
    private let lock: Descriptor

    /// Opens the key of a trail, or makes one where none has begun.
    init(_ directory: TrailDirectory) throws(Failure) {
        let begun = Files.facts(of: directory.head) != nil
        let lock = try Self.claim(directory, begun: begun)
        let secret = try Self.load(directory, lock, begun: begun)
        self.lock = lock
        self.secret = secret
    }

    private static func claim(
        _ directory: TrailDirectory, begun: Bool
    ) throws(Failure) -> Descriptor {
        let number = unsafe bh_open_update(directory.key, begun ? 0 : 1, 0o600)
        guard number >= 0 else {
            throw unusable(directory, SystemFailure("open", directory.key, errno: -number))
        }
        let lock = Descriptor(owning: number)
        let locked = bh_lock_exclusive(lock.number)
        guard locked >= 0 else {
            throw Failure(
                .machine, "trail-locked", "another writer holds the trail in \(directory.path)",
                remedy: "stop it first")
        }
        return lock
    }

    private static func unusable(_ directory: TrailDirectory, _ error: SystemFailure) -> Failure {
        Failure(
            .machine, "trail-key", "the trail's key cannot be used: \(error)",
            remedy: "restore the key file or move \(directory.path) away")
    }

    private static func load(
        _ directory: TrailDirectory, _ file: borrowing Descriptor, begun: Bool
    ) throws(Failure) -> PrivateKey {
        do throws(SystemFailure) {
            let seed = try Files.read(file, limit: 64, name: directory.key)
            if let secret = PrivateKey(seed: seed) {
                // The public half is written after the secret one: a crash may have come between.
                if directory.statedKey() == nil { try publish(secret, directory) }
                return secret
            }
            guard !begun, seed.count < 32 else {
                throw SystemFailure("read", directory.key, errno: EINVAL)
            }
            let secret = PrivateKey()
            let written = unsafe secret.seed.withUnsafeBytes {
                unsafe bh_write_at(file.number, $0.baseAddress, $0.count, 0)
            }
            if written < 0 { throw SystemFailure("write", directory.key, errno: -written) }
            try file.synchronize()
            try publish(secret, directory)
            return secret
        } catch {
            throw unusable(directory, error)
        }
    }

    private static func publish(
        _ secret: borrowing PrivateKey, _ directory: TrailDirectory
    ) throws(SystemFailure) {
        let text = Hexadecimal.render(secret.publicKey.encoded) + "\n"
        try Files.replace(directory.publicKey, with: Array(text.utf8))
    }
}
