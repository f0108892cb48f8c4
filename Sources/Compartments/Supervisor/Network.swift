internal import Addresses
internal import AuditTreaty
internal import Confinement
internal import Descriptors
internal import Findings
internal import Glibc
internal import Namespaces
internal import Netlink
internal import PacketFilter
internal import Rulebook

/// The platform's network: a routing namespace, one namespace for each compartment, the links
/// between them, and the rules of every place.
///
/// Nothing of it has a name on the host but the table around published ports; when the last
/// descriptor goes, the kernel takes it all away.
struct Network: ~Copyable {
    /// The log sockets, by the names that the sensor finds them under.
    private(set) var logs: [Handed] = []
    /// One line for the operator.
    private(set) var summary = ""

    private(set) var deployment: Deployment
    let fabric: SharedDescriptor
    private let host: Descriptor
    let namespaces: [SharedDescriptor]
    private let publishing: RuleTable
    private var fabricRules: RuleSession
    private var hostRules: RuleSession
    private(set) var closed: Set<Int> = []
    /// This process's number as the kernel tells of changes to rules; nil when nothing was loaded.
    ///
    /// It is that of the first pid namespace, for which nothing here could ask.
    let ownNumber: UInt32?
    /// Sockets that hear of changes to the rules, by place: a compartment's index, then the
    /// fabric's and the host's.
    private(set) var watches: [Int: SharedDescriptor] = [:]

    private static let fabricGroups: [UInt16] = [1, 2, 3, 4]
    /// Pairs of log groups that platforms beside one another may hold on the host.
    private static let hostPairsMax: UInt16 = 64

    /// Builds it whole, reads every table back, and compares it with the plan before it returns.
    init(deployment: Deployment, places: Places, units: inout [Unit]) throws {
        let fabric = try NetworkNamespace.create()
        let host = try NetworkNamespace.current()
        var fabricRules = try RuleSession(in: fabric)
        var hostRules = try RuleSession(in: host)
        var links = try Fabric(in: fabric)
        var namespaces: [SharedDescriptor] = []
        var logs: [Handed] = []
        var uids: [Int: UInt32] = [:]
        logs.append(try Self.handed("log.fabric", fabric, "the fabric"))

        // Rules stand before the link that they guard: no packet ever meets an empty table.
        let ownNumber = try Self.loadFabric(deployment, into: &fabricRules, fabric)
        for index in units.indices {
            let namespace = try NetworkNamespace.create()
            var rules = try RuleSession(in: namespace)
            let name = units[index].plan.name
            try Self.load(
                Rulebook.host(deployment, compartment: index), into: &rules, namespace, name)
            if units[index].plan.kind == .service {
                logs.append(try Self.handed("log.\(index)", namespace, name))
                try links.attach(
                    compartment: namespace, index: index, address: units[index].plan.address)
            }
            uids[index] = units[index].uid
            let shared = SharedDescriptor(namespace)
            units[index].namespace = shared
            namespaces.append(shared)
        }
        var publishing = Rulebook.publishing(
            deployment, instance: places.instance, uids: uids)
        if !publishing.skeleton.isEmpty {
            let (log, group) = try Self.hostLog(host)
            logs.append(Handed(name: "log.host", descriptor: log))
            publishing = Rulebook.publishing(
                deployment, instance: places.instance, uids: uids, group: group)
            try Self.load(
                publishing, into: &hostRules, host, "the host's publishing table", isFresh: false)
        }
        watches = try Self.watch(
            namespaces, fabric, host, isPublishing: !publishing.skeleton.isEmpty,
            without: deployment.without)
        self.deployment = deployment
        self.ownNumber = ownNumber
        self.fabric = SharedDescriptor(fabric)
        self.host = host
        self.publishing = publishing
        self.fabricRules = fabricRules
        self.hostRules = hostRules
        self.namespaces = namespaces
        self.logs = logs
        summary =
            "network: \(deployment.flows.count) flows allowed, everything else refused; "
            + "rules read back and equal"
    }

