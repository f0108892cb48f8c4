/// Paths as text: nothing here looks at a file system.
enum Paths {
    private static let bytesMax = 1024

    /// What is wrong with a path, as an instruction; nil when nothing is.
    static func fault(_ text: String) -> String? {
        if text.isEmpty { return "write a path" }
        if text.utf8.count > bytesMax { return "write a path of at most \(bytesMax) bytes" }
        if text.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) {
            return "write a path without control characters"
        }
        if escapes(text) { return "write the path without `..`" }
        return nil
    }

    /// Whether it has a `..` part, which could leave the folder that it names.
    static func escapes(_ text: String) -> Bool {
        text.split(separator: "/").contains("..")
    }

    /// What the supervisor puts into every root, so that no file may stand there.
    private static let taken = ["/proc", "/sys", "/dev", "/run", "/state", "/tmp"]

    static let targetAdvice =
        "write an absolute path other than / and outside " + taken.joined(separator: ", ")

    /// Whether files may stand at this path of a compartment.
    static func mayBeTarget(_ text: String) -> Bool {
        guard text.hasPrefix("/"), !escapes(text) else { return false }
        let path = absolute(text, in: "")
        return path != "/" && !taken.contains { path == $0 || path.hasPrefix($0 + "/") }
    }

    /// The path from the root without empty and `.` parts; relative ones begin at `folder`.
    static func absolute(_ text: String, in folder: String) -> String {
        let whole = text.hasPrefix("/") ? text : folder + "/" + text
        return "/" + whole.split(separator: "/").filter { $0 != "." }.joined(separator: "/")
    }
}
