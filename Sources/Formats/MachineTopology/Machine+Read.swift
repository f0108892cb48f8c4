package import Findings
internal import IptablesSave
internal import NftJSON
internal import NftRules
internal import NftText
internal import Ruleset

extension Machine {
    /// What a machine's filter is written in.
    package enum Format: Sendable {
        case nftables
        case nftablesJSON
        case iptablesSave
    }

    /// A file: its name as people know it, and what is in it.
    package struct File: Sendable {
        package var name: String
        package var bytes: [UInt8]

        package init(name: String, bytes: [UInt8]) {
            self.name = name
            self.bytes = bytes
        }
    }

    /// The machine that the files describe; nil when something is wrong that would leave rules out.
    package static func read(
        _ format: Format, _ files: [File]
    ) -> (machine: Machine?, findings: [Finding]) {
        switch format {
        case .iptablesSave: return dumps(files)
        case .nftables, .nftablesJSON:
            guard let file = files.first, files.count == 1 else {
                return (nil, [several("one ruleset is read at a time", "name one file")])
            }
            var (tables, findings) =
                format == .nftables ? NftText.tables(file.bytes) : NftJSON.tables(file.bytes)
            guard !findings.contains(where: { $0.severity == .error }) else {
                return (nil, findings)
            }
            let ruleset = tables.ruleset(interfaces: [], findings: &findings)
            guard !findings.contains(where: { $0.severity == .error }) else {
                return (nil, findings)
            }
            let named = tables.addresses.map { Named($0.name, $0.families, $0.intervals) }
            return (Machine(ruleset, named: named), findings)
        }
    }

    private static func several(_ problem: String, _ remedy: String) -> Finding {
        Finding(.error, "several-machines", at: nil, problem, remedy: remedy)
    }

    // MARK: Dumps of iptables

    private static func dumps(_ files: [File]) -> (machine: Machine?, findings: [Finding]) {
        var findings: [Finding] = []
        var families: Families = []
        var own: [Families] = []
        for file in files {
            let (family, isSure) = DumpFamily.of(file)
            if !isSure {
                findings.append(
                    Finding(
                        .warning, "guessed-family", at: nil,
                        "nothing tells whether this is IPv4 or IPv6: it is taken for IPv4",
                        remedy: "name the file so that it ends in .v4 or .v6", file: file.name))
            }
            guard families.isDisjoint(with: family) else {
                let word = family == .v4 ? "IPv4" : "IPv6"
                return (
                    nil,
                    findings + [
                        several(
                            "two files are of \(word)",
                            "read one machine at a time: one file of iptables-save and one of "
                                + "ip6tables-save")
                    ]
                )
            }
            families.formUnion(family)
            own.append(family)
        }
        // Both files give the same numbers to interfaces.
        var interfaces: [String] = []
        for (file, family) in zip(files, own) {
            let (ruleset, _) = IptablesSave.read(file.bytes, family, interfaces: interfaces)
            interfaces = ruleset?.interfaces ?? interfaces
        }
        var whole = Ruleset()
        var names: [String] = []
        var isBroken = files.isEmpty
        for (file, family) in zip(files, own) {
            let (ruleset, found) = IptablesSave.read(file.bytes, family, interfaces: interfaces)
            findings += found.map { $0.moved(to: files.count > 1 ? file.name : "") }
            guard let ruleset else {
                isBroken = true
                continue
            }
            let offset = whole.chains.count
            whole.chains += ruleset.chains.map { $0.moved(by: offset) }
            whole.interfaces = ruleset.interfaces
            names += ruleset.chains.map { _ in files.count > 1 ? file.name : "" }
        }
        whole.findings = findings
        guard !isBroken else { return (nil, findings) }
        return (Machine(whole, families: families, files: names), findings)
    }
}

extension Finding {
    fileprivate func moved(to file: String) -> Finding {
        guard !file.isEmpty, self.file.isEmpty else { return self }
        return Finding(severity, code, at: place, problem, remedy: remedy, file: file)
    }
}

extension Chain {
    /// With calls of chains so many places further on.
    fileprivate func moved(by offset: Int) -> Chain {
        guard offset > 0 else { return self }
        var chain = self
        for index in chain.rules.indices {
            switch chain.rules[index].action {
            case .jump(let target): chain.rules[index].action = .jump(target + offset)
            case .goto(let target): chain.rules[index].action = .goto(target + offset)
            default: break
            }
        }
        return chain
    }
}

/// Which of the two families a dump is of: its name and its words tell.
enum DumpFamily {
    /// Bytes that are looked at.
    private static let glance = 1 << 20

    static func of(_ file: Machine.File) -> (family: Families, isSure: Bool) {
        let text = String(decoding: file.bytes.prefix(glance), as: UTF8.self)
        // What wrote it says so in its first line.
        for line in text.split(separator: "\n", maxSplits: 20).prefix(20) where line.first == "#" {
            if line.contains("ip6tables") { return (.v6, true) }
            if line.contains("iptables-save") { return (.v4, true) }
        }
        for line in text.split(separator: "\n") where line.contains("-A ") {
            for word in line.split(separator: " ") {
                switch word {
                case "ipv6-icmp", "icmpv6", "icmp6", "--icmpv6-type", "hbh", "rt":
                    return (.v6, true)
                case "icmp", "--icmp-type": return (.v4, true)
                default: break
                }
                if word.hasPrefix("icmp6-") { return (.v6, true) }
                if word.hasPrefix("icmp-") { return (.v4, true) }
                if Self.isAddress(word, with: ":") { return (.v6, true) }
                if Self.isAddress(word, with: ".") { return (.v4, true) }
            }
        }
        let name = file.name.split(separator: "/").last.map(String.init) ?? ""
        if ["ip6", "v6", "ipv6"].contains(where: name.contains) { return (.v6, true) }
        if ["ip4", "v4", "ipv4"].contains(where: name.contains) { return (.v4, true) }
        return (.v4, false)
    }

    /// Four numbers with dots, or groups with at least two colons.
    private static func isAddress(_ word: Substring, with sign: Character) -> Bool {
        let parts = word.prefix { $0 != "/" }.split(
            separator: sign, omittingEmptySubsequences: false)
        if sign == "." {
            return parts.count == 4 && parts.allSatisfy { UInt8($0) != nil }
        }
        return parts.count >= 3 && parts.allSatisfy { $0.isEmpty || UInt16($0, radix: 16) != nil }
    }
}
