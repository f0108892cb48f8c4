internal import Addresses
internal import Packets
internal import Ruleset
internal import Topology

/// Sets of packets between two endpoints as products of lists, both families side by side.
struct Summary {
    /// All combinations of the values in four lists, of some protocols.
    private struct Product: Hashable {
        var protocols: ClosedRange<UInt32>
        /// Indexed as `fields`.
        var lists: [[ClosedRange<UInt32>]]
    }

    private static let fields: [Field] = [.sourcePort, .destinationPort, .source, .destination]
    /// In which order lists are joined: ports first, so that they stand together.
    private static let joining = [1, 3, 2, 0]
    /// Protocols that are told apart, and the gaps between them.
    private static let segments: [ClosedRange<UInt32>] = [
        0...0, 1...1, 2...5, 6...6, 7...16, 17...17, 18...57, 58...58, 59...131, 132...132,
        133...255,
    ]

    private let atoms: AddressAtoms
    private let source: Endpoint
    private let target: Endpoint
    private var products: [Families: Set<Product>] = [:]

    init(_ topology: Topology, _ source: Int, _ target: Int) {
        self.init(topology.atoms, topology.endpoints[source], topology.endpoints[target])
    }

    init(_ atoms: AddressAtoms, _ source: Endpoint, _ target: Endpoint) {
        self.atoms = atoms
        self.source = source
        self.target = target
    }

    mutating func add(_ packets: PacketSet, _ family: Families) {
        var products: Set<Product> = []
        for box in packets.boxes {
            for segment in Self.segments where segment.overlaps(box[.protocolNumber]) {
                products.insert(
                    Product(
                        protocols: segment.clamped(to: box[.protocolNumber]),
                        lists: Self.fields.map { [box[$0]] }))
            }
        }
        for field in Self.joining { products = Self.joined(products, field) }
        self.products[family] = Set(products.map { whole($0, family) })
    }

    /// Products that differ in one list only, as one.
    private static func joined(_ products: Set<Product>, _ field: Int) -> Set<Product> {
        var groups: [Product: [ClosedRange<UInt32>]] = [:]
        for product in products {
            var key = product
            key.lists[field] = []
            groups[key, default: []] += product.lists[field]
        }
        return Set(
            groups.map { key, ranges in
                var product = key
                product.lists[field] = neighboursJoined(ranges)
                return product
            })
    }

    private static func neighboursJoined(
        _ ranges: [ClosedRange<UInt32>]
    ) -> [ClosedRange<UInt32>] {
        var joined: [ClosedRange<UInt32>] = []
        for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if let last = joined.last,
                range.lowerBound == 0 || last.upperBound >= range.lowerBound - 1
            {
                joined[joined.count - 1] = last.lowerBound...max(last.upperBound, range.upperBound)
            } else {
                joined.append(range)
            }
        }
        return joined
    }

    /// No list where the addresses are all that the endpoint has.
    private func whole(_ product: Product, _ family: Families) -> Product {
        var product = product
        if product.lists[2] == Self.neighboursJoined(addresses(source, family)) {
            product.lists[2] = []
        }
        if product.lists[3] == Self.neighboursJoined(addresses(target, family)) {
            product.lists[3] = []
        }
        return product
    }

    private func addresses(_ endpoint: Endpoint, _ family: Families) -> [ClosedRange<UInt32>] {
        family == .v4 ? endpoint.v4 : endpoint.v6.compactMap(atoms.atoms)
    }

    /// Everything that was added, in the order of protocols.
    func traffic(isCertain: Bool, unless: [String]) -> [Traffic] {
        var possible: Families = []
        for family in [Families.v4, .v6]
        where !addresses(source, family).isEmpty && !addresses(target, family).isEmpty {
            possible.formUnion(family)
        }
        var found: [Product: Families] = [:]
        for (family, products) in products {
            for product in products {
                let isEverywhere = product.lists[2].isEmpty && product.lists[3].isEmpty
                // Address lists of the two families have nothing in common.
                if isEverywhere {
                    found[product, default: []].formUnion(family)
                } else {
                    found[
                        Product(
                            protocols: product.protocols, lists: product.lists + [[family.mark]])] =
                        family
                }
            }
        }
        return gathered(found).map { product, families, kind in
            Traffic(
                kind: kind, ports: product.lists[1], sourcePorts: product.lists[0],
                sources: text(product.lists[2], families),
                destinations: text(product.lists[3], families),
                family: families == possible ? nil : families == .v4 ? "ipv4" : "ipv6",
                isCertain: isCertain, unless: unless)
        }
    }

    private func text(_ ranges: [ClosedRange<UInt32>], _ families: Families) -> [String] {
        families == .v4
            ? ranges.map(RangeText.v4) : ranges.map { RangeText.v6(atoms.addresses($0)) }
    }

    /// With all protocols without ports as one where they are alike, sorted.
    private func gathered(
        _ found: [Product: Families]
    ) -> [(Product, Families, Traffic.Kind)] {
        var portless: [Product: [ClosedRange<UInt32>]] = [:]
        var result: [(Product, Families, Traffic.Kind)] = []
        let ports: [ClosedRange<UInt32>: Traffic.Kind] = [
            6...6: .tcp, 17...17: .udp, 132...132: .sctp,
        ]
        for (product, families) in found {
            if let kind = ports[product.protocols] {
                result.append((product, families, kind))
            } else {
                var key = product
                key.protocols = 0...0
                key.lists.append([families.mark])
                portless[key, default: []].append(product.protocols)
            }
        }
        let all = Self.segments.filter { ports[$0] == nil }
        for (key, protocols) in portless {
            var product = key
            let mark = product.lists.removeLast()
            let families = Families(rawValue: UInt8(truncatingIfNeeded: mark[0].lowerBound))
            if Set(protocols) == Set(all) {
                result.append((product, families, .others))
                continue
            }
            for range in protocols {
                product.protocols = range
                let kind: Traffic.Kind =
                    range == 1...1 ? .icmp : range == 58...58 ? .icmp6 : .numbers(range)
                result.append((product, families, kind))
            }
        }
        return result.sorted { Self.order($0) < Self.order($1) }
    }

    private static func order(
        _ entry: (product: Product, families: Families, kind: Traffic.Kind)
    ) -> [UInt32] {
        let rank: UInt32 =
            switch entry.kind {
            case .tcp: 0
            case .udp: 1
            case .sctp: 2
            default: 3
            }
        return [rank, entry.product.protocols.lowerBound, UInt32(entry.families.rawValue)]
            + entry.product.lists.flatMap { $0.map(\.lowerBound) }
    }
}

extension [UInt32] {
    fileprivate static func < (left: [UInt32], right: [UInt32]) -> Bool {
        left.lexicographicallyPrecedes(right)
    }
}

extension Families {
    /// Itself as an interval, to tell products of different families apart.
    fileprivate var mark: ClosedRange<UInt32> { UInt32(rawValue)...UInt32(rawValue) }
}
