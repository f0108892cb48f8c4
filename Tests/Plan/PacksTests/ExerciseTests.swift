import Findings
import Lint
import Packs
import Testing

/// What the check shows next, and the repair that it asks for.
struct Repair: Sendable {
    let code: String
    /// Words of the finding that name the line.
    let about: String
    /// Words of the remedy.
    let remedy: String
    let old: String
    let new: String

    /// A line of the file is removed.
    static func remove(_ code: String, _ about: String, _ remedy: String, line: String) -> Repair {
        Repair(code: code, about: about, remedy: remedy, old: line + "\n", new: "")
    }
}

@Suite("The exercise segmentation")
struct ExerciseTests {
    private static let folder = "Platforms/exercises/segmentation"

    private static let path: [Repair] = [
        .remove(
            "expired-flow", "expired on 2026-04-30", "remove it",
            line:
                "  - {from: office, to: engine.orders, because: a vendor measured it in spring, expires: 2026-04-30}"
        ),
        Repair(
            code: "pack-public-https", about: "the host:8443",
            remedy: "publish api.https under number 443",
            old: "api.https: \"0.0.0.0:8443\"", new: "api.https: \"0.0.0.0:443\""),
        .remove(
            "pack-database", "internet reaches positions.sql", "remove line",
            line:
                "  - {from: internet, to: positions.sql, because: support looks up positions from home}"
        ),
        .remove(
            "pack-ssh", "office reaches engine.ssh", "remove line",
            line: "  - {from: office, to: engine.ssh, because: that is quicker than by the bastion}"
        ),
        .remove(
            "pack-database", "api reaches positions.sql", "remove line",
            line:
                "  - {from: api, to: positions.sql, because: the API shows positions without asking the engine}"
        ),
        Repair(
            code: "pack-database", about: "application reaches positions.sql",
            remedy: "let it come from a service",
            old:
                "  - {from: application, to: positions.sql, because: trades and reports are made from positions}",
            new: "  - {from: engine, to: positions.sql, because: fills are booked as positions}\n"
                + "  - {from: reports, to: positions.sql, because: reports of the day are made from positions}"
        ),
        .remove(
            "refuted", "only office reaches cold-wallet", "remove line",
            line:
                "  - {from: hot-wallet, to: cold-wallet.load, because: the hot wallet tops itself up at night}"
        ),
        .remove(
            "refuted", "api, owned, reaches only engine", "remove line",
            line:
                "  - {from: api, to: hot-wallet.transfers, because: withdrawals are quicker past the engine}"
        ),
        Repair(
            code: "shared-vlan", about: "`application` and `data`", remedy: "a tag of its own",
            old: "data: {network: 10.80.3.0/24, vlan: 20}",
            new: "data: {network: 10.80.3.0/24, vlan: 30}"),
        Repair(
            code: "untagged-zone", about: "`cold`", remedy: "a `vlan` of its own",
            old: "cold: {network: 10.80.5.0/24}", new: "cold: {network: 10.80.5.0/24, vlan: 50}"),
        Repair(
            code: "empty-reason", about: "\"needed\"", remedy: "say what stops working without it",
            old: "because: needed", new: "because: withdrawals are paid from the hot wallet"),
        Repair(
            code: "zone-without-guarantee", about: "`wallet`",
            remedy: "promise who never reaches it",
            old: "  - {only: [office], reach: cold-wallet}",
            new: "  - {only: [engine], reach: hot-wallet}\n  - {only: [office], reach: cold-wallet}"
        ),
    ]

    @Test("each finding names its repair, the repair ends it, and the last one is the solution")
    func walk() throws {
        var text = try repositoryFile("\(Self.folder)/start.yaml")
        for repair in Self.path {
            let finding = try #require(Checked(text).next, "nothing left before \(repair.code)")
            #expect(finding.code == repair.code, "\(finding.line(file: "start.yaml"))")
            #expect(finding.problem.contains(repair.about), "\(finding.line(file: "start.yaml"))")
            #expect(finding.remedy.contains(repair.remedy), "\(finding.line(file: "start.yaml"))")
            if let line = finding.place?.line, repair.code != "zone-without-guarantee" {
                // The finding, or its remedy, names the very line that is wrong.
                let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
                let wrong = String(repair.old.split(separator: "\n")[0])
                let number = try #require(lines.firstIndex { $0.contains(wrong) }) + 1
                #expect(
                    line == number || finding.remedy.contains("line \(number)")
                        || repair.code == "pack-public-https")
            }
            try #require(text.contains(repair.old))
            text = text.replacing(repair.old, with: repair.new, maxReplacements: 1)
            let after = Checked(text)
            #expect(
                !(after.findings + after.refuted).contains { $0.problem == finding.problem },
                "\(finding.problem) is still there")
        }
        #expect(Checked(text).next == nil)
        #expect(text == (try repositoryFile("\(Self.folder)/solution.yaml")))
    }
}
