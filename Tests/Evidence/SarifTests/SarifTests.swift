import Comparison
import Findings
import Notation
import Packets
import Ruleset
import Sarif
import Testing
import Topology

/// What SARIF 2.1.0 requires of the objects that a log here is made of, and which values it allows.
enum SarifSchema {
    static func problems(_ log: JSON) -> [String] {
        var found: [String] = []
        func need(_ condition: Bool, _ what: String) { if !condition { found.append(what) } }
        need(log["version"]?.asText == "2.1.0", "version")
        need(log["$schema"]?.asText?.hasPrefix("https://") == true, "$schema")
        let runs = log["runs"]?.asList ?? []
        need(!runs.isEmpty, "runs")
        for run in runs {
            let driver = run["tool"]?["driver"]
            need(driver?["name"]?.asText?.isEmpty == false, "tool.driver.name")
            let rules = driver?["rules"]?.asList ?? []
            let ids = rules.compactMap { $0["id"]?.asText }
            need(ids.count == rules.count && Set(ids).count == ids.count, "rules' ids")
            for rule in rules {
                need(rule["shortDescription"]?["text"]?.asText?.isEmpty == false, "rule's text")
            }
            need(run["columnKind"]?.asText == "unicodeCodePoints", "columnKind")
            var prints: Set<String> = []
            for result in run["results"]?.asList ?? [] {
                need(result["message"]?["text"]?.asText?.isEmpty == false, "message.text")
                let level = result["level"]?.asText ?? ""
                need(["none", "note", "warning", "error"].contains(level), "level")
                let number = Int(result["ruleIndex"]?.asInteger ?? -1)
                need(
                    ids.indices.contains(number) && ids[number] == result["ruleId"]?.asText,
                    "ruleIndex")
                let print = result["partialFingerprints"]?.asObject?.first?.value.asText ?? ""
                need(!print.isEmpty && prints.insert(print).inserted, "partialFingerprints")
                let locations =
                    (result["locations"]?.asList ?? [])
                    + (result["relatedLocations"]?.asList ?? [])
                need(!locations.isEmpty, "locations")
                for location in locations { found += problems(location: location) }
            }
        }
        return found
    }

    private static func problems(location: JSON) -> [String] {
        var found: [String] = []
        let physical = location["physicalLocation"]
        let uri = physical?["artifactLocation"]?["uri"]?.asText ?? ""
        let allowed = uri.utf8.allSatisfy { byte in
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                || "-._~/%:".utf8.contains(byte)
        }
        if uri.isEmpty || !allowed { found.append("uri \(uri)") }
        if let region = physical?["region"] {
            if (region["startLine"]?.asInteger ?? 0) < 1 { found.append("startLine") }
            if let column = region["startColumn"], (column.asInteger ?? 0) < 1 {
                found.append("startColumn")
            }
        }
        return found
    }
}

@Suite("SARIF")
struct SarifTests {
    private static let findings = [
        Finding(
            .error, "unknown-key", at: Place(line: 3, column: 7), "there is no key `x`",
            remedy: "remove it"),
        Finding(.warning, "open-to-all", at: Place(line: 4, column: 0), "open", remedy: ""),
        Finding(.note, "not-published", at: nil, "nothing", remedy: "publish"),
        Finding(
            .error, "unknown-key", at: Place(line: 9, column: 7), "there is no key `x`",
            remedy: "remove it", file: "a b/ü%.yaml"),
        Finding(.error, "unknown-key", at: Place(line: 0, column: 0), "whole", remedy: "mend"),
    ]

    private func log(_ findings: [Finding], file: String = "Platforms/a.yaml") -> JSON {
        var log = SarifLog(version: "1.2.3")
        for finding in findings { log.add(finding, file: file) }
        return log.document
    }

