import Addresses
import Chance
import Findings
import Platform
import Reach
import Testing

@Suite("Blast and its smallest cut")
struct CutTests {
    /// Seven services in three zones, with flows between services and from zones.
    private static func platform(_ chance: inout Seeded) -> Platform {
        var platform = Platform(name: "test")
        let nowhere = Place(line: 1, column: 1)
        for zone in 0..<3 {
            guard
                let network = Prefix(base: Address(0x0A4D_0000 + UInt32(zone) << 8), length: 24)
            else { continue }
            platform.zones.append(Zone(name: "z\(zone)", network: network, place: nowhere))
        }
        for index in 0..<7 {
            var service = Service(name: "s\(index)", zone: "z\(index % 3)", place: nowhere)
            service.ports = [Port(.tcp, 1)].compactMap { port in
                port.map { ServicePort(name: "main", port: $0, place: nowhere) }
            }
            platform.services.append(service)
        }
        for line in 0..<9 {
            let from: Party =
                chance.below(4) == 0
                ? .zone("z\(chance.below(3))") : .service("s\(chance.below(7))")
            platform.flows.append(
                Flow(
                    from: from, to: "s\(chance.below(7))", port: "main", because: "test",
                    place: Place(line: line + 10, column: 1)))
        }
        return platform
    }

    private static func reaches(_ platform: Platform, _ target: Int) -> Bool {
        let exposure = Graph(platform).exposure(of: 0, steps: 100)
        return exposure.reached.contains { $0.service == target }
    }

    @Test(
        "without the flows of a cut nothing leads there, and no smaller set does it",
        arguments: 0..<60)
    func smallest(seed: Int) {
        var chance = Seeded(state: UInt64(seed))
        let platform = Self.platform(&chance)
        let exposure = Graph(platform).exposure(of: 0, steps: 100)
        for reached in exposure.reached {
            let lines = Set(reached.cut.map(\.place.line))
            #expect(!lines.isEmpty && lines.count == reached.cut.count)
            var without = platform
            without.flows.removeAll { lines.contains($0.place.line) }
            #expect(!Self.reaches(without, reached.service))
            for set in 0..<(1 << platform.flows.count) where set.nonzeroBitCount < lines.count {
                guard set.nonzeroBitCount == lines.count - 1 else { continue }
                var smaller = platform
                smaller.flows = platform.flows.enumerated().filter { set >> $0.offset & 1 == 0 }
                    .map(\.element)
                #expect(Self.reaches(smaller, reached.service))
            }
            #expect(reached.path.last?.to == reached.service)
            #expect(reached.path.first?.from == .service(0))
        }
    }
}
