internal import Addresses

/// The written form of a single value.
///
/// YAML 1.1 would turn `no`, `012` or `22:22` into other things; here every value is its text, and
/// only the forms `truth` and `whole` read more into it, strictly.
enum Form: Sendable {
    /// `a-z`, `0-9` and `-`, a letter first, at most 32.
    case name
    /// `service.port`
    case reference
    /// A name of a service, a zone or an outside; resolved later.
    case party
    /// A party, a `service.port`, or a secret; resolved later.
    case subject
    /// `gateway cannot reach ledger on tcp/5432`; its names are resolved later.
    case expectation
    /// A secret's name, parts between `/`.
    case secret
    /// One line for people, at most so many characters.
    case text(Int)
    /// Any text without NUL.
    case raw
    /// The same, for arguments.
    case argument
    case variable
    case path
    case target
    case network
    case port
    /// `address:port`
    case socket
    case day
    case size(ClosedRange<UInt64>)
    case cpu
    case whole(ClosedRange<Int>)
    case truth
    case word([String])

    /// Longest value of any form, in bytes.
    static let bytesMax = 65536

    /// What to write instead when the text does not have the form; nil when it has.
    func fault(in text: String) -> String? {
        if text.utf8.count > Self.bytesMax { return "write at most \(Self.bytesMax) bytes" }
        if text.utf8.contains(0) { return "remove the NUL character" }
        return accepts(text) ? nil : advice(for: text)
    }

    private func accepts(_ text: String) -> Bool {
        switch self {
        case .name: Self.isName(text)
        case .reference: Self.split(text) != nil
        case .party: !text.isEmpty && text.utf8.count <= 64
        case .subject: !text.isEmpty && text.utf8.count <= 128
        case .expectation: Expectation(text) != nil
        case .secret: Self.isSecret(text)
        case .text(let limit): Self.isLine(text, limit: limit)
        case .raw: true
        case .argument: true
        case .variable: Self.isVariable(text)
        case .path: Paths.fault(text) == nil
        case .target: Paths.fault(text) == nil && Paths.mayBeTarget(text)
        case .network: Self.network(text) != nil
        case .port: Port(text) != nil
        case .socket: Self.socket(text) != nil
        case .day: Units.day(text) != nil
        case .size(let range): Units.size(text).map(range.contains) ?? false
        case .cpu: Units.cpuMilli(text) != nil
        case .whole(let range): Units.whole(text).map(range.contains) ?? false
        case .truth: text == "true" || text == "false"
        case .word(let words): words.contains(text)
        }
    }

    /// What to write, with the nearest right value where there is one.
    private func advice(for text: String) -> String {
        switch self {
        case .name: "write a-z, 0-9 and `-`, a letter first, at most 32 characters"
        case .reference: "write service.port, as gateway.https"
        case .party: "write the name of a service or zone, internet or office"
        case .subject: "write a service, a zone, service.port, or a secret as tls/gateway"
        case .expectation:
            "write `A can reach B` or `A cannot reach B`, with `on tcp/PORT` for one port: "
                + "`gateway cannot reach ledger on tcp/5432`"
        case .secret: "write a-z, 0-9, `-`, `.` and `/`, as tls/gateway"
        case .text(let limit): "write one line of 1 to \(limit) characters"
        case .raw, .argument: "write text without NUL"
        case .variable: Self.variableAdvice(text)
        case .path: Paths.fault(text) ?? "write a path"
        case .target: Paths.fault(text) ?? Paths.targetAdvice
        case .network: Self.networkAdvice(text)
        case .port: "write tcp/PORT or udp/PORT with a port from 1 to 65535, as tcp/8443"
        case .socket: "write address:port, as 127.0.0.1:8443"
        case .day: "write a day that exists as YYYY-MM-DD"
        case .size(let range):
            "write a number with KiB, MiB, GiB or TiB, from \(Units.render(range.lowerBound)) "
                + "to \(Units.render(range.upperBound))"
        case .cpu: "write per cent of one core as 50%, or cores as 1.5, up to 1024 cores"
        case .whole(let range):
            "write a whole number from \(range.lowerBound) to \(range.upperBound), digits only"
        case .truth: "write true or false"
        case .word(let words): "write \(words.joined(separator: ", ").replacingLastComma)"
        }
    }

