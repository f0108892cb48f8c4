internal import Arguments
internal import Connectivity
internal import Findings
internal import Notation
internal import Packets
internal import Topology

/// `reach` over an imported topology: every pair, or those that --from and --to name.
func importedReach(_ format: String, _ arguments: Arguments) throws(Failure) -> ExitCode {
    let topology = try ImportFormat.named(format).topology(of: arguments.words)
    let from = try arguments.value("from").map { name throws(Failure) in
        try endpoint(name, "--from", topology)
    }
    let to = try arguments.value("to").map { name throws(Failure) in
        try endpoint(name, "--to", topology)
    }
    if from == nil, to == nil, let note = topology.abundance {
        Output.error(note.line(file: "bulkhead"))
    }
    var listing = Listing(Connectivity(topology), isJSON: arguments.has("json"))
    listing.show(from: from, to: to)
    if let first = listing.open.first {
        let more = listing.open.count > 1 ? ", and \(listing.open.count - 1) more," : ""
        throw Failure(
            .refused, "too-large",
            "\(Excerpt.of(first, limit: 200))\(more) not answered: an answer needs more than "
                + "\(PacketSet.limit) boxes of packets",
            remedy: "ask about fewer addresses")
    }
    return from != nil && to != nil && listing.count == 0 ? .refused : .good
}

/// The endpoint that a word names: by its whole name, or by what only one name begins with.
private func endpoint(
    _ word: String, _ flag: String, _ topology: Topology
) throws(Failure) -> Int {
    if let index = topology.endpoint(word) { return index }
    let near = topology.endpoints.indices.filter {
        topology.endpoints[$0].name.hasPrefix(word + "[")
    }
    if near.count == 1 { return near[0] }
    let names = topology.endpoints.map(\.name)
    let nearest = Nearest.name(to: word, among: names)
    throw Failure(
        .usage, "unknown-name", "\(flag) \(Excerpt.of(word)) names no endpoint",
        remedy: nearest.map { "did you mean \($0)?" }
            ?? "the files have \(names.prefix(20).map { Excerpt.of($0) }.joined(separator: ", "))")
}

/// Writes connections while they are found.
private struct Listing {
    private var connectivity: Connectivity
    private let isJSON: Bool
    /// Pairs between which something passes.
    private(set) var count = 0
    /// Pairs without an answer; they may be anything.
    private(set) var open: [String] = []
    private var entries = 0
    private var pending = ""

    init(_ connectivity: Connectivity, isJSON: Bool) {
        self.connectivity = connectivity
        self.isJSON = isJSON
    }

    mutating func show(from: Int?, to: Int?) {
        let all = connectivity.topology.endpoints.indices
        if isJSON { pending = "[" }
        for source in from.map({ $0..<$0 + 1 }) ?? all {
            for target in to.map({ $0..<$0 + 1 }) ?? all { show(source, target) }
        }
        if isJSON {
            Output.line(pending + (entries == 0 ? "]" : "\n]"))
        } else {
            if !pending.isEmpty { Output.line(String(pending.dropLast())) }
            let kinds = connectivity.classCount
            Output.line(
                "\(counted(count, "connected pair")) among \(counted(all.count, "endpoint")), "
                    + "\(counted(kinds, "kind")) of endpoint")
        }
    }

    private mutating func show(_ source: Int, _ target: Int) {
        let topology = connectivity.topology
        let from = topology.endpoints[source].name
        let to = topology.endpoints[target].name
        guard let traffic = try? connectivity.traffic(from: source, to: target) else {
            return open.append("\(from) -> \(to)")
        }
        guard !traffic.isEmpty else { return }
        count += 1
        if isJSON {
            for item in traffic {
                pending += entries == 0 ? "\n  " : ",\n  "
                pending += item.document(from: from, to: to).render()
                entries += 1
            }
        } else {
            pending +=
                "\(Excerpt.of(from, limit: 200)) -> \(Excerpt.of(to, limit: 200)): "
                + "\(Traffic.text(traffic))\n"
        }
        guard pending.utf8.count > 1 << 16 else { return }
        // The rest of what is pending follows on lines of its own.
        Output.line(pending.hasSuffix("\n") ? String(pending.dropLast()) : pending)
        pending = ""
    }
}
