internal import Addresses
internal import Findings
internal import Platform
internal import YAMLTree

/// One line of `expect`, before its names are resolved: `gateway cannot reach ledger on tcp/5432`.
struct Expectation {
    let from: Substring
    /// A service, a zone or `service.port`.
    let to: Substring
    let port: Port?
    let isOpen: Bool

    /// Nil for any other sentence.
    init?(_ text: String) {
        guard text.utf8.count <= 256 else { return nil }
        let words = text.split(separator: " ")
        guard words.count == 4 || words.count == 6, words[2] == "reach",
            words[1] == "can" || words[1] == "cannot"
        else { return nil }
        from = words[0]
        to = words[3]
        isOpen = words[1] == "can"
        guard words.count == 6 else {
            port = nil
            return
        }
        // `service.port` says the port already.
        guard words[4] == "on", let port = Port(words[5]), !words[3].contains(".") else {
            return nil
        }
        self.port = port
    }
}

extension Reader {
    /// What a line of `expect` claims; nil when one of its names is unknown.
    mutating func expectation(_ node: Node) -> Guarantee? {
        guard let line = node.scalar.flatMap(Expectation.init) else { return nil }
        let from = names.party(String(line.from), at: node.place, &report)
        let subject = names.subject(String(line.to), at: node.place, &report)
        guard let from, case .party(let to, let name)? = subject else { return nil }
        return Guarantee(
            .expect(from: from, to: to, name: name, port: line.port, isOpen: line.isOpen),
            place: node.place)
    }
}
