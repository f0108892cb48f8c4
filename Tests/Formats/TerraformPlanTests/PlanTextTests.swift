import CloudNetwork
import Findings
import TerraformPlan
import Testing

@Suite("What a plan's text may look like")
struct PlanTextTests {
    private let text = plan([group("aws_security_group.é")], [groupWritten("aws_security_group.é")])

    @Test("UTF-16 and UTF-8 with a mark, and warnings before the plan, mean the same plan")
    func encodings() {
        let units = Array(text.utf16)
        let little: [UInt8] = [0xFF, 0xFE] + units.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }
        let big: [UInt8] = [0xFE, 0xFF] + units.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xFF)] }
        let warned = "\u{1B}[33mWarning: old [provider]\u{1B}[0m\n\n  {\n".dropLast(4) + text
        let texts: [[UInt8]] = [
            Array(text.utf8), little, big, [0xEF, 0xBB, 0xBF] + Array(text.utf8),
            Array(warned.utf8),
        ]
        for bytes in texts {
            let (network, findings) = TerraformPlan.read(bytes)
            #expect(network?.groups.map(\.id) == ["aws_security_group.é"], "\(findings)")
        }
    }

    @Test("places are those of the file, warnings counted")
    func places() throws {
        let (network, _) = TerraformPlan.read(Array("Warning: x\nsecond\n\(text)".utf8))
        #expect(network?.groups.first?.place == Place(line: 5, column: 4))
    }

    @Test(
        "what is no plan is refused in words that say what it is",
        arguments: [
            ("", "not-json"), ("{", "not-json"), ("[]", "not-a-plan"), ("{}", "not-a-plan"),
            ("{\"@level\":\"info\",\"@message\":\"x\"}", "not-a-plan"),
            ("{\"version\": 4, \"lineage\": \"x\", \"resources\": []}", "not-a-plan"),
            ("{\"format_version\": \"2.0\", \"resource_changes\": []}", "unknown-version"),
            ("{\"format_version\": 1, \"resource_changes\": []}", "unknown-version"),
            ("{\"format_version\": \"1\", \"resource_changes\": []}", "unknown-version"),
            ("{\"format_version\": \"1.2\"}", "not-a-plan"), ("PK\u{3}\u{4}rest", "not-a-plan"),
            ("{\"resource_changes\": []}", "not-a-plan"),
            ("resource \"aws_instance\" \"a\" {\n}", "not-json"),
        ])
    func refused(text: String, code: String) {
        let (network, findings) = TerraformPlan.read(Array(text.utf8))
        #expect(network == nil && findings.map(\.code) == [code])
        #expect(TerraformPlan.unreadableCodes.contains(code))
    }

    @Test("old and new minor versions are read, and what is unknown in them is passed over")
    func versions() throws {
        for version in ["0.1", "0.2", "1.0", "1.99"] {
            let text = plan([group("aws_security_group.a")], version: version)
            #expect(try read(text).network.groups.contains { $0.id == "aws_security_group.a" })
        }
    }

    @Test("the state as shown is read as what is there")
    func state() throws {
        let text = """
            {"format_version": "1.0", "values": {"root_module": {"child_modules": [{"resources": [
            {"address": "module.m.aws_security_group.a", "mode": "managed", "type": "aws_security_group",
             "name": "a", "values": {"id": "sg-1", "ingress": [{"protocol": "tcp", "from_port": 443,
             "to_port": 443, "cidr_blocks": ["0.0.0.0/0"]}], "egress": []}}]}]}}}
            """
        let network = try read(text).network
        #expect(try network.passes("internet", "module.m.aws_security_group.a") == ["tcp/443"])
    }

    @Test("a plan that failed or is not whole says so")
    func whole() throws {
        let text =
            "{\"format_version\": \"1.2\", \"resource_changes\": [], \"errored\": true, \"complete\": false}"
        #expect(try read(text).findings.map(\.code) == ["errored", "incomplete"])
    }
}
