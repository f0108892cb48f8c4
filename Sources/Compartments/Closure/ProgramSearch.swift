package import Descriptors
package import Findings

/// Finds the program that a platform file names and refuses what must not be one.
package struct ProgramSearch: Sendable {
    /// The directory of our own programs, searched first.
    package let own: String
    private let path: [String]
    private let ownership: Ownership

    package init(own: String, ownership: Ownership) {
        self.own = own
        self.ownership = ownership
        let servers = ((try? Files.list("/usr/lib/postgresql", limit: 100)) ?? []).reversed()
        path =
            ["/usr/local/bin", "/usr/bin", "/bin", "/usr/sbin", "/sbin"]
            + servers.map { "/usr/lib/postgresql/\($0)/bin" }
    }

    /// The real path of a program named by an absolute path or a bare name.
    package func find(_ name: String) throws(Failure) -> String {
        guard let found = candidates(name).first(where: { Files.facts(of: $0) != nil }),
            let real = Files.resolve(found)
        else {
            let places =
                name.hasPrefix("/")
                ? ""
                : " beside bulkhead, nor in "
                    + path.joined(separator: ", ")
            throw Failure(
                .refused, "program-missing", "there is no program `\(name)`\(places)",
                remedy: name.hasPrefix("/")
                    ? "install it, or correct the path" : "install it, or give its whole path")
        }
        try check(real)
        return real
    }

    private func candidates(_ name: String) -> [String] {
        if name.hasPrefix("/") { return [name] }
        guard !name.contains("/"), !name.isEmpty else { return [] }
        return ([own] + path).map { "\($0)/\(name)" }
    }

    private func check(_ path: String) throws(Failure) {
        guard let facts = Files.facts(at: path), facts.isRegular else {
            throw Failure(
                .refused, "program-kind", "\(path) is not a file", remedy: "name a program")
        }
        guard facts.mode & 0o6000 == 0 else {
            throw Failure(
                .refused, "program-setuid",
                "\(path) changes its user when it runs, and no compartment permits that",
                remedy: "name a program without the set-user-id bit")
        }
        try ownership.check(path, facts)
        try HostFile.checkReadable(path, facts)
        guard facts.mode & 0o001 != 0 else {
            throw Failure(
                .refused, "program-mode", "\(path) cannot be executed by everybody",
                remedy: "chmod go+x \(path)")
        }
    }
}
