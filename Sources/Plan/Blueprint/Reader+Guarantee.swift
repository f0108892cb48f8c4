internal import Findings
internal import Platform
internal import YAMLTree

extension Reader {
    /// A guarantee with all its names resolved; nil when one is unknown.
    mutating func guarantee(_ node: Node) -> Guarantee? {
        if node[NeverKey.never] != nil { return never(node) }
        if node[OnlyKey.only] != nil { return only(node) }
        if node[MustKey.must] != nil { return must(node) }
        return contain(node)
    }

    private mutating func never(_ node: Node) -> Guarantee? {
        let from = names.party(node[NeverKey.never], &report)
        let subject = names.subject(node[NeverKey.reaches], &report)
        guard let from, let subject else { return nil }
        switch subject {
        case .party(let to, let port):
            return Guarantee(
                .never(from: from, to: to, port: port), steps: steps(node[NeverKey.steps]),
                place: node.place)
        case .beyond(let what):
            let claim = "never \(from.name) reaches \(node.text(NeverKey.reaches) ?? "")"
            return beyond(claim, what, node)
        }
    }

    private mutating func only(_ node: Node) -> Guarantee? {
        let nodes = node[OnlyKey.only]?.oneOrMany ?? []
        let from = nodes.compactMap { names.party($0, &report) }
        let subject = names.subject(node[OnlyKey.reach], &report)
        guard from.count == nodes.count, let subject else { return nil }
        switch subject {
        case .party(let to, let port):
            return Guarantee(
                .only(from: from, to: to, port: port), steps: steps(node[OnlyKey.steps]),
                place: node.place)
        case .beyond(let what):
            let list = from.map(\.name).joined(separator: ", ")
            return beyond("only \(list) reach \(node.text(OnlyKey.reach) ?? "")", what, node)
        }
    }

    private mutating func must(_ node: Node) -> Guarantee? {
        let from = names.party(node[MustKey.must], &report)
        let subject = names.subject(node[MustKey.reach], &report)
        guard let from, let subject else { return nil }
        switch subject {
        case .party(let to, let port):
            return Guarantee(
                .must(from: from, to: to, port: port), steps: steps(node[MustKey.steps]),
                place: node.place)
        case .beyond(let what):
            return beyond("\(from.name) must reach \(node.text(MustKey.reach) ?? "")", what, node)
        }
    }

    private mutating func contain(_ node: Node) -> Guarantee? {
        let service = names.service(node[ContainKey.contain], &report)
        let nodes = node[ContainKey.within]?.oneOrMany ?? []
        let within = nodes.compactMap { names.party($0, outside: false, &report) }
        guard let service, within.count == nodes.count else { return nil }
        return Guarantee(
            .contain(service: service, within: within, steps: steps(node[ContainKey.steps])),
            place: node.place)
    }

    private func steps(_ node: Node?) -> Int { node?.scalar.flatMap(Units.whole) ?? 0 }

    /// Kept in the model, so that the check can say that it was not answered.
    private func beyond(_ claim: String, _ what: String, _ node: Node) -> Guarantee {
        Guarantee(
            .beyond(claim: claim, reason: "\(what) is nothing that packets or channels decide"),
            place: node.place)
    }
}
