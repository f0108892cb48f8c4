// Sarif: results of checks in the format in which code scanners hand them over (SARIF 2.1.0,
// OASIS). It gets findings and writes one document. Bounds: `SarifLog.resultsMax` results.
package import Findings
package import Notation

/// One run of one verb.
package struct SarifLog: Sendable {
    /// Readers refuse more; what is beyond is counted in a notification.
    package static let resultsMax = 25_000

    package enum Level: String, Sendable {
        case error
        case warning
        case note
    }

    /// A place in a file.
    package struct Location: Sendable, Hashable {
        /// The file's path, as the operator named it.
        package var path: String
        package var place: Place?
        /// What stands there, where that helps.
        package var text: String

        package init(_ path: String, _ place: Place?, text: String = "") {
            self.path = path
            self.place = place
            self.text = text
        }
    }

    /// One result.
    package struct Result: Sendable {
        /// Stable kebab-case name of the kind.
        package var rule: String
        package var level: Level
        package var message: String
        /// Where it is shown first.
        package var location: Location
        package var related: [Location]
        /// What makes it the same result in the next run, whatever line it then stands on.
        package var identity: String

        package init(
            _ rule: String, _ level: Level, _ message: String, at location: Location,
            related: [Location] = [], identity: String? = nil
        ) {
            self.rule = rule
            self.level = level
            self.message = message
            self.location = location
            self.related = related
            self.identity = identity ?? message
        }
    }

    private let version: String
    private var results: [Result] = []
    private var omitted = 0
    /// What each rule is about, where it was said.
    private var rules: [String: String] = [:]

    package init(version: String) { self.version = version }

    package mutating func add(_ result: Result) {
        guard results.count < Self.resultsMax else {
            omitted += 1
            return
        }
        results.append(result)
    }

    /// Says what a rule is about.
    package mutating func describe(_ rule: String, _ text: String) { rules[rule] = text }

    /// A finding as a result; `file` is the one that was named.
    package mutating func add(_ finding: Finding, file: String) {
        let level: Level =
            switch finding.severity {
            case .error: .error
            case .warning: .warning
            case .note: .note
            }
        let path = finding.file.isEmpty ? file : finding.file
        let remedy = finding.remedy.isEmpty ? "" : "; \(finding.remedy)"
        add(
            Result(
                finding.code, level, finding.problem + remedy, at: Location(path, finding.place),
                identity: finding.problem))
    }
}

extension SarifLog {
    private static let schema =
        "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"

    /// The log file.
    package var document: JSON {
        let names = Set(results.map(\.rule)).sorted()
        let numbers = Dictionary(
            names.enumerated().map { ($0.element, $0.offset) }, uniquingKeysWith: { one, _ in one })
        var seen: [UInt64: Int] = [:]
        let shown = results.map { result in
            let print = Self.fingerprint(result)
            seen[print, default: 0] += 1
            return document(
                result, numbers[result.rule] ?? 0, "\(Self.hex(print)):\(seen[print] ?? 1)")
        }
        var run: [JSON.Member] = [
            JSON.Member("tool", ["driver": driver(names)]),
            JSON.Member("columnKind", "unicodeCodePoints"),
        ]
        if omitted > 0 {
            run.append(
                JSON.Member(
                    "invocations",
                    [
                        [
                            "executionSuccessful": true,
                            "toolExecutionNotifications": [
                                [
                                    "level": "warning",
                                    "message": [
                                        "text": .text(
                                            "\(omitted) further results are not in this file")
                                    ],
                                ]
                            ],
                        ]
                    ]))
        }
        run.append(JSON.Member("results", .list(shown)))
        return ["$schema": .text(Self.schema), "version": "2.1.0", "runs": [.object(run)]]
    }

    private func driver(_ names: [String]) -> JSON {
        [
            "name": "bulkhead", "version": .text(version),
            "rules": .list(
                names.map { name in
                    let words = name.split(separator: "-").joined(separator: " ")
                    return [
                        "id": .text(name), "name": .text(Self.pascal(name)),
                        "shortDescription": ["text": .text(rules[name] ?? words)],
                    ]
                }),
        ]
    }

    private func document(_ result: Result, _ number: Int, _ print: String) -> JSON {
        var members: [JSON.Member] = [
            JSON.Member("ruleId", .text(result.rule)), JSON.Member("ruleIndex", .count(number)),
            JSON.Member("level", .text(result.level.rawValue)),
            JSON.Member("message", ["text": .text(Self.plain(result.message))]),
            JSON.Member("locations", [Self.document(result.location)]),
        ]
        if !result.related.isEmpty {
            let related = result.related.enumerated().map { index, location in
                Self.document(location, id: index)
            }
            members.append(JSON.Member("relatedLocations", .list(related)))
        }
        members.append(JSON.Member("partialFingerprints", ["bulkheadResult/v1": .text(print)]))
        return .object(members)
    }

    private static func document(_ location: Location, id: Int? = nil) -> JSON {
        var physical = [JSON.Member("artifactLocation", ["uri": .text(uri(location.path))])]
        if let place = location.place, place.line > 0 {
            var region = [JSON.Member("startLine", .count(place.line))]
            if place.column > 0 { region.append(JSON.Member("startColumn", .count(place.column))) }
            physical.append(JSON.Member("region", .object(region)))
        }
        var members = id.map { [JSON.Member("id", .count($0))] } ?? []
        members.append(JSON.Member("physicalLocation", .object(physical)))
        if !location.text.isEmpty {
            members.append(JSON.Member("message", ["text": .text(plain(location.text))]))
        }
        return .object(members)
    }

    /// Text of others cannot forge a line, nor a link: viewers read `[text](target)` as one.
    private static func plain(_ text: String) -> String {
        var shown = ""
        for scalar in Excerpt.of(text, limit: 2000).unicodeScalars {
            if scalar == "[" || scalar == "]" { shown += "\\" }
            shown.unicodeScalars.append(scalar)
        }
        return shown
    }

    /// A path as a reference (RFC 3986): relative ones stay so, for readers that know the root.
    static func uri(_ path: String) -> String {
        var text = path.hasPrefix("/") ? "file://" : ""
        var rest = path[...]
        while rest.hasPrefix("./") { rest = rest.dropFirst(2) }
        for byte in rest.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
                UInt8(ascii: "_"), UInt8(ascii: "~"), UInt8(ascii: "/"):
                text.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                let digits = Array("0123456789ABCDEF")
                text += "%\(digits[Int(byte >> 4)])\(digits[Int(byte & 15)])"
            }
        }
        return text.isEmpty ? "." : text
    }

    private static func pascal(_ name: String) -> String {
        name.split(separator: "-").map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
    }

    /// FNV-1a over rule, file and identity: no line, so that it outlives edits above it.
    private static func fingerprint(_ result: Result) -> UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for part in [result.rule, uri(result.location.path), result.identity] {
            for byte in Array(part.utf8) + [0xFF] {
                hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3
            }
        }
        return hash
    }

    private static func hex(_ value: UInt64) -> String {
        let text = String(value, radix: 16)
        return String(repeating: "0", count: 16 - text.count) + text
    }
}
