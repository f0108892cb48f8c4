import CloudNetwork
import Findings
import Notation
import Packets
import Ruleset
import TerraformPlan
import Testing
import Topology

// Plans written for these tests from the provider's schema and from what `terraform show -json`
// documents; no real plan.

/// One entry of `resource_changes`.
func change(
    _ address: String, _ after: String, unknown: String = "{}", actions: String = "\"create\"",
    before: String = "null"
) -> String {
    var rest = address[...]
    while rest.hasPrefix("module.") {
        rest = rest.dropFirst(7).drop { $0 != "." && $0 != "[" }
        if rest.first == "[" { rest = rest.drop { $0 != "]" }.dropFirst() }
        rest = rest.dropFirst()
    }
    let parts = rest.prefix { $0 != "[" }.split(separator: ".")
    let index = rest.firstIndex(of: "[").map {
        ", \"index\": \(rest[rest.index(after: $0)...].dropLast())"
    }
    return """
        {"address": \(JSON.text(address).render()), "mode": "managed", "type": "\(parts[0])",
         "name": "\(parts[1])"\(index ?? ""), "change": {"actions": [\(actions)],
         "before": \(before), "after": \(after), "after_unknown": \(unknown)}}
        """
}

/// A resource of the configuration.
func written(_ address: String, _ expressions: String, forEach: String? = nil) -> String {
    let extra = forEach.map { ", \"for_each_expression\": \($0)" } ?? ""
    return
        "{\"address\": \"\(address)\", \"mode\": \"managed\", \"expressions\": \(expressions)\(extra)}"
}

/// An expression that names things, as Terraform lists them: whole first, then what begins it.
func names(_ references: String...) -> String {
    let all = references.flatMap { reference -> [String] in
        let parts = reference.split(separator: ".")
        guard parts.count > 2 || parts[0] == "module" else { return [reference] }
        return [reference, parts.dropLast().joined(separator: ".")]
    }
    return "{\"references\": [\(all.map { JSON.text($0).render() }.joined(separator: ", "))]}"
}

func plan(
    _ changes: [String], _ resources: [String] = [], calls: String = "{}", version: String = "1.2"
) -> String {
    """
    {"format_version": "\(version)", "terraform_version": "1.11.4",
     "resource_changes": [
       \(changes.joined(separator: ",\n   "))],
     "configuration": {"root_module": {"resources": [
       \(resources.joined(separator: ",\n   "))], "module_calls": \(calls)}}}
    """
}

func read(_ text: String) throws -> (network: CloudNetwork, findings: [Finding]) {
    let (network, findings) = TerraformPlan.read(Array(text.utf8))
    let known = try #require(network, "\(findings)")
    return (known, findings + known.review())
}

extension CloudNetwork {
    /// `tcp/8080 8443`: what passes.
    func passes(_ source: String, _ target: String, must: Bool = false) throws -> [String] {
        let topology = topology()
        let from = try #require(topology.endpoint(source), "\(topology.endpoints.map(\.name))")
        let to = try #require(topology.endpoint(target), "\(topology.endpoints.map(\.name))")
        let passing = try topology.passing(from: from, to: to, .v4)
        var words: Set<String> = []
        for box in (must ? passing.must : passing.may).boxes {
            let ports = box[.destinationPort]
            let number = box[.protocolNumber]
            let name =
                number == 6...6
                ? "tcp" : number == 17...17 ? "udp" : number.count == 1 ? "other" : "all"
            words.insert(
                ports.count == 1
                    ? "\(name)/\(ports.lowerBound)"
                    : "\(name)/\(ports.lowerBound)-\(ports.upperBound)")
        }
        return words.sorted()
    }
}

let leaves = """
    "egress": [{"protocol": "-1", "from_port": 0, "to_port": 0, "cidr_blocks": ["0.0.0.0/0"],
    "ipv6_cidr_blocks": [], "prefix_list_ids": [], "security_groups": [], "self": false}]
    """
/// A group that is made, with everything allowed to leave: rules of its own or, where some come in
/// by blocks, a block.
func group(_ address: String, ingress: String? = nil) -> String {
    guard let ingress else {
        let egress = change(
            egressAddress(address), "{\"ip_protocol\": \"-1\", \"cidr_ipv4\": \"0.0.0.0/0\"}",
            unknown: "{\"security_group_id\": true}")
        let unknown = "{\"id\": true, \"arn\": true, \"ingress\": true, \"egress\": true}"
        return change(address, "{\"name\": \"x\"}", unknown: unknown) + ",\n" + egress
    }
    return change(
        address, "{\"name\": \"x\", \(leaves), \"ingress\": \(ingress)}", unknown: "{\"id\": true}")
}

/// Blocks of rules do not show in a configuration, values of attributes do: `ingress` is such a value,
/// or empty for blocks.
func groupWritten(_ address: String, ingress: String? = nil) -> String {
    guard let ingress else {
        return written(address, "{\"name\": {\"constant_value\": \"x\"}}") + ",\n"
            + written(
                egressAddress(address),
                "{\"security_group_id\": \(names(address + ".id")), \"cidr_ipv4\": {\"constant_value\": \"0.0.0.0/0\"}}"
            )
    }
    return written(address, ingress.isEmpty ? "{}" : "{\"ingress\": \(ingress)}")
}

private func egressAddress(_ address: String) -> String {
    let name = address.split(separator: ".").last ?? ""
    return "aws_vpc_security_group_egress_rule.leave_\(name)"
}

/// A rule in the provider's recommended style, whose identifiers are not known yet.
func modern(
    _ name: String, _ port: Int, of group: String, from source: String, cidr: String? = nil,
    to last: Int? = nil
) -> (change: String, written: String) {
    let address = "aws_vpc_security_group_ingress_rule.\(name)"
    let ports = "\"ip_protocol\": \"tcp\", \"from_port\": \(port), \"to_port\": \(last ?? port)"
    if let cidr {
        return (
            change(
                address, "{\(ports), \"cidr_ipv4\": \"\(cidr)\"}",
                unknown: "{\"security_group_id\": true, \"id\": true}"),
            written(
                address,
                "{\"security_group_id\": \(names(group + ".id")), \"cidr_ipv4\": {\"constant_value\": \"\(cidr)\"}}"
            )
        )
    }
    return (
        change(
            address, "{\(ports)}",
            unknown:
                "{\"security_group_id\": true, \"referenced_security_group_id\": true, \"id\": true}"
        ),
        written(
            address,
            "{\"security_group_id\": \(names(group + ".id")), \"referenced_security_group_id\": \(names(source + ".id"))}"
        )
    )
}

let machine = "aws_instance.i"
let rule22 =
    "[{\"protocol\": \"tcp\", \"from_port\": 22, \"to_port\": 22, \"cidr_blocks\": [\"0.0.0.0/0\"]}]"
let rule443 =
    "[{\"protocol\": \"tcp\", \"from_port\": 443, \"to_port\": 443, \"cidr_blocks\": [\"0.0.0.0/0\"]}]"
