internal import Blueprint
internal import Compile
internal import Descriptors
internal import Findings
internal import Glibc
internal import Operator
internal import Platform

/// A platform file as it was read: the model, when it has no errors, and all findings.
struct PlatformFile {
    /// The path as it was given.
    let path: String
    /// Absolute path of its folder, symbolic links resolved.
    let folder: String
    let platform: Platform?
    let findings: [Finding]
    /// Users who decide what runs here: root, and who asked for it.
    let operators: Set<UInt32>
    /// Why root must not obey this file: somebody else could have written it.
    let distrust: Failure?
    /// Days since 1970-01-01 by which flows have expired.
    var today = 0
    /// The model while every flow's day lasted, when that is all that is wrong.
    var lapsed: Platform?

    var hasErrors: Bool { findings.contains { $0.severity == .error } }

    /// The text could not be read at all: that is unreadable input, not a finding about a platform.
    var isUnreadable: Bool {
        findings.contains { Blueprint.unreadableCodes.contains($0.code) }
    }

    /// How a check that finds only this ends.
    var exit: ExitCode {
        if isUnreadable { return .usage }
        return hasErrors ? .refused : .good
    }

    /// Opens the file, does what only root can do, gives up root for good, then reads, does what
    /// must not depend on what a parser makes of the text, and parses.
    static func read(
        _ path: String, whileRoot: () throws(Failure) -> Void = {},
        unparsed: ([UInt8]) throws(Failure) -> Void = { _ in }
    ) throws(Failure) -> PlatformFile {
        let folder = folder(of: path)
        let operators = Environment.operators()
        let file = try open(path)
        let distrust = distrust(file, operators)
        try whileRoot()
        let bytes = try contents(of: file, path)
        try unparsed(bytes)
        let today = time(nil) / 86400
        let (platform, findings) = Blueprint.read(bytes, folder: folder, today: today)
        var whole = PlatformFile(
            path: path, folder: folder, platform: platform, findings: findings,
            operators: operators, distrust: distrust, today: today)
        let errors = findings.lazy.filter { $0.severity == .error }
        if platform == nil, errors.allSatisfy({ $0.code == Blueprint.expiredCode }) {
            whole.lapsed = Blueprint.lapsed(bytes, folder: folder)
        }
        return whole
    }

    /// A file whose bytes were read before, for questions alone: nothing of it is run.
    static func parsed(_ path: String, _ bytes: [UInt8]) -> PlatformFile {
        let folder = folder(of: path)
        let (platform, findings) = Blueprint.read(
            bytes, folder: folder, today: time(nil) / 86400)
        return PlatformFile(
            path: path, folder: folder, platform: platform, findings: findings,
            operators: Environment.operators(), distrust: nil)
    }

    /// Looks at what was opened, not at the name, which may lead elsewhere a moment later.
    private static func distrust(
        _ file: borrowing Descriptor, _ operators: Set<UInt32>
    ) -> Failure? {
        guard let real = Files.resolve("/proc/self/fd/\(file.number)") else { return nil }
        do throws(Failure) {
            try Host(programs: "", operators: operators).requireOwned(real)
            return nil
        } catch {
            return error
        }
    }

    /// Root opens the file, so that a private one can be read; nobody reads what is in it.
    private static func contents(
        of file: borrowing Descriptor, _ path: String
    ) throws(Failure) -> [UInt8] {
        try Privileges.drop()
        do throws(SystemFailure) {
            return try Files.read(file, limit: Blueprint.bytesMax, name: path)
        } catch {
            throw unreadable(path, error)
        }
    }

    private static func open(_ path: String) throws(Failure) -> Descriptor {
        do throws(SystemFailure) {
            let file = try Files.open(path)
            guard try !Files.facts(file).isDirectory else {
                throw SystemFailure("open", path, errno: EISDIR)
            }
            return file
        } catch {
            throw unreadable(path, error)
        }
    }

    /// The model; failing with the findings on standard error when there is none.
    func required() throws(Failure) -> Platform {
        if let platform { return platform }
        for finding in findings where finding.severity == .error {
            Output.error(finding.line(file: Excerpt.of(path, limit: 500)))
        }
        throw Failure(
            exit, "platform-file", "\(Excerpt.of(path, limit: 500)) has errors",
            remedy: "mend them; `bulkhead check` shows them again")
    }

    private static func unreadable(_ path: String, _ failure: SystemFailure) -> Failure {
        let remedy: String
        switch failure.errno {
        case ENOENT: remedy = "check the path"
        case EACCES, EPERM: remedy = "allow this user to read it"
        case EISDIR: remedy = "name a file, as Platforms/first.yaml"
        case EFBIG: remedy = "a platform file has at most \(Blueprint.bytesMax >> 20) MiB"
        default: remedy = "check the file"
        }
        let reason = unsafe strerror(failure.errno).map { unsafe String(cString: $0) } ?? "error"
        return Failure(
            .usage, "unreadable-file", "cannot read \(Excerpt.of(path, limit: 500)): \(reason)",
            remedy: remedy)
    }

    private static func folder(of path: String) -> String {
        let name = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
        guard let resolved = unsafe realpath(name, nil) else { return "/" }
        defer { unsafe free(resolved) }
        return unsafe String(cString: resolved)
    }
}
