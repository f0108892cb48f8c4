internal import Addresses
internal import Confinement
internal import Findings
internal import Permits
internal import Platform

/// What units are made from, and what is wrong with it or not said by it.
struct UnitPlan {
    static let commandMax = 1 << 19

    let permits: Permits
    let deployment: Deployment
    let options: UnitOptions
    let published: [Published]
    private let services: [Service?]
    private let own: [[Port]]

    init(permits: Permits, deployment: Deployment, options: UnitOptions) {
        self.permits = permits
        self.deployment = deployment
        self.options = options
        let known = Dictionary(
            permits.platform.services.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first }
        )
        let services = permits.seats.map { known[$0.service] }
        self.services = services
        published = deployment.listeners.compactMap { listener in
            services[listener.compartment]?.port(listener.name).map {
                Published(
                    compartment: listener.compartment, name: listener.name, port: $0,
                    address: listener.address, number: listener.port)
            }
        }
        let outer = Set(permits.platform.publications.map { "\($0.service).\($0.port)" })
        own = services.map { service in
            service?.ports.filter { port in
                !outer.contains("\(service?.name ?? "").\(port.name)")
            }.map(\.port) ?? []
        }
    }

    /// A published port: the socket that systemd makes.
    struct Published {
        let compartment: Int
        /// The port's name in the file.
        let name: String
        let port: Port
        let address: Address
        let number: UInt16
    }

    func unit(_ index: Int) -> String {
        "bulkhead-\(deployment.platform).\(deployment.compartments[index].name).service"
    }

    func socket(_ published: Published) -> String {
        let seat = deployment.compartments[published.compartment].name
        return "bulkhead-\(deployment.platform).\(seat).\(published.name).socket"
    }

    func state(_ index: Int) -> String {
        "bulkhead-\(deployment.platform).\(deployment.compartments[index].name)"
    }

    func service(_ index: Int) -> Service? { services[index] }

    /// Ports that a program opens itself.
    func ownPorts(_ index: Int) -> [Port] { own[index] }

    func program(_ name: String) -> String {
        guard !name.hasPrefix("/") else { return moved(name) }
        return options.programs.map { "\($0)/\(name)" } ?? name
    }

    /// A file's place on the machines, and where the service sees it; nil where both are one.
    func mount(_ tree: FileTree) -> (source: String, target: String)? {
        let source = moved(tree.source)
        return source == tree.target ? nil : (source, tree.target)
    }

    /// Whether a path is below the platform file's folder.
    private func isBeside(_ path: String) -> Bool {
        options.home != "/" && path.hasPrefix(options.home + "/")
    }

    /// Where a path of this machine is on those that run the units.
    private func moved(_ path: String) -> String {
        guard let folder = options.folder, isBeside(path) else { return path }
        return folder + path.dropFirst(options.home.count)
    }

    /// What a unit cannot say, each with its place.
    var refusals: [Finding] {
        var found: [Finding] = []
        for service in permits.platform.services {
            let program = service.run.first ?? ""
            if !UnitWord.isPath(self.program(program)), !UnitWord.isName(program) {
                found.append(
                    Finding(
                        .error, "program-name", at: service.runPlace ?? service.place,
                        "`\(Excerpt.of(program))` is no program that a unit can name",
                        remedy: "name it without a folder, or by an absolute path of letters, "
                            + "digits and `._+-`"))
            }
            for tree in service.files {
                let mount = mount(tree) ?? (tree.source, tree.target)
                if !UnitWord.isPath(mount.source) || !UnitWord.isPath(mount.target) {
                    found.append(
                        Finding(
                            .error, "file-name", at: tree.place,
                            "`\(Excerpt.of(tree.source))` is no path that a unit can name",
                            remedy: "use letters, digits and `._+-`, and no `..`"))
                }
            }
        }
        for (index, plan) in deployment.compartments.enumerated() {
            let words = plan.arguments + plan.environment
            let bytes = words.reduce(0) { $0 + $1.utf8.count }
            guard words.contains(where: UnitWord.isRefused) || bytes > Self.commandMax else {
                continue
            }
            found.append(
                Finding(
                    .error, "command-words", at: service(index)?.place,
                    "\(plan.name) has arguments or an environment that a unit cannot hold",
                    remedy: "keep them below \(Self.commandMax) bytes, without control characters"))
        }
        return found
    }

    /// What units do not do, and what a reader must know.
    var findings: [Finding] {
        var found = permits.platform.services.flatMap(findings)
        found.append(
            Finding(
                .note, "own-address", at: nil,
                "each service speaks from the address of its own that its unit's comment names",
                remedy: "give it a machine or a network namespace with that address"))
        found.append(
            Finding(
                .note, "disk-not-rendered", at: nil,
                "no unit bounds the size of a state directory",
                remedy: "give /var/lib/private project quotas, or a disk of its own"))
        let isAssumed = permits.platform.services.contains { service in
            isBeside(service.run.first ?? "") || service.files.contains { isBeside($0.source) }
        }
        if isAssumed, options.folder == nil {
            found.append(
                Finding(
                    .note, "folder-assumed", at: nil,
                    "files beside the platform file are taken to be at the same place there",
                    remedy: "put them there, or name their folder with --folder"))
        }
        return found
    }

    private func findings(_ service: Service) -> [Finding] {
        var found: [Finding] = []
        if let step = service.prepare.first {
            found.append(
                Finding(
                    .warning, "prepare-not-rendered", at: step.place,
                    "no unit runs what prepares \(service.name)",
                    remedy: "run it once as the unit's user in its state directory"))
        }
        if service.ready == .port {
            found.append(
                Finding(
                    .note, "ready-not-rendered", at: service.place,
                    "systemd does not wait until \(service.name) listens: what comes after it "
                        + "starts when its program runs",
                    remedy: "let it say so itself: `ready: notify`"))
        }
        if let program = service.run.first, !program.hasPrefix("/"), options.programs == nil {
            found.append(
                Finding(
                    .note, "program-searched", at: service.runPlace ?? service.place,
                    "systemd looks for `\(Excerpt.of(program))` in its own search path",
                    remedy: "name its folder with --programs, or write its whole path"))
        }
        let isPublished = permits.platform.publications.contains { $0.service == service.name }
        if service.instances > 1, isPublished {
            found.append(
                Finding(
                    .warning, "published-once", at: service.place,
                    "only the first instance of \(service.name) has its published sockets",
                    remedy: "publish a service of one instance in front of it"))
        }
        let words = service.run.dropFirst() + service.environment.map(\.value)
        if words.contains(where: { $0.contains("/state") }) {
            found.append(
                Finding(
                    .warning, "state-path", at: service.place,
                    "\(service.name) is told /state, and its unit's state is elsewhere",
                    remedy: "use paths of the working directory, or STATE_DIRECTORY"))
        }
        return found
    }
}
