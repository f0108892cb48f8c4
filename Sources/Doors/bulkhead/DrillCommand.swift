internal import Arguments
internal import AuditTreaty
internal import Breach
internal import Confinement
internal import Descriptors
internal import Drill
internal import Findings
internal import Glibc
internal import Notation
internal import Operator
internal import ControlTreaty
internal import Trail

extension Verb {
    static let drill = Verb(
        Usage(
            "drill", operands: "breach [FILE]", counts: 1...2,
            about: "Attacks a copy of a platform from inside and shows what stopped what",
            flags: [
                Flag(
                    "without", value: "WALL", repeats: true,
                    "leave a wall out of the copy, to see what then gets through"),
                Flag("only", value: "FAMILY|ID", repeats: true, "only these techniques"),
                Flag("compartment", value: "NAME", "only in this service's place"),
                Flag("live", "attack the running platform itself, without what disturbs it"),
                Flag("keep", "keep the copy's trails"), .json,
                Flag("platform", value: "NAME", "which, when several run"),
            ],
            details: """
                A probe takes each service's place: same uid, root, descriptors, limits and filter.
                Without FILE it copies the platform that runs, else the exchange. Exit 0 when
                every attempt was stopped and what walls record is on record; 1 when something got
                through, could not run, or left no record.
                """)
    ) { arguments throws(Failure) in
        let request = try drillRequest(arguments)
        let drill = Drill(
            request, progress: { Output.error("bulkhead: drill: \($0)") }, trails: observed)
        let matrix = try drill.run()
        if arguments.has("json") {
            Output.line(MatrixDocument.document(matrix).renderPretty())
        } else {
            for line in MatrixText.lines(matrix) { Output.line(Printable.lines(line.utf8)) }
        }
        return matrix.passed ? .good : .refused
    }
}

private func drillRequest(_ arguments: Arguments) throws(Failure) -> DrillRequest {
    guard arguments.word(0) == "breach" else {
        throw Failure(
            .usage, "drill", "there is no drill `\(Excerpt.of(arguments.word(0) ?? ""))`",
            remedy: "use `bulkhead drill breach`")
    }
    var walls: Walls = []
    for name in arguments.values("without") { walls.insert(try wall(named: name)) }
    let techniques = try Drill.techniques(named: arguments.values("only"))
    guard geteuid() == 0 else {
        throw Failure(
            .machine, "not-root", "a drill needs root: it starts a copy with every wall",
            remedy: "run `sudo bulkhead drill breach`")
    }
    let isLive = arguments.has("live")
    guard !isLive || (walls == [] && arguments.word(1) == nil) else {
        throw Failure(
            .usage, "drill-live", "--live attacks what runs, as it runs",
            remedy: "leave out FILE and --without")
    }
    let live = isLive ? try running(arguments) : nil
    let file: String
    if let named = arguments.word(1) { file = absolute(named) } else { file = try drilledFile() }
    var request = DrillRequest(file: file, programs: try Places.programs())
    request.without = walls
    request.envoys = techniques.filter { Set(Technique.envoys.map(\.id)).contains($0.id) }
    request.techniques = techniques.filter { technique in
        !request.envoys.contains(technique) && !(isLive && (technique.disturbs || technique.fatal))
    }
    request.compartment = arguments.value("compartment")
    request.live = live
    request.keep = arguments.has("keep")
    return request
}

/// The file of the platform that runs when only one does, else the demonstration's.
private func drilledFile() throws(Failure) -> String {
    let ids = Locations.running(isRoot: true, uid: 0).filter { !$0.contains(".") }
    guard ids.count == 1, let id = ids.first else { return try Places.demonstration() }
    let locations = Locations.of(platform: id, state: nil, home: nil, isRoot: true, uid: 0)
    let reply = try ControlClient.ask(.status, at: locations.control)
    guard case .status(let status) = reply else { return try Places.demonstration() }
    guard let file = Files.resolve(status.file) else {
        throw Failure(
            .usage, "drill-file",
            "\(id) runs from \(Excerpt.of(status.file, limit: 300)), which is not there from here",
            remedy: "name it: `bulkhead drill breach FILE`")
    }
    return file
}

/// What all trails below a state directory hold since then.
private func observed(_ state: String, _ since: UInt64) -> [Observed] {
    let trails = (try? TrailPlaces.find(platform: nil, state: state)) ?? []
    var found: [Observed] = []
    for trail in trails {
        var cursor = TrailCursor(trail.directory, isObserver: trail.isObserver)
        let reading = cursor.read { row in
            guard row.time >= since else { return }
            found.append(
                Observed(
                    time: row.time, trail: trail.name, isClaim: row.isClaim, event: row.event))
        }
        if let problem = reading.fault?.description ?? reading.unreadable {
            Output.error("bulkhead: \(trail.title): \(problem)")
        }
    }
    return found
}
