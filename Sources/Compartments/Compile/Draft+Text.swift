internal import Addresses
internal import Findings
internal import Platform

extension Draft {
    /// A value of the platform file with its references replaced, as a seat may see them.
    ///
    /// A service sees only its own facts and those of services that it has a flow to: a wrong name
    /// is found here, not by a connection that never comes.
    mutating func expanded(_ text: String, for seat: Seat) -> String {
        do throws(Template.Fault) {
            return try Template.expand(text) { reference in self.value(of: reference, seat) }
        } catch {
            switch error {
            case .open:
                self.error(
                    "reference-open", at: seat.service.place,
                    "`${` has no end in a value of \(seat.service.name)",
                    remedy: "close it with }, or write $$ for a dollar")
            case .unknown(let name):
                self.error(
                    "reference-unknown", at: seat.service.place,
                    "\(seat.service.name) cannot use ${\(Excerpt.of(name))}",
                    remedy: "use ${address}, ${port.NAME}, or ${SERVICE.address} and "
                        + "${SERVICE.port.NAME} of a service that it has a flow to")
            }
            return ""
        }
    }

    private func value(of reference: Substring, _ seat: Seat) -> String? {
        let parts = reference.utf8
            .split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
            .map(Substring.init)
        switch parts.count {
        case 1 where parts[0] == "address": return "\(seat.address)"
        case 2 where parts[0] == "port":
            return seat.service.port(String(parts[1])).map { "\($0.number)" }
        case 2 where parts[1] == "address":
            guard leads(seat.service, to: parts[0]) else { return nil }
            return seatsOf[String(parts[0])]?.first.map { "\(seats[$0].address)" }
        case 3 where parts[1] == "port":
            guard leads(seat.service, to: parts[0], port: parts[2]) else { return nil }
            return self.service(String(parts[0]))?.port(String(parts[2])).map { "\($0.number)" }
        default: return nil
        }
    }

    /// Whether a flow leads a service to another one, by that port.
    private func leads(
        _ service: Service, to target: Substring, port: Substring? = nil
    ) -> Bool {
        guard target != service.name else { return false }
        return [Party.service(service.name), .zone(service.zone)].contains { party in
            (flowsFrom[party] ?? []).contains { number in
                platform.flows[number].to == target
                    && (port == nil || platform.flows[number].port[...] == port)
            }
        }
    }

    /// Argument words with references replaced; where there is no own root, paths of mounted trees
    /// become those of the host.
    mutating func arguments(
        _ run: [String], program: String, files: [FileTree], seat: Seat
    ) -> [String] {
        let rest = run.dropFirst().map { hosted(expanded($0, for: seat), files) }
        return [program] + rest
    }

    /// `NAME=value` lines: the file's own, after a search path and a place for scratch files.
    mutating func environment(_ service: Service, seat: Seat) -> [String] {
        var lines: [String] = []
        let own = Set(service.environment.map(\.name))
        if !own.contains("PATH") { lines.append("PATH=/usr/bin:/bin") }
        if isFull && !own.contains("TMPDIR") { lines.append("TMPDIR=/tmp") }
        for (name, value) in service.environment {
            lines.append("\(name)=\(hosted(expanded(value, for: seat), service.files))")
        }
        return lines
    }

    private func hosted(_ text: String, _ files: [FileTree]) -> String {
        guard !isFull else { return text }
        var result = text
        for tree in files.sorted(by: { $0.target.utf8.count > $1.target.utf8.count })
        where tree.target != tree.source {
            result = Self.replacing(tree.target, with: tree.source, in: result)
        }
        return result
    }

    // A path counts where a word begins or follows `=`, `:` or `,`, and ends there or at a slash.
    private static func replacing(_ path: String, with other: String, in text: String) -> String {
        guard text.contains(path) else { return text }
        var result = ""
        var rest = Substring(text)
        var previous: Character = "="
        while let first = rest.first {
            let after = rest.dropFirst(path.count).first
            if rest.hasPrefix(path), "=:,".contains(previous),
                after.map({ "/:,".contains($0) }) ?? true
            {
                result += other
                rest = rest.dropFirst(path.count)
                previous = "/"
            } else {
                result.append(first)
                previous = first
                rest = rest.dropFirst()
            }
        }
        return result
    }
}
