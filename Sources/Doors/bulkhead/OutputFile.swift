internal import Descriptors
internal import Findings
internal import Glibc

/// A file that an answer is written to: opened while the process may still do it, and untouched
/// until the answer is whole.
struct OutputFile: ~Copyable {
    private let path: String
    private let file: Descriptor

    init(_ path: String) throws(Failure) {
        self.path = path
        do throws(SystemFailure) { file = try Files.create(path, append: true) } catch {
            throw Self.failure(path, error.errno)
        }
    }

    /// Puts the text in place of what was there.
    consuming func write(_ text: String) throws(Failure) {
        guard ftruncate(file.number, 0) == 0 else { throw Self.failure(path, errno) }
        do throws(SystemFailure) { try file.writeAll(Array(text.utf8)) } catch {
            throw Self.failure(path, error.errno)
        }
    }

    private static func failure(_ path: String, _ number: Int32) -> Failure {
        let reason = unsafe strerror(number).map { unsafe String(cString: $0) } ?? "error"
        return Failure(
            .machine, "output", "cannot write \(Excerpt.of(path, limit: 500)): \(reason)",
            remedy: number == ENOENT ? "make its folder first" : "write elsewhere")
    }
}
