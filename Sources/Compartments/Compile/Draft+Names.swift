internal import Addresses
internal import Confinement
internal import Platform

extension Draft {
    /// The generated files of a root: who it is, and whom it may know.
    func names(_ seat: Seat) -> [MountPlan] {
        [
            file("/etc/hosts", hosts(seat)),
            file("/etc/passwd", Self.passwd(seat.service.name)),
            file("/etc/group", "\(seat.service.name):x:\(MountPlan.uidMark):\n"),
            file("/etc/nsswitch.conf", Self.nameSources),
            file("/etc/resolv.conf", ""),
        ]
    }

    /// Generated files of a compartment that has neither peers nor a name of its own.
    static func anonymousNames(_ name: String) -> [MountPlan] {
        [
            .file(target: "/etc/passwd", contents: Array(passwd(name).utf8)),
            .file(target: "/etc/nsswitch.conf", contents: Array(nameSources.utf8)),
        ]
    }

    // No name service beyond files: a lookup never leaves the compartment.
    private static let nameSources = """
        passwd: files
        group: files
        hosts: files
        services: files
        protocols: files

        """

    // The supervisor assigns the uid, which the compiler cannot know: it replaces the mark.
    private static func passwd(_ name: String) -> String {
        let uid = MountPlan.uidMark
        return "\(name):x:\(uid):\(uid)::/state:/usr/sbin/nologin\n"
    }

    private func file(_ target: String, _ text: String) -> MountPlan {
        .file(target: target, contents: Array(text.utf8))
    }

    private func hosts(_ seat: Seat) -> String {
        var lines = ["127.0.0.1 localhost", line(seat)]
        for peer in peers(seat.service).sorted(by: { $0.address < $1.address })
        where peer.name != seat.name {
            lines.append(line(peer))
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private func line(_ seat: Seat) -> String {
        let own = seat.instance == 1 ? "\(seat.name).1" : seat.name
        let names = seat.service.instances > 1 ? "\(seat.service.name) \(own)" : seat.name
        return "\(seat.address) \(names)"
    }

    // Both directions: a server's access list may name its callers.
    private func peers(_ service: Service) -> [Seat] {
        var names = Set(outgoing(service).map(\.to))
        var zones: Set<String> = []
        for index in flowsTo[service.name] ?? [] {
            switch platform.flows[index].from {
            case .service(let caller): names.insert(caller)
            case .zone(let zone): zones.insert(zone)
            case .internet, .office: break
            }
        }
        names.remove(service.name)
        let named = names.flatMap { seatsOf[$0] ?? [] }
        guard !zones.isEmpty else { return named.sorted().map { seats[$0] } }
        let within = seats.indices.filter {
            zones.contains(seats[$0].service.zone) && seats[$0].service.name != service.name
        }
        return Set(named + within).sorted().map { seats[$0] }
    }
}