    /// Begins to hear of changes: not before what was loaded was read back, so that it is no news.
    private static func watch(
        _ namespaces: [SharedDescriptor], _ fabric: borrowing Descriptor,
        _ host: borrowing Descriptor, isPublishing: Bool, without: Walls
    ) throws(SystemFailure) -> [Int: SharedDescriptor] {
        var watches: [Int: SharedDescriptor] = [:]
        for index in namespaces.indices where !without.contains(.host) {
            let namespace = try Descriptor(copying: namespaces[index].number)
            watches[index] = SharedDescriptor(try RuleWatch.open(in: namespace))
        }
        if !without.contains(.fabric) {
            watches[namespaces.count] = SharedDescriptor(try RuleWatch.open(in: fabric))
        }
        if isPublishing {
            watches[namespaces.count + 1] = SharedDescriptor(try RuleWatch.open(in: host))
        }
        return watches
    }

    /// Loads the fabric's table; returns the number under which the kernel tells of it.
    private static func loadFabric(
        _ deployment: Deployment, into rules: inout RuleSession, _ fabric: borrowing Descriptor
    ) throws -> UInt32? {
        let watch = try RuleWatch.open(in: fabric)
        try load(Rulebook.fabric(deployment), into: &rules, fabric, "the fabric")
        return RuleWatch.news(watch.number).transactions.first?.process
    }

    private static func handed(
        _ name: String, _ namespace: borrowing Descriptor, _ place: String
    ) throws(Failure) -> Handed {
        Handed(name: name, descriptor: SharedDescriptor(try log(in: namespace, place)))
    }

    /// The log of a namespace that is ours alone.
    private static func log(
        in namespace: borrowing Descriptor, _ place: String
    ) throws(Failure) -> Descriptor {
        do {
            return try LogSocket.open(in: namespace, groups: fabricGroups)
        } catch {
            throw unlogged(place, error)
        }
    }

    private static func unlogged(_ place: String, _ error: SystemFailure) -> Failure {
        let isTaken = error.errno == EPERM || error.errno == EEXIST || error.errno == EBUSY
        return Failure(
            .machine, "packet-log",
            "what the rules of \(place) refuse cannot be logged: \(error)",
            remedy: isTaken
                ? "other programs hold the log groups; end them, or a platform beside this one"
                : "the kernel needs nfnetlink_log (CONFIG_NETFILTER_NETLINK_LOG)")
    }

    /// The first pair of the host's log groups that no other platform holds.
    private static func hostLog(
        _ host: borrowing Descriptor
    ) throws(Failure) -> (SharedDescriptor, UInt16) {
        var group = Rulebook.hostGroup
        while true {
            do throws(SystemFailure) {
                let log = try LogSocket.open(in: host, groups: [group, group + 1])
                return (SharedDescriptor(log), group)
            } catch {
                group += 2
                guard error.errno == EPERM || error.errno == EEXIST || error.errno == EBUSY,
                    group < Rulebook.hostGroup + 2 * hostPairsMax
                else { throw unlogged("the host's publishing table", error) }
            }
        }
    }

    private static func load(
        _ table: RuleTable, into rules: inout RuleSession, _ namespace: borrowing Descriptor,
        _ place: String, isFresh: Bool = true
    ) throws {
        guard !table.skeleton.isEmpty else { return }
        try rules.load(isFresh ? table.creation : table.text)
        let found = try differences(table, &rules, namespace, isWhole: isFresh)
        if let first = found.first {
            throw Failure(
                .machine, "readback", "the rules of \(place) are not those of the plan: \(first)",
                remedy: "another program changes nftables rules; find and stop it")
        }
    }