    /// Whether the value must be written without quotes: it is no text.
    var isPlainOnly: Bool {
        switch self {
        case .whole, .truth: true
        default: false
        }
    }

    static func isName(_ text: String) -> Bool {
        guard (1...32).contains(text.utf8.count), let first = text.utf8.first,
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(first)
        else { return false }
        return text.utf8.allSatisfy { isNameByte($0) }
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
            UInt8(ascii: "-"):
            true
        default: false
        }
    }

    /// The two names of `service.port`.
    static func split(_ text: String) -> (service: String, port: String)? {
        guard text.utf8.count <= 65 else { return nil }
        guard let dot = text.utf8.firstIndex(of: UInt8(ascii: ".")) else { return nil }
        let service = String(text[..<dot])
        let port = String(text[text.utf8.index(after: dot)...])
        return isName(service) && isName(port) ? (service, port) : nil
    }

    private static func isSecret(_ text: String) -> Bool {
        guard (1...128).contains(text.utf8.count) else { return false }
        return text.split(separator: "/", omittingEmptySubsequences: false).allSatisfy { part in
            !part.isEmpty && part != "." && part != ".."
                && part.utf8.allSatisfy { isNameByte($0) || $0 == UInt8(ascii: ".") }
        }
    }

    /// Trimmed text of one line that no terminal or log can misread.
    private static func isLine(_ text: String, limit: Int) -> Bool {
        let line = Units.trimmed(text)
        guard !line.isEmpty, line.unicodeScalars.count <= limit else { return false }
        guard !line.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) else { return true }
        return line.unicodeScalars.allSatisfy { scalar in
            switch scalar.properties.generalCategory {
            case .control, .lineSeparator, .paragraphSeparator: false
            case .format: scalar.value == 0x200c || scalar.value == 0x200d
            default: true
            }
        }
    }

    /// Variables that the supervisor sets.
    private static let reservedVariables = [
        "LISTEN_FDS", "LISTEN_FDNAMES", "LISTEN_PID", "NOTIFY_SOCKET", "STATE_DIRECTORY",
    ]

    private static func isVariable(_ text: String) -> Bool {
        guard (1...128).contains(text.utf8.count), !reservedVariables.contains(text),
            let first = text.utf8.first, !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first)
        else { return false }
        return text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
                true
            default: false
            }
        }
    }

    private static func variableAdvice(_ text: String) -> String {
        reservedVariables.contains(text)
            ? "remove it: the supervisor sets it"
            : "write letters, digits and `_`, no digit first"
    }

    /// A network that compartments can have: /8 to /30, no loopback, multicast or reserved range.
    static func network(_ text: String) -> Prefix? {
        guard let prefix = Prefix(text), (8...30).contains(prefix.length) else { return nil }
        let first = prefix.base.value >> 24
        return (1...223).contains(first) && first != 127 ? prefix : nil
    }

    private static func networkAdvice(_ text: String) -> String {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        if parts.count == 2, let address = Address(parts[0]), let length = Int(parts[1]),
            (8...30).contains(length)
        {
            let base = Address(address.value & ~0 << UInt32(32 - length))
            if network("\(base)/\(length)") != nil { return "did you mean `\(base)/\(length)`?" }
        }
        return "write an IPv4 network from /8 to /30 without host bits, as 10.77.1.0/24"
    }

    /// Address and port of `127.0.0.1:8443`.
    static func socket(_ text: String) -> (address: Address, number: UInt16)? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, let address = Address(parts[0]), address.value >> 28 < 14,
            let port = Port("tcp/\(parts[1])")
        else { return nil }
        return (address, port.number)
    }
}

extension String {
    /// `a, b, c` as `a, b or c`.
    fileprivate var replacingLastComma: String {
        guard let comma = lastIndex(of: ",") else { return self }
        return self[..<comma] + " or" + self[index(after: comma)...]
    }
}
