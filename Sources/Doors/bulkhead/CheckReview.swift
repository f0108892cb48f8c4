internal import Addresses
internal import Arguments
internal import Compile
internal import Confinement
internal import Descriptors
internal import Findings
internal import FlowLog
internal import Glibc
internal import Lint
internal import Packs
internal import Platform

/// What `check` looks at besides errors and guarantees, as the command line asks for it.
struct CheckReview {
    static let flags = [
        Flag("pack", value: "NAME", repeats: true, "hold it to this pack of rules too"),
        Flag(
            "flows", value: "FILE", "compare it with what was used: a trail, counters, a flow log"),
    ]

    private let packs: [PackName]
    /// The bytes of the record of use and its name.
    private let record: (bytes: [UInt8], name: String)?

    /// Reads what the command line names; before root is given up, for a trail is root's.
    init(_ arguments: Arguments) throws(Failure) {
        var packs: [PackName] = []
        for word in arguments.values("pack") {
            guard let pack = PackName(rawValue: word) else {
                let known = PackName.allCases.map(\.rawValue)
                throw Failure(
                    .usage, "unknown-pack", "there is no pack `\(Excerpt.of(word))`",
                    remedy: Nearest.name(to: word, among: known).map { "did you mean \($0)?" }
                        ?? "packs: \(known.joined(separator: ", "))")
            }
            packs.append(pack)
        }
        self.packs = packs
        guard let path = arguments.value("flows") else {
            record = nil
            return
        }
        do throws(SystemFailure) {
            record = (try Files.read(path, limit: FlowLog.bytesMax), path)
        } catch {
            throw Failure(
                .usage, "unreadable-file", "cannot read \(Excerpt.of(path, limit: 500)): \(error)",
                remedy: "name a file of at most \(FlowLog.bytesMax >> 20) MiB that you may read")
        }
    }

    /// Other formats have no services by name, which is what a review is about.
    static func requireNone(_ arguments: Arguments) throws(Failure) {
        guard arguments.values("pack").isEmpty, arguments.value("flows") == nil else {
            throw Failure(
                .usage, "words", "--pack and --flows are for platform files",
                remedy: "leave them out, or name a platform file without --from-format")
        }
    }

    /// Lint, packs and use: findings to show with those of the file.
    func findings(_ file: PlatformFile) throws(Failure) -> [Finding] {
        guard let platform = file.platform else { return [] }
        var found = Lint.findings(platform)
        let wanted = PackName.allCases.filter { platform.packs.contains($0) || packs.contains($0) }
        guard !wanted.isEmpty || record != nil else { return found }
        let outline = Compile.outline(platform, file: file.path).deployment
        for pack in wanted {
            found += PackCheck.findings(.named(pack), platform, outline: outline)
        }
        if let record { found += try used(platform, outline, record) }
        return found
    }

    private func used(
        _ platform: Platform, _ outline: Deployment?, _ record: (bytes: [UInt8], name: String)
    ) throws(Failure) -> [Finding] {
        let (log, faults) = FlowLog.read(record.bytes)
        let named = faults.map { fault in
            Finding(
                .warning, fault.code, at: fault.place, fault.problem, remedy: fault.remedy,
                file: record.name)
        }
        guard let log else {
            throw Failure(
                .usage, faults.first?.code ?? "bad-record",
                named.map { $0.line(file: record.name) }.joined(separator: "\n"), remedy: "")
        }
        var addresses: [UInt32: String] = [:]
        for compartment in outline?.compartments ?? [] {
            addresses[compartment.address.value] = compartment.name
        }
        return named + Lint.findings(platform, used: log, addresses: addresses)
    }
}

extension PlatformFile {
    /// The same with findings of a review among its own.
    ///
    /// The model stays even with errors among them: they are about a platform that was understood.
    func reviewed(_ review: CheckReview) throws(Failure) -> PlatformFile {
        let nowhere = Place(line: .max, column: 0)
        let all = (findings + (try review.findings(self))).enumerated().sorted {
            ($0.element.place ?? nowhere, $0.offset) < ($1.element.place ?? nowhere, $1.offset)
        }.map(\.element)
        return PlatformFile(
            path: path, folder: folder, platform: platform, findings: all, operators: operators,
            distrust: distrust, today: today, lapsed: lapsed)
    }
    /// What to mend first, in a line after all the rest; nothing when nothing is left.
    func nextStep(_ refuted: Finding?) -> [String] {
        // What this machine lacks is mended elsewhere than in the file.
        let own = findings.filter { !$0.problem.hasPrefix(hereMark) }
        guard let next = Lint.next(own, refuted: refuted) else { return [] }
        let place = next.place.map { "line \($0.line): " } ?? ""
        return ["", "next: \(place)\(next.problem); \(next.remedy)"]
    }
}