    /// `isWhole`: where the namespace is ours, a table beside the plan's is a difference too.
    private static func differences(
        _ table: RuleTable, _ rules: inout RuleSession, _ namespace: borrowing Descriptor,
        isWhole: Bool = true
    ) throws -> [RuleDifference] {
        let short = table.name.split(separator: " ").last.map(String.init) ?? table.name
        var found = RuleComparison.compare(
            expected: table,
            listing: isWhole ? try rules.listing() : try rules.listing(table.name))
        for set in table.sets {
            let elements = try RuleElements.read(in: namespace, table: short, set: set.name)
            found += RuleComparison.compare(expected: set, found: elements.map(\.bytes))
        }
        return found
    }

    /// Whether somebody listens on all of these ports in a namespace, at that address or at every
    /// one where it is given.
    static func listens(
        _ ports: [Port], in namespace: borrowing Descriptor, at address: Address?
    ) -> Bool {
        guard var sockets = try? SocketSession(in: namespace),
            let open = try? sockets.listeners(at: address)
        else { return false }
        return ports.allSatisfy(open.contains)
    }

    /// Connections taken or opened, and attempts refused, by compartment.
    mutating func counters() -> [Int: (connections: UInt64, refusals: UInt64)] {
        var result: [Int: (connections: UInt64, refusals: UInt64)] = [:]
        for index in namespaces.indices where deployment.compartments[index].kind == .service {
            guard let own = try? Descriptor(copying: namespaces[index].number),
                var rules = try? RuleSession(in: own),
                let counters = try? rules.counters(Rulebook.table)
            else { continue }
            let refused = ["refused", "invalid", "spoofed"].reduce(UInt64(0)) {
                $0 + (counters[$1]?.packets ?? 0)
            }
            result[index] = (counters["allowed"]?.packets ?? 0, refused)
        }
        return result
    }

    /// Ends a flow: no new connection, and the open ones cut; returns how many were.
    mutating func close(_ flow: Int) throws -> Int {
        defer { closed.insert(flow) }
        guard let change = FlowChange.close(flow, of: deployment, closed: closed) else { return 0 }
        // Kept to the end: closing a session waits until the kernel has freed what it deleted, and
        // nothing may stand between one wall's end of the flow and the next.
        var source = try RuleSession(in: try Descriptor(copying: namespaces[change.source].number))
        var target = try RuleSession(in: try Descriptor(copying: namespaces[change.target].number))
        if !change.fabric.isEmpty { try fabricRules.load(change.fabric) }
        if !change.sourceHost.isEmpty { try source.load(change.sourceHost) }
        if !change.targetHost.isEmpty { try target.load(change.targetHost) }
        let plan = deployment.flows[flow]
        let cut = FlowCut(
            source: deployment.compartments[change.source].address,
            target: deployment.compartments[change.target].address, port: plan.port)
        let count = try cut.perform(
            fabric: try Descriptor(copying: fabric.number),
            sourceEnd: try Descriptor(copying: namespaces[change.source].number),
            targetEnd: try Descriptor(copying: namespaces[change.target].number))
        extendLifetime(source)
        extendLifetime(target)
        return count
    }

    /// A place of `watches`, for people.
    func name(ofPlace place: Int) -> String {
        if place < namespaces.count { return deployment.compartments[place].name }
        return place == namespaces.count ? "fabric" : "host"
    }

    /// The namespace of a place; the host's is everybody's.
    func namespace(at place: Int) -> SharedDescriptor? {
        if namespaces.indices.contains(place) { return namespaces[place] }
        return place == namespaces.count ? fabric : nil
    }

    /// The first way in which the live rules of a place differ from the plan; nil when they do not.
    ///
    /// Rules that cannot be read, because their table is gone, differ.
    mutating func drift(at place: Int) -> String? {
        do {
            let found: [RuleDifference]
            if place < namespaces.count {
                let namespace = try Descriptor(copying: namespaces[place].number)
                var rules = try RuleSession(in: namespace)
                found = try Self.differences(
                    Rulebook.host(deployment, compartment: place, closed: closed), &rules,
                    namespace)
            } else if place == namespaces.count {
                found = try Self.differences(
                    Rulebook.fabric(deployment, closed: closed), &fabricRules,
                    try Descriptor(copying: fabric.number))
            } else {
                found = try Self.differences(publishing, &hostRules, host, isWhole: false)
            }
            return found.first.map { "\($0)" }
        } catch {
            return "the rules cannot be read: \(error)"
        }
    }

