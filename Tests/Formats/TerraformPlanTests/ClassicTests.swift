import Findings
import Testing

private let groups = ["lb", "api", "database", "signer", "hsm", "strategy"].map {
    "aws_security_group.\($0)"
}

/// Load balancer to API on 8080, API to database on 5432, signer to HSM on 2223.
private func classic(_ mutant: String = "") -> String {
    func rule(_ name: String, _ port: Int, _ target: Int, _ source: Int) -> (String, String) {
        switch mutant {
        case "\(name) cidr": modern(name, port, of: groups[target], from: "", cidr: "0.0.0.0/0")
        case "\(name) ports":
            modern(name, port - 1, of: groups[target], from: groups[source], to: port + 1)
        case "\(name) source": modern(name, port, of: groups[target], from: groups[5])
        default: modern(name, port, of: groups[target], from: groups[source])
        }
    }
    let rules = [
        rule("api_from_lb", 8_080, 1, 0), rule("database_from_api", 5_432, 2, 1),
        rule("hsm_from_signer", 2_223, 4, 3),
    ]
    return plan(
        groups.map { group($0) } + rules.map(\.0), groups.map { groupWritten($0) } + rules.map(\.1))
}

/// What may pass between all the groups and from outside, in words.
private func matrix(_ text: String) throws -> [String] {
    let network = try read(text).network
    var lines: [String] = []
    for target in groups {
        for source in groups + ["internet", "private networks"] where source != target {
            let passes = try network.passes(source, target)
            guard !passes.isEmpty else { continue }
            let short = { (name: String) in name.split(separator: ".").last ?? "" }
            lines.append("\(short(source)) \(short(target)) \(passes.joined(separator: " "))")
        }
    }
    return lines
}

@Suite("The three classic rules in a plan")
struct ClassicTests {
    private let expected = ["lb api tcp/8080", "api database tcp/5432", "signer hsm tcp/2223"]

    @Test("each opens its one way, for sure, before any identifier is known")
    func plain() throws {
        #expect(try matrix(classic()) == expected)
        let (network, findings) = try read(classic())
        #expect(findings.isEmpty, "\(findings)")
        #expect(try network.passes(groups[0], groups[1], must: true) == ["tcp/8080"])
        #expect(try network.passes(groups[3], groups[4], must: true) == ["tcp/2223"])
    }

    @Test("every widened mutant lets something pass that should not")
    func mutants() throws {
        for name in ["api_from_lb", "database_from_api", "hsm_from_signer"] {
            for kind in ["cidr", "ports", "source"] {
                let mutant = try matrix(classic("\(name) \(kind)"))
                #expect(!Set(mutant).isSubset(of: expected), "\(name) \(kind)")
            }
            let findings = try read(classic("\(name) cidr")).findings
            #expect(findings.map(\.code) == ["open-to-world"])
        }
    }
}
