// FlowLog: what was really used, as it was recorded: events of a trail (`bulkhead trail show sensor
// --json`), counters of a running platform (`bulkhead status --json`), or lines of anybody's flow
// log with source, destination, protocol and port. It counts; what it means for a plan is for
// others. Bounds: `FlowLog.bytesMax`, `FlowLog.lineMax` of a line, `FlowLog.kindsMax` different
// connections; what cannot be read is a finding with its place.
internal import Addresses
package import Findings
internal import Notation

/// A record of connections.
package struct FlowLog: Sendable {
    package static let bytesMax = 64 << 20
    package static let lineMax = 64 << 10
    package static let kindsMax = 1 << 20
    private static let findingsMax = 20

    /// One end as the record writes it.
    package enum End: Sendable, Hashable {
        /// A compartment's name, `internet` or `office`.
        case name(String)
        case address(UInt32)
    }

    /// Connections that differ only in their time and source port.
    package struct Kind: Sendable, Hashable {
        package let source: End
        package let target: End
        /// 6 or 17; nil where the record does not say.
        package let transport: UInt8?
        package let port: UInt16
    }

    /// Connections that were allowed, each kind with how often.
    package private(set) var seen: [Kind: UInt64] = [:]
    /// First packets that were refused.
    package private(set) var refused: UInt64 = 0
    /// Connections that compartments opened or took since the start, by name; nil without counters.
    package private(set) var counters: [String: UInt64]?
    /// When the first and the last connection was seen, as the record writes it; nil without times.
    package private(set) var first: String?
    package private(set) var last: String?
    /// Connections that the record itself says are missing in it.
    package private(set) var lost: UInt64 = 0
    /// Why counters say nothing; nil when they do.
    package private(set) var caveat: String?

    /// How many connections were seen in all.
    package var count: UInt64 { seen.values.reduce(0) { $0 &+ $1 } }

    private init() {}

    /// What the bytes record; nil when they are no record at all.
    package static func read(_ bytes: [UInt8]) -> (log: FlowLog?, findings: [Finding]) {
        guard bytes.count <= bytesMax else {
            let problem = "the record has \(bytes.count) bytes, more than \(bytesMax)"
            return (nil, [fault("too-big", nil, problem, "hand in a part of it")])
        }
        var log = FlowLog()
        var findings: [Finding] = []
        if let document = whole(bytes) {
            if let list = document.asList {
                for (index, entry) in list.enumerated() {
                    if let problem = log.take(entry) {
                        findings.append(
                            fault("bad-record", nil, "entry \(index + 1): \(problem)", advice))
                    }
                }
            } else if let problem = log.take(document) {
                findings.append(fault("bad-record", nil, problem, advice))
            }
        } else {
            log.takeLines(bytes, &findings)
        }
        if findings.count > findingsMax {
            let more = findings.count - findingsMax
            findings = Array(findings.prefix(findingsMax))
            findings.append(fault("bad-record", nil, "\(more) more lines cannot be read", advice))
        }
        let isNothing = log.seen.isEmpty && log.counters == nil && !findings.isEmpty
        return (isNothing ? nil : log, findings)
    }

    private static let advice =
        "hand in what `bulkhead trail show sensor --json` or `bulkhead status --json` prints, or "
        + "lines such as {\"source\": \"web\", \"destination\": \"store\", \"protocol\": \"tcp\", "
        + "\"port\": 5432}"

    private static func fault(
        _ code: String, _ place: Place?, _ problem: String, _ remedy: String
    ) -> Finding {
        Finding(.error, code, at: place, problem, remedy: remedy)
    }

    /// The bytes as one document; nil when they are lines.
    private static func whole(_ bytes: [UInt8]) -> JSON? {
        var bounds = JSON.Bounds()
        bounds.bytes = bytesMax
        bounds.depth = 8
        return try? JSON.parse(bytes, within: bounds)
    }

    private mutating func takeLines(_ bytes: [UInt8], _ findings: inout [Finding]) {
        var bounds = JSON.Bounds()
        bounds.bytes = Self.lineMax
        bounds.depth = 8
        var number = 0
        for line in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
            number += 1
            if line.allSatisfy({ $0 <= 0x20 }) { continue }
            let place = Place(line: number, column: 1)
            do throws(NotationFailure) {
                let entry = try JSON.parse(Array(line), within: bounds)
                if let problem = take(entry) {
                    findings.append(Self.fault("bad-record", place, problem, Self.advice))
                }
            } catch {
                findings.append(
                    Self.fault("bad-record", place, "no JSON: \(error.problem)", Self.advice))
            }
            guard findings.count <= 10 * Self.findingsMax else { return }
        }
    }

    /// Takes one entry; says what is wrong with it.
    private mutating func take(_ entry: JSON) -> String? {
        guard entry.asObject != nil else { return "an entry is a JSON object" }
        if let compartments = entry["compartments"]?.asList {
            return takeCounters(compartments, isolation: entry["isolation"]?.asText)
        }
        switch entry["kind"]?.asText {
        case nil, "attempt", "attempt-count": break
        case "attempt-gap":
            lost &+= entry["lost"].flatMap(Self.natural) ?? 1
            return nil
        case "shed":
            lost &+= entry["count"].flatMap(Self.natural) ?? 1
            return nil
        // A trail holds other events too.
        default: return nil
        }
        if let time = entry["observed"]?.asText ?? entry["windowEnd"]?.asText
            ?? entry["time"]?.asText
        {
            first = min(first ?? time, time)
            last = max(last ?? time, time)
        }
        let count = entry["count"].flatMap(Self.natural) ?? 1
        if let verdict = entry["verdict"]?.asText ?? entry["action"]?.asText,
            !["allowed", "accept", "allow", "pass"].contains(verdict.lowercased())
        {
            refused &+= count
            return nil
        }
        return takeConnection(entry, count)
    }

    private mutating func takeConnection(_ entry: JSON, _ count: UInt64) -> String? {
        guard let source = entry["source"]?.asText.flatMap(Self.end) else {
            return "an entry needs `source`, a name or an IPv4 address"
        }
        guard let target = (entry["target"] ?? entry["destination"])?.asText.flatMap(Self.end)
        else { return "an entry needs `destination`, a name or an IPv4 address" }
        guard let port = (entry["targetPort"] ?? entry["port"]).flatMap(Self.natural),
            let port = UInt16(exactly: port)
        else { return "an entry needs `port`, a number up to 65535" }
        var transport: UInt8?
        if let word = (entry["transport"] ?? entry["protocol"])?.asText {
            switch word.lowercased() {
            case "tcp": transport = 6
            case "udp": transport = 17
            // Nothing else is a flow.
            default: return nil
            }
        }
        let kind = Kind(source: source, target: target, transport: transport, port: port)
        guard seen[kind] != nil || seen.count < Self.kindsMax else {
            return "more than \(Self.kindsMax) different connections"
        }
        seen[kind, default: 0] &+= count
        return nil
    }

    private mutating func takeCounters(_ compartments: [JSON], isolation: String?) -> String? {
        guard isolation == "full" else {
            caveat = "without isolation `full` no rules count connections"
            return nil
        }
        var counters = self.counters ?? [:]
        for one in compartments {
            guard let name = one["name"]?.asText,
                let count = one["connections"].flatMap(Self.natural)
            else { return "a compartment needs `name` and `connections`" }
            counters[name] = count
        }
        self.counters = counters
        return nil
    }

    private static func end(_ text: String) -> End? {
        if text.isEmpty || text.utf8.count > 64 { return nil }
        return Address(text).map { .address($0.value) } ?? .name(text)
    }

    private static func natural(_ value: JSON) -> UInt64? {
        value.asInteger.flatMap(UInt64.init(exactly:))
    }
}