    /// Puts the plan's rules of a place in the place of whatever stands there, in one transaction.
    ///
    /// A namespace that is ours alone is emptied of all else; on the host only our table is.
    mutating func restore(at place: Int) throws {
        if place < namespaces.count {
            var rules = try RuleSession(in: try Descriptor(copying: namespaces[place].number))
            let table = Rulebook.host(deployment, compartment: place, closed: closed)
            try rules.load("flush ruleset\n" + table.creation)
        } else if place == namespaces.count {
            let table = Rulebook.fabric(deployment, closed: closed)
            try fabricRules.load("flush ruleset\n" + table.creation)
        } else {
            try hostRules.load(publishing.text)
        }
    }

    /// Makes the rules those of another plan of the same compartments.
    ///
    /// One transaction in each namespace where they differ, read back and compared. Throws with the
    /// rules as they were, or `Torn` when even that failed.
    mutating func change(to plan: RunningPlan) throws {
        let before = RunningPlan(deployment, closed: closed)
        for place in [namespaces.count] + namespaces.indices
        where Self.rules(before, place, namespaces.count)
            != Self.rules(plan, place, namespaces.count)
        {
            guard let difference = drift(at: place) else { continue }
            throw Failure(
                .refused, "drift",
                "the rules of \(name(ofPlace: place)) are not the plan's: \(difference)",
                remedy: "see `bulkhead drift`, and put them right first")
        }
        do {
            try perform(before, plan)
        } catch {
            do { try perform(plan, before) } catch let second {
                throw Torn(description: "\(error); then \(second)")
            }
            throw error
        }
    }

    /// Makes the rules those of a plan whatever stands in their way: each place that differs is
    /// emptied and loaded.
    mutating func force(_ plan: RunningPlan) throws {
        deployment = plan.deployment
        closed = plan.closed
        for place in [namespaces.count] + namespaces.indices where drift(at: place) != nil {
            try restore(at: place)
            if let difference = drift(at: place) {
                throw Torn(description: "\(name(ofPlace: place)): \(difference)")
            }
        }
    }

    /// Some places have the new rules and some the old ones.
    struct Torn: Error, CustomStringConvertible {
        let description: String
    }

    /// Places that were changed already, or not yet, are known by what they hold.
    private mutating func perform(_ old: RunningPlan, _ new: RunningPlan) throws {
        deployment = new.deployment
        closed = new.closed
        let places = [namespaces.count] + namespaces.indices
        for place in places {
            let text = Self.rules(old, place, namespaces.count)
                .change(to: Self.rules(new, place, namespaces.count))
            guard !text.isEmpty, drift(at: place) != nil else { continue }
            if place == namespaces.count {
                try fabricRules.load(text)
            } else {
                var rules = try RuleSession(in: try Descriptor(copying: namespaces[place].number))
                try rules.load(text)
            }
            if let difference = drift(at: place) {
                throw Failure(
                    .machine, "readback",
                    "the rules of \(name(ofPlace: place)) are not those of the plan: \(difference)",
                    remedy: "another program changes nftables rules; find and stop it")
            }
        }
    }

    private static func rules(_ plan: RunningPlan, _ place: Int, _ fabric: Int) -> RuleTable {
        place == fabric
            ? Rulebook.fabric(plan.deployment, closed: plan.closed)
            : Rulebook.host(plan.deployment, compartment: place, closed: plan.closed)
    }

    /// Takes the one named thing off the host.
    mutating func dismantle() {
        guard !publishing.skeleton.isEmpty else { return }
        try? hostRules.load(publishing.removal)
    }
}
