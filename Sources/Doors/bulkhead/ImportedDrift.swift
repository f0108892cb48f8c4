internal import Arguments
internal import Compile
internal import Connectivity
internal import Drift
internal import Findings
internal import Notation
internal import Packets
internal import Segmentation
internal import Topology

/// `drift FILE --from-format FORMAT PATH...`: what an import allows beside what a platform file does.
func importedDrift(_ format: String, _ arguments: Arguments) throws(Failure) -> ExitCode {
    let words = arguments.words
    guard words.count >= 2 else {
        throw Failure(
            .usage, "words", "`drift --from-format` takes a platform file and what to compare with",
            remedy: "write `bulkhead drift FILE --from-format FORMAT PATH`")
    }
    let other = try ImportFormat.named(format).topology(of: Array(words.dropFirst()))
    let platform = try PlatformFile.read(words[0]).required()
    let (outline, findings) = Compile.outline(platform, file: words[0])
    guard let outline else {
        throw Failure(
            .refused, "compile",
            findings.filter { $0.severity == .error }.map { $0.line(file: words[0]) }
                .joined(separator: "\n"), remedy: "`bulkhead check` shows more")
    }
    let planned: Topology
    do throws(Segmentation.Unreadable) {
        planned = try Segmentation(outline).topology()
    } catch {
        throw Failure(
            .machine, "segmentation", "\(error.filter): \(error.problem)", remedy: "report it")
    }
    let result: ImportedDifference
    do throws(PacketSet.TooLarge) {
        result = try ImportedDifference(planned: planned, found: other)
    } catch {
        throw Failure(
            .refused, "too-large", "an answer needs more than \(PacketSet.limit) boxes of packets",
            remedy: "import fewer endpoints at once")
    }
    if arguments.has("json") {
        Output.line(document(result).renderPretty())
    } else {
        for row in result.rows {
            Output.line(
                "\(Excerpt.of(row.from, limit: 200)) -> \(Excerpt.of(row.to, limit: 200)): "
                    + "\(row.what) "
                    + (row.isOpened ? "passes, not planned" : "planned, does not pass")
                    + (row.isCertain ? "" : " (for all that can be known)"))
        }
        for name in result.onlyPlanned { Output.line("\(name): not in the import") }
        for name in result.onlyFound {
            Output.line("\(Excerpt.of(name, limit: 200)): not in the platform file")
        }
        if result.isClean {
            Output.line(
                "no packet differs among \(counted(result.common, "endpoint")) of the same name")
        }
    }
    return result.isClean ? .good : .refused
}

private func document(_ result: ImportedDifference) -> JSON {
    [
        "clean": .boolean(result.isClean), "endpoints": .count(result.common),
        "differences": .list(
            result.rows.map { row in
                [
                    "change": .text(row.isOpened ? "opened" : "closed"), "source": .text(row.from),
                    "destination": .text(row.to), "traffic": .text(row.what),
                    "certain": .boolean(row.isCertain),
                ]
            }),
        "not_imported": .list(result.onlyPlanned.map { .text($0) }),
        "not_planned": .list(result.onlyFound.map { .text($0) }),
    ]
}
