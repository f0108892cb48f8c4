internal import Closure
internal import Confinement
internal import Descriptors
internal import Findings
internal import Platform

extension Draft {
    private static let scratchBytes: UInt64 = 16 << 20
    private static let zones = "/usr/share/zoneinfo"
    // What no file of the platform may cover.
    private static let reserved = ["/state", "/tmp", "/proc", "/dev", "/run"]

    /// Everything a service's root holds that does not depend on its address.
    mutating func root(
        _ service: Service, program: String, mayExecute: Bool
    ) -> RootPlan {
        let parts = RootParts(service, program: program, mayExecute: mayExecute)
        if let known = roots[parts] { return known }
        let faults = findings.count
        let root = made(service, program: program, mayExecute: mayExecute)
        // A fault is told at each service that has it.
        if findings.count == faults { roots[parts] = root }
        return root
    }

    private mutating func made(
        _ service: Service, program: String, mayExecute: Bool
    ) -> RootPlan {
        var root = RootPlan()
        for link in walk.rootLinks where isFull {
            root.add(.link(target: link.target, to: link.to))
        }
        // Before what lies in trees: a program below /tmp would vanish under a later mount.
        addOwnPlaces(&root)
        addFiles(service.files, to: &root, mayExecute: mayExecute, place: service.place)
        addProgram(program, to: &root, place: service.runPlace ?? service.place)
        if RootParts.wantsZones(service), Files.facts(of: Self.zones) != nil {
            let tree = FileTree(source: Self.zones, target: Self.zones, place: service.place)
            addFiles([tree], to: &root, mayExecute: false, place: service.place)
        }
        return root
    }

    /// What one preparation's root holds besides the service's.
    mutating func root(
        _ step: Preparation, program: String, beside service: RootPlan
    ) -> RootPlan {
        var root = RootPlan(beside: service)
        addFiles(step.files, to: &root, mayExecute: true, place: step.place)
        if !service.covers(program) { addProgram(program, to: &root, place: step.place) }
        root.allow(program, .execute)
        return root
    }

    private mutating func addProgram(_ program: String, to root: inout RootPlan, place: Place) {
        var closure = Closure()
        let found: Void? = attempt(at: place) { draft throws(Failure) in
            try draft.walk.add(program: program, to: &closure)
        }
        guard found != nil else { return }
        if !root.covers(program) {
            root.add(.tree(source: program, target: program, executable: true))
        }
        root.allow(program, .execute)
        addLibraries(closure, to: &root)
    }

    private mutating func addFiles(
        _ files: [FileTree], to root: inout RootPlan, mayExecute: Bool, place: Place
    ) {
        for tree in files {
            guard let scan = scanned(absolute(tree.source), at: tree.place) else { continue }
            let target = isFull ? walk.rooted(tree.target) : scan.source
            guard isAllowed(target, in: root, at: tree.place) else { continue }
            root.add(
                .tree(source: scan.source, target: target, executable: !scan.code.isEmpty))
            root.allow(target, mayExecute && !scan.code.isEmpty ? .execute : .read)
            // The folder too, so that it can be listed: it holds nothing but what is mounted.
            let folder = target.lastIndex(of: "/").map { target[..<$0] } ?? ""
            // Without an own root it is the host's folder with all that lies in it, so never one of
            // the first level.
            if isFull ? !folder.isEmpty : folder.dropFirst().contains("/") {
                root.allow(String(folder), .read)
            }
            var closure = Closure()
            for code in scan.code {
                _ = attempt(at: tree.place) { draft throws(Failure) in
                    try draft.walk.add(plugin: code, to: &closure)
                }
            }
            addLibraries(closure, to: &root)
        }
    }

    /// A path seen from the platform file's folder.
    func absolute(_ path: String) -> String { path.hasPrefix("/") ? path : folder + "/" + path }

    /// What a tree holds; each is walked once, however many services mount it.
    mutating func scanned(_ path: String, at place: Place) -> TreeScan? {
        if let known = scans[path] { return known }
        let scan = attempt(at: place) { draft throws(Failure) in
            try TreeScan(path, walk: &draft.walk)
        }
        scans[path] = scan
        return scan
    }

    private mutating func isAllowed(_ target: String, in root: RootPlan, at place: Place) -> Bool {
        guard isFull else { return true }
        let isReserved = Self.reserved.contains { target == $0 || target.hasPrefix($0 + "/") }
        if target == "/" || isReserved || root.covers(target) || root.holds(below: target) {
            error(
                "files-clash", at: place,
                "something else of the compartment stands at \(target), above or below it",
                remedy: "mount it elsewhere")
            return false
        }
        return true
    }

    private func addLibraries(_ closure: Closure, to root: inout RootPlan) {
        for library in closure.libraries {
            if !root.covers(library.target) {
                root.add(
                    .tree(source: library.source, target: library.target, executable: true))
            }
            // A directory's rule is enough: it holds nothing that the closure did not put there.
            let folder = library.target.lastIndex(of: "/").map { library.target[..<$0] } ?? ""
            root.allow(String(folder), .read)
            if closure.loaders.contains(library.target) { root.allow(library.target, .execute) }
        }
        for link in closure.links where !root.covers(link.target) {
            root.add(.link(target: link.target, to: link.to))
        }
    }

    private func addOwnPlaces(_ root: inout RootPlan) {
        for device in ["/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom"] {
            root.allow(device, .device)
        }
        root.allow("/state", .write)
        guard isFull else {
            for path in [
                "/etc/hosts", "/etc/passwd", "/etc/group", "/etc/nsswitch.conf",
                "/etc/ld.so.cache", "/etc/localtime",
            ]
            where Files.facts(of: path) != nil {
                root.allow(path, .read)
            }
            return
        }
        root.add(.state(target: "/state"))
        root.add(.scratch(target: "/tmp", bytes: Self.scratchBytes))
        root.allow("/tmp", .write)
        root.allow("/etc", .read)
        root.allow("/proc", .read)
    }
}