    @Test("a log of findings has every member that readers need")
    func whole() throws {
        let log = log(Self.findings)
        #expect(SarifSchema.problems(log).isEmpty, "\(SarifSchema.problems(log))")
        let again = try JSON.parse(log.renderPretty())
        #expect(again == log)
        let results = try #require(log["runs"]?.asList?[0]["results"]?.asList)
        #expect(
            results.compactMap { $0["level"]?.asText } == [
                "error", "warning", "note", "error", "error",
            ])
        let region = results[0]["locations"]?.asList?[0]["physicalLocation"]?["region"]
        #expect(region?["startLine"]?.asInteger == 3)
        #expect(region?["startColumn"]?.asInteger == 7)
        #expect(results[0]["message"]?["text"]?.asText == "there is no key `x`; remove it")
        let other = results[3]["locations"]?.asList?[0]["physicalLocation"]
        #expect(other?["artifactLocation"]?["uri"]?.asText == "a%20b/%C3%BC%25.yaml")
        let placeless = results[2]["locations"]?.asList?[0]["physicalLocation"]
        #expect(placeless?["region"] == nil)
        #expect(results[4]["locations"]?.asList?[0]["physicalLocation"]?["region"] == nil)
    }

    @Test("a log without results is one too")
    func empty() { #expect(SarifSchema.problems(log([])).isEmpty) }

    @Test("a result keeps its fingerprint when it moves, and no two share one")
    func fingerprints() throws {
        func prints(_ findings: [Finding]) throws -> [String] {
            try #require(log(findings)["runs"]?.asList?[0]["results"]?.asList).compactMap {
                $0["partialFingerprints"]?.asObject?.first?.value.asText
            }
        }
        func moved(_ finding: Finding, by lines: Int) -> Finding {
            Finding(
                finding.severity, finding.code,
                at: finding.place.map { Place(line: $0.line + lines, column: 1) },
                finding.problem, remedy: "other words", file: finding.file)
        }
        #expect(try prints(Self.findings) == prints(Self.findings.map { moved($0, by: 5) }))
        let twice = try prints([Self.findings[0], moved(Self.findings[0], by: 1)])
        #expect(Set(twice).count == 2)
    }

    @Test(
        "paths become references",
        arguments: [
            ("a.yaml", "a.yaml"), ("./a.yaml", "a.yaml"), ("././x/a.yaml", "x/a.yaml"),
            ("/srv/a.yaml", "file:///srv/a.yaml"), ("a:b", "a%3Ab"), ("", "."), ("-", "-"),
            ("a?b#c", "a%3Fb%23c"), ("\u{202e}x", "%E2%80%AEx"),
        ])
    func paths(path: String, uri: String) throws {
        let finding = Finding(.error, "x", at: nil, "x", remedy: "")
        let result = try #require(
            log([finding], file: path)["runs"]?.asList?[0]["results"]?.asList?[0])
        let location = result["locations"]?.asList?[0]["physicalLocation"]
        #expect(location?["artifactLocation"]?["uri"]?.asText == uri)
    }

    @Test("hostile text makes no link and no escape sequence, and a flood is counted")
    func hostile() throws {
        let text = "[click](https://evil.example)\u{1B}[31m\u{202e}\n\"},{"
        var log = SarifLog(version: "1")
        for number in 0..<SarifLog.resultsMax + 3 {
            log.add(
                SarifLog.Result("rule", .error, text + "\(number)", at: .init("a.yaml", nil)))
        }
        let document = log.document
        #expect(SarifSchema.problems(document).isEmpty)
        let run = try #require(document["runs"]?.asList?[0])
        #expect(run["results"]?.asList?.count == SarifLog.resultsMax)
        let message = run["results"]?.asList?[0]["message"]?["text"]?.asText ?? ""
        #expect(!message.unicodeScalars.contains { $0.value < 32 || $0.value == 0x202E })
        #expect(message.hasPrefix("\\[click\\]"))
        let told = run["invocations"]?.asList?[0]["toolExecutionNotifications"]?.asList?[0]
        #expect(told?["message"]?["text"]?.asText?.hasPrefix("3 ") == true)
    }

    @Test("a comparison's changes have their lines, and what is closed fails only when strict")
    func changes() throws {
        func side(_ name: String, _ ports: [UInt32]) -> Side {
            var rules = RuleList(otherwise: false)
            rules.append(.everything.with(.state, 1...2), allow: true, owner: 9)
            for (index, port) in ports.enumerated() {
                rules.append(
                    .everything.with(.protocolNumber, 6...6).with(.destinationPort, port...port),
                    allow: true, owner: UInt32(index))
            }
            var topology = Topology()
            topology.gates = [
                Gate(
                    name: "group", v4: BoundedRules(rules),
                    v6: BoundedRules(RuleList(otherwise: false)),
                    labels: ports.enumerated().map { index, port in
                        RuleLabel("port \(port)", place: Place(line: index + 10, column: 3))
                    })
            ]
            topology.endpoints = [
                Endpoint(name: "a", v4: [1...1]),
                Endpoint(name: "b", v4: [2...2], ingress: [Step(0)]),
            ]
            return Side(name: name, topology: topology)
        }
        let comparison = try Comparison(side("old.json", [80, 81]), side("new.json", [80, 443]))
        for strict in [false, true] {
            var log = SarifLog(version: "1")
            log.add(comparison, strict: strict)
            let document = log.document
            #expect(SarifSchema.problems(document).isEmpty, "\(SarifSchema.problems(document))")
            let results = try #require(document["runs"]?.asList?[0]["results"]?.asList)
            #expect(results.compactMap { $0["ruleId"]?.asText } == ["diff-opened", "diff-closed"])
            #expect(
                results.compactMap { $0["level"]?.asText } == ["error", strict ? "error" : "note"])
            let physical = results[0]["locations"]?.asList?[0]["physicalLocation"]
            #expect(physical?["artifactLocation"]?["uri"]?.asText == "new.json")
            #expect(physical?["region"]?["startLine"]?.asInteger == 11)
            let related = results[1]["relatedLocations"]?.asList?[0]["physicalLocation"]
            #expect(related?["artifactLocation"]?["uri"]?.asText == "old.json")
            #expect(related?["region"]?["startLine"]?.asInteger == 11)
        }
    }
}
