internal import Findings
internal import Notation
internal import Permits

/// The plan that Terraform would print of a module whose resources do not exist yet.
///
/// Each value that is a single `${TYPE.NAME.id}` is not known before it is applied and stands under
/// `configuration` as a reference; anything else in braces is refused, so nothing is guessed.
struct MadePlan {
    private var changes: [JSON] = []
    private var written: [JSON] = []

    private static let types: Set<String> = [
        "aws_security_group", "aws_vpc_security_group_ingress_rule",
        "aws_vpc_security_group_egress_rule", "aws_network_acl", "aws_network_acl_rule",
    ]

    /// `subnets` are resources that stand for each zone's in the variable of that name; without
    /// them there are no network ACLs.
    init(_ document: JSON, hasSubnets: Bool) throws(Failure) {
        for type in document["resource"]?.asObject ?? [] {
            guard Self.types.contains(type.name) else {
                throw Rendering.unproved("it makes a resource of type \(Excerpt.of(type.name))")
            }
            if !hasSubnets, type.name.hasPrefix("aws_network_acl") { continue }
            for resource in type.value.asObject ?? [] {
                try add(type.name, resource.name, resource.value.asObject ?? [])
            }
        }
    }

    /// A resource that is made for the proof.
    mutating func add(
        _ type: String, _ name: String, _ members: [JSON.Member]
    ) throws(Failure) {
        var after: [JSON.Member] = []
        var unknown = [JSON.Member("id", .boolean(true))]
        var expressions: [JSON.Member] = []
        for member in members {
            let texts = member.value.asList?.compactMap(\.asText) ?? [member.value.asText ?? ""]
            guard texts.contains(where: { $0.contains("${") || $0.contains("%{") }) else {
                after.append(member)
                expressions.append(JSON.Member(member.name, ["constant_value": member.value]))
                continue
            }
            unknown.append(JSON.Member(member.name, .boolean(true)))
            var references: [JSON] = []
            for text in texts { references += try Self.references(text) }
            expressions.append(JSON.Member(member.name, ["references": .list(references)]))
        }
        let address = "\(type).\(name)"
        changes.append([
            "address": .text(address), "mode": "managed", "type": .text(type),
            "name": .text(name), "provider_name": "registry.terraform.io/hashicorp/aws",
            "change": [
                "actions": ["create"], "before": .null, "after": .object(after),
                "after_unknown": .object(unknown),
            ],
        ])
        written.append([
            "address": .text(address), "mode": "managed", "type": .text(type),
            "name": .text(name), "expressions": .object(expressions),
        ])
    }

    /// `${var.vpc_id}`, `${TYPE.NAME.id}` and `${var.subnet_ids["ZONE"]}`, which stands for the
    /// zone's one subnet of the proof.
    private static func references(_ text: String) throws(Failure) -> [JSON] {
        let inner = text.dropFirst(2).dropLast()
        guard text.hasPrefix("${"), text.hasSuffix("}"), !inner.contains("{") else {
            throw Rendering.unproved("\(Excerpt.of(text)) is more than a reference")
        }
        if inner == "var.vpc_id" { return ["var.vpc_id"] }
        let zone = inner.split(separator: "\"", omittingEmptySubsequences: false)
        if zone.count == 3, zone[0] == "var.subnet_ids[", zone[2] == "]" {
            return [.text("aws_subnet.\(zone[1]).id"), .text("aws_subnet.\(zone[1])")]
        }
        let parts = inner.split(separator: ".", omittingEmptySubsequences: false)
        let isPlain = inner.utf8.allSatisfy { byte in
            switch byte {
            case 48...57, 65...90, 97...122, UInt8(ascii: "_"), UInt8(ascii: "-"),
                UInt8(ascii: "."):
                true
            default: false
            }
        }
        guard parts.count == 3, parts[2] == "id", isPlain else {
            throw Rendering.unproved("\(Excerpt.of(text)) is more than a reference")
        }
        return [.text(String(inner)), .text("\(parts[0]).\(parts[1])")]
    }

    var bytes: [UInt8] {
        let plan: JSON = [
            "format_version": "1.2", "terraform_version": "1.11.0",
            "resource_changes": .list(changes),
            "configuration": ["root_module": ["resources": .list(written)]],
        ]
        return Array(plan.render().utf8)
    }
}
