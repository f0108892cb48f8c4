/// Paths as text: nothing here looks at a file system.
///
/// Byte by byte, as the kernel reads them: for `String` a `/` with a combining mark behind it is
/// another character, and `..` before it no part of a path.
enum Paths {
    private static let bytesMax = 1024
    private static let slash = UInt8(ascii: "/")

    /// What is wrong with a path, as an instruction; nil when nothing is.
    static func fault(_ text: String) -> String? {
        if text.isEmpty { return "write a path" }
        if text.utf8.count > bytesMax { return "write a path of at most \(bytesMax) bytes" }
        if escapes(text) { return "write the path without `..`" }
        guard text.utf8.contains(where: { $0 < 0x20 || $0 >= 0x7F }) else { return nil }
        if text.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) {
            return "write a path without control characters"
        }
        if text.utf8.count(where: { $0 == slash }) != text.count(where: { $0 == "/" }) {
            return "write a path without a combining mark behind a `/`"
        }
        return nil
    }

    /// Whether it has a `..` part, which could leave the folder that it names.
    static func escapes(_ text: String) -> Bool {
        // Dots of a part that has nothing else; 3 for any other part.
        var dots = 0
        for byte in text.utf8 {
            switch byte {
            case slash:
                if dots == 2 { return true }
                dots = 0
            case UInt8(ascii: "."): dots = min(dots + 1, 3)
            default: dots = 3
            }
        }
        return dots == 2
    }

    /// What the supervisor puts into every root, so that no file may stand there.
    private static let taken = ["/proc", "/sys", "/dev", "/run", "/state", "/tmp"]

    static let targetAdvice =
        "write an absolute path other than / and outside " + taken.joined(separator: ", ")

    /// Whether files may stand at this path of a compartment.
    static func mayBeTarget(_ text: String) -> Bool {
        guard text.utf8.first == slash, !escapes(text) else { return false }
        let path = absolute(text, in: "").utf8
        return path.count > 1
            && !taken.contains { path.starts(with: $0.utf8) && isEnd(path, $0.utf8.count) }
    }

    /// The path from the root without empty and `.` parts; relative ones begin at `folder`.
    static func absolute(_ text: String, in folder: String) -> String {
        let whole = text.utf8.first == slash ? text : folder + "/" + text
        var path = ""
        for part in whole.utf8.split(separator: slash) where !part.elementsEqual(".".utf8) {
            path += "/"
            path += Substring(part)
        }
        return path.isEmpty ? "/" : path
    }

    /// Whether a part of the path ends behind that many bytes.
    private static func isEnd(_ path: String.UTF8View, _ count: Int) -> Bool {
        path.dropFirst(count).first.map { $0 == slash } ?? true
    }
}
