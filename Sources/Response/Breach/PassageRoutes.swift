package import Addresses

/// One line of a service's table of passages, as the supervisor tells it.
package struct PassageRoute: Sendable, Equatable {
    /// The service opens it; otherwise the peer does.
    package var isOpened: Bool
    package var peer: String
    package var address: Address
    package var port: UInt16
    package var words: [String]

    /// Nil for any other line: the first one, a publication.
    package init?(_ line: String) {
        let parts = line.split(separator: " ", omittingEmptySubsequences: false)
        guard parts.count == 5, parts[0] == "open" || parts[0] == "accept",
            let address = Address(parts[2]), let port = UInt16(parts[3])
        else { return nil }
        isOpened = parts[0] == "open"
        peer = String(parts[1])
        self.address = address
        self.port = port
        words = parts[4].split(separator: ",").map(String.init)
    }
}

/// Who may say what to whom in a platform.
package struct PassageRoutes: Sendable, Equatable {
    /// Services with passages, in the order of the platform, with their lines.
    package let services: [(name: String, routes: [PassageRoute])]

    package init(_ tables: [(name: String, lines: [String])]) {
        services = tables.filter { !$0.lines.isEmpty }
            .map { ($0.name, $0.lines.compactMap(PassageRoute.init)) }
    }

    package static func == (left: PassageRoutes, right: PassageRoutes) -> Bool {
        left.services.elementsEqual(right.services) { $0 == $1 }
    }

    package func routes(of name: String) -> [PassageRoute] {
        services.first { $0.name == name }?.routes ?? []
    }

    /// Ports of passages to which no flow leads from that service, by the address at which their
    /// owners dial and are dialled.
    package func foreign(
        to name: String, addresses: [String: Address]
    ) -> [ForeignDoor] {
        let open = routes(of: name).filter(\.isOpened)
        var doors: [ForeignDoor] = []
        for (owner, routes) in services where owner != name {
            guard let address = addresses[owner] else { continue }
            for port in Set(routes.filter { !$0.isOpened }.map(\.port)).sorted()
            where !open.contains(where: { $0.address == address && $0.port == port }) {
                doors.append(ForeignDoor(owner: owner, address: address, port: port))
            }
        }
        return doors
    }

    /// The service that others may tell that word, by the table.
    package func taker(of word: String) -> String? {
        services.first { $0.routes.contains { !$0.isOpened && $0.words.contains(word) } }?.name
    }
}
