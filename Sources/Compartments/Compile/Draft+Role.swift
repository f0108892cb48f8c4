internal import Addresses
internal import Confinement
internal import Findings
internal import Platform
internal import Seccomp

extension Draft {
    /// The words of a service: those of the file, or what its ports and flows call for, and what
    /// other keys of it imply.
    mutating func words(_ service: Service) -> [Word] {
        var words: Set<Word> = []
        for (index, name) in service.role.enumerated() {
            let places = service.rolePlaces
            let place = places.indices.contains(index) ? places[index] : service.place
            guard let word = Word(rawValue: name) else {
                let nearest = Nearest.name(to: name, among: Word.allCases.map(\.rawValue))
                error(
                    "role-unknown", at: place,
                    "\(service.name) asks for the unknown word `\(Excerpt.of(name))`",
                    remedy: nearest.map { "did you mean `\($0)`?" }
                        ?? "the words are \(Word.allCases.map(\.rawValue).joined(separator: ", "))")
                continue
            }
            words.insert(word)
        }
        if words.contains(.wx) && !service.wx {
            error(
                "role-wx", at: service.place,
                "executable memory is not given by a word alone", remedy: "write `wx: true`")
        }
        if service.role.isEmpty { words = derived(service) }
        if service.ready == .notify { words.insert(.notify) }
        if service.wx { words.insert(.wx) }
        return words.union([.stdio, .rpath]).sorted()
    }

    private func derived(_ service: Service) -> Set<Word> {
        var words: Set<Word> = [.wpath, .thread]
        let targets = outgoing(service).compactMap { self.service($0.to)?.port($0.port) }
        let own = service.ports.map(\.port)
        if targets.contains(where: { $0.transport == .tcp }) { words.insert(.inetClient) }
        if own.contains(where: { $0.transport == .tcp }) { words.insert(.inetServer) }
        if (targets + own).contains(where: { $0.transport == .udp }) { words.insert(.datagram) }
        return words
    }

    /// The filter's facts of a service.
    func role(_ service: Service, _ words: [Word]) -> Role {
        Role(
            words: words, programDescriptor: service.limits.files,
            holdsHostSocket: platform.publications.contains { $0.service == service.name },
            dials: outgoing(service).contains {
                self.service($0.to)?.port($0.port)?.transport == .tcp
            })
    }

    /// A preparation runs before the network matters and may start helpers, which the service
    /// itself may not.
    func preparationRole(_ service: Service, _ words: [Word]) -> Role {
        let network: Set<Word> = [
            .inetClient, .inetServer, .datagram, .unix, .notify, .events,
        ]
        return Role(
            words: Array(Set(words).subtracting(network).union([.wpath, .fork, .exec])),
            programDescriptor: service.limits.files)
    }

    mutating func filter(_ role: Role, at place: Place?) -> [UInt8] {
        if let known = filters[role] { return known }
        let made = attempt(at: place) { _ throws(Failure) in try Filter.program(role) }
        filters[role] = made
        return made ?? []
    }

    mutating func initFilter() -> [UInt8] {
        if let known = firstFilter { return known }
        firstFilter = attempt(at: nil) { _ throws(Failure) in try Filter.initProgram() }
        return firstFilter ?? []
    }
}
