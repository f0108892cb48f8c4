// SecurityGroups: what the provider's command line tells of groups, rules, interfaces, network ACLs,
// routes and prefix lists, as a network. Reads bytes, never files, and never asks the provider.
// Bounds: `SecurityGroups.bytesMax` in all, and those of `CloudNetwork`.
package import CloudNetwork
package import Findings
internal import Notation

package enum SecurityGroups {
    package static let bytesMax = 64 << 20

    /// One output of the command line.
    package struct File: Sendable {
        package var name: String
        package var bytes: [UInt8]

        package init(name: String, bytes: [UInt8]) {
            self.name = name
            self.bytes = bytes
        }
    }

    /// What top keys say of a file.
    static let keys: Set<String> = [
        "SecurityGroups", "SecurityGroupRules", "Reservations", "NetworkInterfaces", "NetworkAcls",
        "RouteTables", "PrefixLists", "Entries", "Subnets", "Vpcs",
    ]

    /// Nil with at least one error when some file is none of these outputs.
    package static func read(_ files: [File]) -> (network: CloudNetwork?, findings: [Finding]) {
        var draft = Draft(names: files.map(\.name))
        guard files.reduce(0, { $0 + $1.bytes.count }) <= bytesMax else {
            draft.find(.error, "too-large", nil, "more than 64 MiB", "ask about one network")
            return (nil, draft.findings)
        }
        var roots: [JSONNode] = []
        var bounds = JSON.Bounds()
        bounds.bytes = bytesMax
        bounds.values = 4_000_000
        for (index, file) in files.enumerated() {
            draft.file = index
            do {
                let root = try JSONNode.parse(file.bytes, within: bounds)
                let known = root.members.contains { keys.contains($0.name) }
                if known {
                    roots.append(root)
                } else {
                    draft.find(
                        .error, "unknown-format", root.place,
                        "no output of `aws ec2 describe-…` begins like this",
                        "give the JSON of describe-security-groups and of its neighbours")
                }
            } catch {
                draft.find(
                    .error, "not-json", error.place, "\(error.problem)",
                    "write the file with `--output json`")
            }
        }
        guard roots.count == files.count, !roots.isEmpty else {
            if files.isEmpty {
                draft.find(.error, "no-input", nil, "no file was given", "name at least one")
            }
            return (nil, draft.findings)
        }
        draft.take(roots)
        return (draft.network, draft.findings)
    }
}

extension JSONNode {
    func text(_ name: String) -> String? { self[name]?.value.asText }
    func integer(_ name: String) -> Int64? { self[name]?.value.asInteger }
    func list(_ name: String) -> [JSONNode] { self[name]?.items ?? [] }
}

extension JSON {
    /// A whole number, also one written as text.
    var wholeNumber: Int64? { asInteger ?? asText.flatMap { Int64($0) } }
}
