import Addresses
import AuthorityTreaty
import Certificates
import Descriptors
import Loop
import Passage
import Sockets

struct Missing: Error {}

/// A small authority with labelled pairs, answered by hand.
struct Office: ~Copyable {
    private let key = KeyPair()
    private let root: Certificate
    private var pairs: [(name: String, end: SharedDescriptor)] = []
    private let wall = Clocks.wallSeconds()

    init() throws {
        guard let root = key.root(name: "root", notBefore: wall - 60, notAfter: wall + 1_000_000)
        else { throw Missing() }
        self.root = root
    }

    private func answer(_ bytes: [UInt8], _ name: String) throws -> EnrolAnswer {
        let request = try EnrolRequest.decode(bytes)
        let wanted = CertificateRequest(
            commonName: name, names: [name], notBefore: wall - 60, notAfter: wall + 3_600,
            use: .clientAndServer)
        guard let issued = key.issue(wanted, for: request.publicKey, under: root) else {
            return .refused(request.purpose, .key)
        }
        return .issued(
            request.purpose, certificate: issued.der, root: root.der, notAfter: issued.notAfter)
    }

    /// The service's end of a pair labelled with that name.
    mutating func pair(_ name: String) throws -> SharedDescriptor {
        let ends = try LocalSocket.pair().split { SharedPair($0, $1) }
        pairs.append((name, ends.first))
        try ends.first.descriptor.setNonBlocking()
        return ends.second
    }

    /// Answers everything that waits.
    mutating func serve() throws {
        for (name, end) in pairs {
            while case .message(let message)? = try? LocalSocket.receive(on: end.number) {
                let answer = try answer(message.bytes, name)
                _ = try? LocalSocket.send(answer.encode(), on: end.number)
            }
        }
    }
}

struct SharedPair {
    let first: SharedDescriptor
    let second: SharedDescriptor

    init(_ first: consuming Descriptor, _ second: consuming Descriptor) {
        self.first = SharedDescriptor(first)
        self.second = SharedDescriptor(second)
    }
}

/// Who listens on which port, and who may say what to whom.
///
/// All are at one address, from which loopback connects; names tell them apart.
struct Map {
    private static let address = Address(127 << 24 | 1)
    private var ports: [String: UInt16] = [:]
    private let flows: [(from: String, to: String, messages: [String])]

    init(_ flows: [(from: String, to: String, messages: [String])]) throws {
        self.flows = flows
        for name in Set(flows.map(\.to)) {
            let socket = try StreamSocket.listen(Self.address, port: 0, backlog: 1)
            ports[name] = try StreamSocket.port(of: socket.number)
        }
    }

    func table(_ name: String) -> PassageTable {
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
