// TerraformPlan: what `terraform show -json` says of security groups and network ACLs once a plan is
// applied, as a network. It never runs Terraform and never follows an address. Bounds:
// `TerraformPlan.bytesMax`, `referencesMax`, `depthMax` modules inside one another, and those of
// `CloudNetwork`.
package import CloudNetwork
package import Findings
internal import Notation

package enum TerraformPlan {
    package static let bytesMax = 64 << 20
    /// References followed for one attribute.
    static let referencesMax = 2_000
    static let depthMax = 24

    /// Codes of findings that say that the text is no plan at all.
    package static let unreadableCodes: Set<String> = [
        "not-json", "not-a-plan", "unknown-version", "too-large",
    ]

    /// Nil with at least one error when the text is no plan that can be understood.
    package static func read(_ bytes: [UInt8]) -> (network: CloudNetwork?, findings: [Finding]) {
        guard bytes.count <= bytesMax else {
            return (
                nil, [refuse("too-large", nil, "more than 64 MiB", "plan one module at a time")]
            )
        }
        let text: [UInt8]
        switch PlanText.decode(bytes) {
        case .text(let decoded): text = decoded
        case .refused(let problem, let remedy):
            return (nil, [refuse("not-a-plan", nil, problem, remedy)])
        }
        var bounds = JSON.Bounds()
        bounds.bytes = bytesMax + bytesMax / 2
        bounds.values = 6_000_000
        let root: JSONNode
        do {
            root = try JSONNode.parse(text, within: bounds)
        } catch {
            return (
                nil,
                [
                    refuse(
                        "not-json", error.place, "\(error.problem)",
                        "write it with `terraform show -json PLAN > plan.json`")
                ]
            )
        }
        if let problem = objection(root) { return (nil, [problem]) }
        var draft = PlanDraft(root)
        draft.take()
        return (draft.network, draft.findings)
    }

    private static func refuse(
        _ code: String, _ place: Place?, _ problem: String, _ remedy: String
    ) -> Finding {
        Finding(.error, code, at: place, problem, remedy: remedy)
    }

    /// Why a JSON text is no plan; nil when it is one.
    private static func objection(_ root: JSONNode) -> Finding? {
        let remedy = "write it with `terraform show -json PLAN > plan.json`"
        guard case .object = root.value else {
            return refuse("not-a-plan", root.place, "a plan is an object", remedy)
        }
        if root["@level"] != nil || root["@message"] != nil {
            return refuse(
                "not-a-plan", root.place, "this is the log of `terraform plan -json`", remedy)
        }
        if root["lineage"] != nil || root["version"]?.value.asInteger != nil {
            return refuse(
                "not-a-plan", root.place, "this is a state file, whose form is private",
                "write it with `terraform show -json`")
        }
        let hasContent =
            root["resource_changes"] != nil || root["planned_values"] != nil
            || root["values"] != nil
        guard let version = root["format_version"] else {
            return refuse(
                "not-a-plan", root.place,
                hasContent ? "no format_version" : "nothing here is part of a plan", remedy)
        }
        let words = (version.value.asText ?? "").split(separator: ".").map { Int($0) }
        guard words.count == 2, let major = words[0], words[1] != nil else {
            return refuse(
                "unknown-version", version.place, "format_version is not like 1.2", remedy)
        }
        guard (0...1).contains(major) else {
            return refuse(
                "unknown-version", version.place, "format_version \(major).x is not known here",
                "use a newer Bulkhead, or an older Terraform")
        }
        guard hasContent else {
            return refuse("not-a-plan", root.place, "the plan has no resources", remedy)
        }
        return nil
    }
}
