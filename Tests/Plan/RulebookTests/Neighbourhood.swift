import Addresses
import Confinement
import Descriptors
import Glibc
import Namespaces
import Netlink
import PacketFilter
import Rulebook

/// Three compartments on one fabric, in namespaces that end with this value: `web` (0) may reach
/// `data` (1) on tcp/5432 and udp/5353; `other` (2) may reach nobody.
final class Neighbourhood {
    /// One of the places where a wall can stand on a packet's way from `web` to `data`.
    enum Place: String, CaseIterable, CustomStringConvertible, Sendable {
        case source, fabric, target
        var description: String { rawValue }
    }

    let deployment: Deployment
    let fabric: SharedDescriptor
    let spaces: [SharedDescriptor]
    private let logs: [Place: SharedDescriptor]
    private var gathered: [Place: [LogRecord]] = [:]

    static let web = Address(0x0A4D_0102)
    static let data = Address(0x0A4D_0303)
    static let other = Address(0x0A4D_0204)

    static func plan() -> Deployment {
        var plan = Deployment(platform: "neighbours", file: "neighbours.yaml", isolation: .full)
        for (index, address) in [web, data, other].enumerated() {
            plan.compartments.append(
                CompartmentPlan(
                    name: ["web", "data", "other"][index], zone: 0, address: address,
                    program: "/bin/true"))
        }
        for port in [Port(.tcp, 5432), Port(.udp, 5353)].compactMap(\.self) {
            plan.flows.append(FlowPlan(from: .compartment(0), to: 1, port: port, line: 1))
        }
        return plan
    }

    /// Builds everything with rules only in the given places.
    init(walls: Set<Place> = Set(Place.allCases), plan: Deployment = plan()) throws {
        deployment = plan
        let middle = SharedDescriptor(try NetworkNamespace.create())
        fabric = middle
        var builder = try Fabric(in: middle.descriptor)
        var made: [SharedDescriptor] = []
        for (index, compartment) in deployment.compartments.enumerated() {
            let space = SharedDescriptor(try NetworkNamespace.create())
            try builder.attach(
                compartment: space.descriptor, index: index, address: compartment.address)
            made.append(space)
        }
        spaces = made
        var opened: [Place: SharedDescriptor] = [:]
        for (place, space) in [(Place.source, made[0]), (.fabric, middle), (.target, made[1])] {
            opened[place] = SharedDescriptor(
                try LogSocket.open(in: space.descriptor, groups: [1, 2, 3, 4]))
        }
        logs = opened
        for place in walls { try load(table(place).text, at: place) }
    }

    func space(_ place: Place) -> SharedDescriptor {
        switch place {
        case .source: spaces[0]
        case .fabric: fabric
        case .target: spaces[1]
        }
    }

    func table(_ place: Place) -> RuleTable {
        switch place {
        case .source: Rulebook.host(deployment, compartment: 0)
        case .fabric: Rulebook.fabric(deployment)
        case .target: Rulebook.host(deployment, compartment: 1)
        }
    }

    func load(_ text: String, at place: Place) throws {
        var session = try RuleSession(in: space(place).descriptor)
        try session.load(text)
    }

    func counters(_ place: Place) throws -> [String: RuleCounter] {
        var session = try RuleSession(in: space(place).descriptor)
        return try session.counters(Rulebook.table)
    }

    /// Records logged so far in a place, after waiting until there are `count` (at most 5 s).
    func records(_ place: Place, atLeast count: Int = 0) throws -> [LogRecord] {
        guard let log = logs[place] else { return [] }
        var found = gathered[place] ?? []
        while true {
            var chunk: [UInt8] = []
            switch try DescriptorIO.read(log.number, into: &chunk, limit: LogDatagram.bytesMax) {
            case .bytes(let length):
                try LogDatagram.read(chunk.span, count: length, into: &found)
            case .end, .wouldBlock:
                gathered[place] = found
                if found.count >= count || !readable(log.number) { return found }
            }
        }
    }
}

/// Waits until a descriptor can be read; false after five seconds.
func readable(_ number: Int32, milliseconds: Int32 = 5000) -> Bool {
    var wait = pollfd(fd: number, events: Int16(POLLIN), revents: 0)
    return unsafe poll(&wait, 1, milliseconds) > 0
}
