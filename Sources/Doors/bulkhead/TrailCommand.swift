internal import Arguments
internal import AuditTreaty
internal import Bytes
internal import Descriptors
internal import Findings
internal import Notation
internal import Signatures
internal import Trail

extension Verb {
    static let trail = Verb(
        Usage(
            "trail", operands: "list|show|verify [TRAIL]", counts: 1...2,
            about: "Lists, shows and verifies the trails; reads their files itself",
            flags: [
                Flag("state", value: "DIR", "state directory of the platform"),
                Flag("platform", value: "NAME", "only this platform's trails"),
                Flag("since", value: "TIME", "show from this time on: 2026-01-31T09:05:00Z"),
                Flag("until", value: "TIME", "show what came before this time"),
                Flag("kind", value: "KIND", repeats: true, "show only this kind of event"),
                Flag("refused", "show only what was refused or denied"),
                Flag("from", value: "SERVICE", "show attempts of this source"),
                Flag("to", value: "SERVICE", "show attempts at this target"),
                Flag("limit", value: "N", "show the last N events, 1000 unless told"),
                Flag("follow", "go on showing what is written"),
                Flag("key", value: "FILE", "verify against this public key, kept elsewhere"),
                Flag("partial", "verify what is here where earlier segments were moved away"),
                .json,
            ],
            details: """
                TRAIL is a service's name, `sensor` (attempts and denials), `supervisor` (starts and
                ends), PLATFORM/NAME, or a directory. Without it all trails are taken.
                verify: exit 0 when all are whole, 1 with the first bad record of each, 2 when one
                cannot be read.
                """)
    ) { arguments throws(Failure) in
        let word = arguments.word(1)
        let platform = arguments.value("platform")
        let state = arguments.value("state")
        switch arguments.word(0) {
        case "list":
            return listTrails(
                try TrailPlaces.find(platform: platform ?? word, state: state), arguments)
        case "verify":
            return try verifyTrails(
                try TrailPlaces.pick(word, platform: platform, state: state), arguments)
        case "show":
            return try showTrails(
                try TrailPlaces.pick(word, platform: platform, state: state), arguments)
        default:
            throw Failure(
                .usage, "trail-verb",
                "`\(Excerpt.of(arguments.word(0) ?? ""))` is nothing to do with trails",
                remedy: "write `bulkhead trail list`, `show` or `verify`")
        }
    }
}

private func listTrails(_ trails: [FoundTrail], _ arguments: Arguments) -> ExitCode {
    var rows = [["TRAIL", "EVENTS", "LOST", "HEAD SIGNED"]]
    var documents: [JSON] = []
    for trail in trails {
        do throws(TrailFault.Reason) {
            let head = try TrailHead.read(trail.directory)
            let lost = head.lost &+ head.pending
            rows.append([
                trail.title, "\(head.events)", "\(lost)", EventText.time(head.time),
            ])
            documents.append([
                "trail": .text(trail.title), "path": .text(trail.directory.path),
                "events": .count(head.events), "lost": .count(lost),
                "headTime": .text(EventText.time(head.time)),
            ])
        } catch {
            let text = TrailFault(error, file: "head").text
            rows.append([trail.title, "-", "-", text])
            documents.append([
                "trail": .text(trail.title), "path": .text(trail.directory.path),
                "problem": .text(text),
            ])
        }
    }
    if arguments.has("json") {
        Output.line(JSON.object([.init("trails", .list(documents))]).renderPretty())
    } else {
        for line in aligned(rows, indent: "") { Output.line(line) }
    }
    return .good
}

private func verifyTrails(
    _ trails: [FoundTrail], _ arguments: Arguments
) throws(Failure) -> ExitCode {
    let key = try publicKey(arguments.value("key"), trails)
    var exit = ExitCode.good
    var documents: [JSON] = []
    for trail in trails {
        let verdict = TrailVerifier.verify(
            trail.directory, key: key, partial: arguments.has("partial"))
        switch verdict {
        case .intact: break
        case .bad: if exit == .good { exit = .refused }
        case .unreadable: exit = .usage
        }
        if arguments.has("json") {
            documents.append(document(trail, verdict))
        } else {
            Output.line(sentence(trail, verdict))
        }
    }
    if arguments.has("json") {
        Output.line(JSON.object([.init("trails", .list(documents))]).renderPretty())
    }
    return exit
}

private func publicKey(
    _ file: String?, _ trails: [FoundTrail]
) throws(Failure) -> PublicKey? {
    guard let file else { return nil }
    let text = (try? Files.read(file, limit: 4096)) ?? []
    let line = String(decoding: text, as: UTF8.self).split(whereSeparator: \.isWhitespace).first
    guard let key = line.flatMap({ Hexadecimal.parse($0) }).flatMap({ PublicKey($0) }) else {
        throw Failure(
            .usage, "trail-key", "`\(file)` holds no public key",
            remedy: "give a copy of the trail's key.public: 64 hexadecimal digits")
    }
    guard trails.count == 1 else {
        throw Failure(
            .usage, "trail-key", "one key cannot verify \(trails.count) trails",
            remedy: "name the trail that the key belongs to")
    }
    return key
}

private func sentence(_ trail: FoundTrail, _ verdict: TrailVerdict) -> String {
    switch verdict {
    case .intact(let summary):
        var text =
            "whole  \(trail.title)  \(summary.events) events, \(summary.lost) lost, "
            + "\(summary.frames) records, head signed \(EventText.time(summary.headTime))"
        if summary.first > 0 { text += ", PART: from record \(summary.first) on" }
        if summary.unsigned > 0 { text += ", \(summary.unsigned) records not signed yet" }
        if summary.unfinished > 0 { text += ", \(summary.unfinished) unfinished bytes" }
        return text
    case .bad(let fault): return "BAD    \(trail.title)  \(fault)"
    case .unreadable(let text): return "UNREAD \(trail.title)  \(EventText.escaped(text))"
    }
}

private func document(_ trail: FoundTrail, _ verdict: TrailVerdict) -> JSON {
    switch verdict {
    case .intact(let summary):
        return [
            "trail": .text(trail.title), "path": .text(trail.directory.path),
            "verdict": "whole", "records": .count(summary.frames), "first": .count(summary.first),
            "events": .count(summary.events), "lost": .count(summary.lost),
            "unsigned": .count(summary.unsigned), "unfinishedBytes": .count(summary.unfinished),
            "segments": .count(summary.segments), "bytes": .count(summary.bytes),
            "headTime": .text(EventText.time(summary.headTime)),
            "key": .text(Hexadecimal.render(summary.key.encoded)),
        ]
    case .bad(let fault):
        return [
            "trail": .text(trail.title), "path": .text(trail.directory.path), "verdict": "bad",
            "file": .text(fault.file), "offset": .count(fault.offset),
            "record": .count(fault.index), "problem": .text(fault.text),
        ]
    case .unreadable(let text):
        return [
            "trail": .text(trail.title), "path": .text(trail.directory.path),
            "verdict": "unreadable", "problem": .text(text),
        ]
    }
}
