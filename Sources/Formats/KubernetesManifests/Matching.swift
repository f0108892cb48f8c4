internal import Addresses
internal import Packets
internal import Ruleset

/// Whom one rule's peers are, among the endpoints of a cluster and in one family.
struct Matched {
    /// All packets, whoever they come from or go to.
    var isEverybody = false
    /// Indexes of endpoints, ascending.
    var sure: [Int] = []
    var maybe: [Int] = []
    /// Why some are not sure.
    var words: Set<String> = []
}

/// Endpoints of a cluster as peers and subjects of policies.
struct Matching {
    let cluster: Cluster
    let parts: [Outside.Part]
    /// Pods that selectors see, by namespace; those that share their node's network.
    private let pods: [String: [Int]]
    let hosts: [Int]
    private let labels: [String: Labels]

    init(_ cluster: Cluster, _ parts: [Outside.Part]) {
        self.cluster = cluster
        self.parts = parts
        var pods: [String: [Int]] = [:]
        var hosts: [Int] = []
        for (index, workload) in cluster.workloads.enumerated() {
            if workload.isHostNetwork {
                hosts.append(index)
            } else {
                pods[workload.namespace, default: []].append(index)
            }
        }
        self.pods = pods
        self.hosts = hosts
        var labels: [String: Labels] = [:]
        for namespace in Set(cluster.workloads.map(\.namespace)) {
            labels[namespace] = cluster.labels(of: namespace)
        }
        self.labels = labels
    }

    /// Indexes of the outside's parts.
    var outside: Range<Int> {
        cluster.workloads.count..<cluster.workloads.count + parts.count
    }

    /// The pods that a scope selects, or may select.
    func selected(_ scope: Scope) -> Matched {
        var matched = Matched()
        switch scope.namespaces {
        case .only(let name): select(name, .yes, scope.pods, &matched)
        case .selected(let selector):
            for (name, labels) in labels {
                select(name, selector.selects(labels), scope.pods, &matched)
            }
        }
        matched.sure.sort()
        matched.maybe.sort()
        return matched
    }

    private func select(
        _ namespace: String, _ truth: Truth, _ selector: Selector, _ matched: inout Matched
    ) {
        guard truth != .no, let pods = pods[namespace] else { return }
        for index in pods {
            let workload = cluster.workloads[index]
            let own = selector.selects(workload.allLabels)
            switch min(truth, own) {
            case .no: break
            case .yes: matched.sure.append(index)
            case .unknown:
                matched.maybe.append(index)
                if truth == .unknown {
                    matched.words.insert("labels of namespace \(namespace) are not in the files")
                }
                if own == .unknown {
                    matched.words.insert(
                        "the controller of \(workload.title) sets labels that are not in the files")
                }
            }
        }
    }

    /// Whether the policies of a namespace select a pod by its labels, host network or not.
    func selectsLabels(_ policy: Policy, _ workload: Workload) -> Truth {
        policy.namespace == workload.namespace
            ? policy.subject.pods.selects(workload.allLabels) : .no
    }

    /// The endpoints that any of the peers is.
    func matched(_ peers: [Peer]?, _ family: Families) -> Matched {
        var matched = Matched()
        guard let peers else {
            matched.isEverybody = true
            return matched
        }
        var sure: Set<Int> = []
        var maybe: Set<Int> = []
        for peer in peers {
            switch peer {
            case .unknown: continue
            case .pods(let scope):
                let found = selected(scope)
                sure.formUnion(found.sure)
                maybe.formUnion(found.maybe)
                matched.words.formUnion(found.words)
            case .elsewhere(let word):
                maybe.formUnion(outside)
                maybe.formUnion(hosts)
                matched.words.insert(word)
            case .block(let block, let except, let isLoose):
                // The internet is one endpoint of both families; a block is of one.
                for index in outside
                where block.family == family
                    && holds(block, except, parts[index - outside.lowerBound])
                {
                    sure.insert(index)
                }
                for index in cluster.workloads.indices {
                    switch inside(cluster.workloads[index], block, except, family) {
                    case .no: break
                    case .yes where !isLoose: sure.insert(index)
                    default:
                        maybe.insert(index)
                        matched.words.insert(
                            isLoose
                                ? "implementations differ about pods in an ipBlock"
                                : "addresses of pods are not in the files")
                    }
                }
            }
        }
        matched.sure = sure.sorted()
        matched.maybe = maybe.subtracting(sure).sorted()
        return matched
    }

    /// Whether a block without its exceptions holds a part of the outside: wholly or not at all.
    private func holds(_ block: Block, _ except: [Block], _ part: Outside.Part) -> Bool {
        func contains(_ block: Block) -> Bool {
            switch block {
            case .v4(let range): part.v4.first.map { range.contains($0.lowerBound) } ?? false
            case .v6(let range): part.v6.first.map { range.contains($0.lowerBound) } ?? false
            }
        }
        return contains(block) && !except.contains(where: contains)
    }

    /// Whether a pod's address lies in a block, as far as anybody says where pods are.
    private func inside(
        _ workload: Workload, _ block: Block, _ except: [Block], _ family: Families
    ) -> Truth {
        guard block.family == family else { return .no }
        if !workload.addresses.isEmpty {
            let own = workload.addresses.filter { $0.family == family }
            let isInside = own.contains { address in
                block.contains(address) && !except.contains { $0.contains(address) }
            }
            return isInside ? .yes : .no
        }
        let known = workload.isHostNetwork ? [] : cluster.podNetworks
        let networks = known.filter { $0.family == family }
        if networks.isEmpty {
            if !known.isEmpty { return .no }
            return block.isWhole && except.isEmpty ? .yes : .unknown
        }
        if networks.allSatisfy({ network in
            !block.overlaps(network) || except.contains { $0.contains(network) }
        }) {
            return .no
        }
        return networks.allSatisfy { network in
            block.contains(network) && !except.contains { $0.overlaps(network) }
        } ? .yes : .unknown
    }
}

extension Block {
    var family: Families {
        switch self {
        case .v4: .v4
        case .v6: .v6
        }
    }

    var isWhole: Bool {
        switch self {
        case .v4(let range): range == 0...(.max)
        case .v6(let range): range == 0...(.max)
        }
    }

    func contains(_ other: Block) -> Bool {
        switch (self, other) {
        case (.v4(let own), .v4(let inner)):
            own.lowerBound <= inner.lowerBound && inner.upperBound <= own.upperBound
        case (.v6(let own), .v6(let inner)):
            own.lowerBound <= inner.lowerBound && inner.upperBound <= own.upperBound
        default: false
        }
    }

    func overlaps(_ other: Block) -> Bool {
        switch (self, other) {
        case (.v4(let own), .v4(let inner)): own.overlaps(inner)
        case (.v6(let own), .v6(let inner)): own.overlaps(inner)
        default: false
        }
    }
}
