package import Findings
package import Permits
internal import Platform

/// What an operator says of the machines that run the units.
package struct UnitOptions: Sendable {
    /// The interface of each zone that has one, by the zone's name.
    package let interfaces: [String: String]
    /// The folder of programs that the file names without one; nil leaves them to systemd.
    package let programs: String?
    /// Where the platform file's folder is there; nil says at the same place.
    package let folder: String?
    /// Where it is here.
    package let home: String

    /// A machine of which nothing is known.
    package init() {
        interfaces = [:]
        programs = nil
        folder = nil
        home = "/"
    }

    /// From `ZONE=NAME` words and absolute paths.
    package init(
        interfaces words: [String], programs: String?, folder: String?, home: String,
        for permits: Permits
    ) throws(Failure) {
        var interfaces: [String: String] = [:]
        for word in words {
            let parts = word.split(separator: "=", omittingEmptySubsequences: false)
                .map(String.init)
            guard parts.count == 2, permits.zones.contains(where: { $0.name == parts[0] }),
                interfaces[parts[0]] == nil, UnitWord.isInterface(parts[1])
            else {
                throw Failure(
                    .usage, "interface", "--interface does not take `\(Excerpt.of(word))`",
                    remedy: "write ZONE=NAME, at most once for each zone of the file")
            }
            interfaces[parts[0]] = parts[1]
        }
        for (flag, path) in [("programs", programs), ("folder", folder)] {
            if let path, !UnitWord.isPath(path) {
                throw Failure(
                    .usage, "flag-value", "--\(flag) does not take `\(Excerpt.of(path))`",
                    remedy: "write an absolute path of letters, digits and `._+-`")
            }
        }
        self.interfaces = interfaces
        self.programs = programs
        self.folder = folder
        self.home = home
    }
}
