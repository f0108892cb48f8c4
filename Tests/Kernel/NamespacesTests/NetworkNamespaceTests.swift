import Descriptors
import Glibc
import Namespaces
import Testing

@Suite("Network namespaces", .enabled(if: geteuid() == 0, "needs root"))
struct NetworkNamespaceTests {
    private func inode(_ space: borrowing Descriptor) throws -> UInt64 {
        try Files.facts(space).inode
    }

    @Test("a new namespace is another one, and the caller stays in its own")
    func create() throws {
        let before = try inode(try NetworkNamespace.current())
        let first = try NetworkNamespace.create()
        let second = try NetworkNamespace.create()
        let inodes = try [inode(first), inode(second), before]
        #expect(Set(inodes).count == 3)
        #expect(try inode(try NetworkNamespace.current()) == before)
    }

    @Test("settings are written in the namespace that is named, not in the caller's")
    func settings() throws {
        let space = try NetworkNamespace.create()
        let here = try NetworkNamespace.current()
        let path = "net/ipv4/ip_default_ttl"
        let before = try NetworkNamespace.read(path, in: here)
        try NetworkNamespace.set(path, to: "77", in: space)
        #expect(try NetworkNamespace.read(path, in: space) == "77")
        #expect(try NetworkNamespace.read(path, in: here) == before)
    }

    @Test("a missing setting is refused by name, and skipped where it is optional")
    func missing() throws {
        let space = try NetworkNamespace.create()
        try NetworkNamespace.set([Sysctl("net/ipv4/none", "1", optional: true)], in: space)
        let failure = #expect(throws: SystemFailure.self) {
            try NetworkNamespace.set(
                [
                    Sysctl("net/ipv4/ip_default_ttl", "70"), Sysctl("net/ipv4/none", "1"),
                    Sysctl("net/ipv4/ip_default_ttl", "71"),
                ], in: space)
        }
        #expect(failure?.subject == "net/ipv4/none")
        #expect(failure?.errno == ENOENT)
        #expect(try NetworkNamespace.read("net/ipv4/ip_default_ttl", in: space) == "70")
    }

    @Test("a descriptor that is no network namespace is refused")
    func wrong() throws {
        let file = try Files.open("/dev/null")
        let failure = #expect(throws: SystemFailure.self) {
            _ = try NetworkNamespace.socket(
                in: file, domain: AF_INET, type: Int32(SOCK_STREAM.rawValue))
        }
        #expect(failure?.errno == EINVAL)
    }
}
