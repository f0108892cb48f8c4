internal import Descriptors
package import Findings
internal import Glibc

/// Our own programs, which lie beside each other.
package enum Programs {
    /// The directory of the running program.
    package static func beside() throws(Failure) -> String {
        guard let own = Files.resolve("/proc/self/exe") else {
            throw Failure(
                .machine, "proc", "/proc/self/exe cannot be read", remedy: "mount /proc")
        }
        return own.split(separator: "/").dropLast().reduce(into: "") { $0 += "/" + $1 }
    }

    /// The jail.
    ///
    /// What root runs must be root's, else whoever may write it is root.
    package static func jail(in directory: String) throws(Failure) -> String {
        let path = directory + "/bulkhead-jail"
        guard let facts = Files.facts(of: path), facts.isRegular else {
            throw Failure(
                .machine, "jail", "\(path) is missing", remedy: "run `./bulkhead` to build it")
        }
        guard geteuid() != 0 || (facts.uid == 0 && !facts.isWritableByOthers) else {
            throw Failure(
                .machine, "jail", "\(path) is not root's own, or others may write to it",
                remedy: "run `./bulkhead install`")
        }
        return path
    }
}
