internal import Addresses
internal import Descriptors
package import Passage
internal import Sockets

/// Who listens on which port, and who may say what to whom.
///
/// All are at one address, from which loopback connects; names tell them apart.
package struct Map {
    private static let address = Address(127 << 24 | 1)
    private var ports: [String: UInt16] = [:]
    private let flows: [(from: String, to: String, messages: [String])]

    package init(_ flows: [(from: String, to: String, messages: [String])]) throws {
        self.flows = flows
        for name in Set(flows.map(\.to)) {
            let socket = try StreamSocket.listen(Self.address, port: 0, backlog: 1)
            ports[name] = try StreamSocket.port(of: socket.number)
        }
    }

    package func table(_ name: String) -> PassageTable {
        PassageTable(
            name: name, address: Self.address,
            lines: flows.compactMap { flow in
                let port = ports[flow.to] ?? 0
                if flow.to == name {
                    return .init(.accept, flow.from, Self.address, port, flow.messages)
                }
                guard flow.from == name else { return nil }
                return .init(.open, flow.to, Self.address, port, flow.messages)
            })
    }
}
