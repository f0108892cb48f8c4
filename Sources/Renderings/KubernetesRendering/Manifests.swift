internal import Addresses
internal import Permits
internal import Platform

/// The text of a cluster's policies.
struct Manifests {
    private let permits: Permits
    private let except: [Prefix]

    init(_ permits: Permits, _ except: [Prefix]) {
        self.permits = permits
        self.except = except
    }

    static func namespace(_ permits: Permits, _ zone: String) -> String {
        "\(permits.platform.name)-\(zone)"
    }

    /// Services with an address, in the order of their seats, each with its zone.
    static func services(_ permits: Permits) -> [(name: String, zone: Int)] {
        var seen: Set<String> = []
        return permits.seats.compactMap { seat in
            seen.insert(seat.service).inserted ? (seat.service, seat.zone) : nil
        }
    }

    var text: String {
        var lines = [
            "# Rendered by bulkhead from \(permits.file). Pods of a service need its labels:",
            "# bulkhead/platform, bulkhead/zone and bulkhead/service, in the namespace of its zone.",
        ]
        for zone in permits.zones { lines += namespace(zone.name) + denial(zone.name) }
        var incoming: [String: [Permits.Permit]] = [:]
        var outgoing: [String: [Permits.Permit]] = [:]
        for permit in permits.permits {
            incoming[permits.seats[permit.to].service, default: []].append(permit)
            if case .seat(let seat) = permit.from {
                outgoing[permits.seats[seat].service, default: []].append(permit)
            }
        }
        for (name, zone) in Self.services(permits) {
            lines += policy(
                name, permits.zones[zone].name, incoming[name] ?? [], outgoing[name] ?? [])
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private func namespace(_ zone: String) -> [String] {
        [
            "---", "apiVersion: v1", "kind: Namespace", "metadata:",
            "  name: \(Self.namespace(permits, zone))", "  labels:",
            "    bulkhead/platform: \"\(permits.platform.name)\"",
            "    bulkhead/zone: \"\(zone)\"",
        ]
    }

    private func head(_ name: String, _ zone: String) -> [String] {
        [
            "---", "apiVersion: networking.k8s.io/v1", "kind: NetworkPolicy", "metadata:",
            "  name: \(name)", "  namespace: \(Self.namespace(permits, zone))", "  labels:",
            "    bulkhead/platform: \"\(permits.platform.name)\"",
            "    bulkhead/zone: \"\(zone)\"",
        ]
    }

    private func denial(_ zone: String) -> [String] {
        head("default-deny", zone) + [
            "spec:", "  podSelector: {}", "  policyTypes: [Ingress, Egress]",
        ]
    }

    private func policy(
        _ name: String, _ zone: String, _ incoming: [Permits.Permit], _ outgoing: [Permits.Permit]
    ) -> [String] {
        var lines = head("service-\(name)", zone)
        let reasons = Set((incoming + outgoing).map(\.reason)).sorted()
        if !reasons.isEmpty { lines.append("  annotations:") }
        for number in reasons {
            let reason = permits.reasons[number]
            let words = Inscription.plain("\(reason.ends): \(reason.flow.because)", limit: 600)
            lines.append("    bulkhead/line-\(reason.id): \"\(words)\"")
        }
        lines += [
            "spec:", "  podSelector:", "    matchLabels:",
            "      bulkhead/platform: \"\(permits.platform.name)\"",
            "      bulkhead/service: \"\(name)\"", "  policyTypes: [Ingress, Egress]",
        ]
        lines += rules("ingress", "from", incoming) { permit in
            switch permit.from {
            case .seat(let seat): [peer(seat)]
            case .internet: [block("0.0.0.0/0", except)]
            case .office: permits.platform.office.map { block($0.description, []) }
            }
        }
        return lines + rules("egress", "to", outgoing) { [peer($0.to)] }
    }

    /// One rule for each port, with everybody who may use it.
    private func rules(
        _ direction: String, _ word: String, _ permits: [Permits.Permit],
        _ peers: (Permits.Permit) -> [[String]]
    ) -> [String] {
        guard !permits.isEmpty else { return ["  \(direction): []"] }
        var order: [Port] = []
        var ends: [Port: [[String]]] = [:]
        for permit in permits {
            if ends[permit.port] == nil { order.append(permit.port) }
            ends[permit.port, default: []] += peers(permit)
        }
        var lines = ["  \(direction):"]
        for port in order {
            lines.append("    - \(word):")
            var seen: Set<[String]> = []
            for peer in ends[port] ?? [] where seen.insert(peer).inserted { lines += peer }
            lines += [
                "      ports:", "        - protocol: \(port.transport.name.uppercased())",
                "          port: \(port.number)",
            ]
        }
        return lines
    }

    private func peer(_ seat: Int) -> [String] {
        [
            "        - namespaceSelector:", "            matchLabels:",
            "              kubernetes.io/metadata.name: "
                + Self.namespace(permits, permits.zoneName(of: seat)),
            "          podSelector:", "            matchLabels:",
            "              bulkhead/platform: \"\(permits.platform.name)\"",
            "              bulkhead/service: \"\(permits.seats[seat].service)\"",
        ]
    }

    private func block(_ cidr: String, _ except: [Prefix]) -> [String] {
        let lines = ["        - ipBlock:", "            cidr: \(cidr)"]
        guard !except.isEmpty else { return lines }
        return lines + ["            except:"] + except.map { "              - \($0)" }
    }
}
