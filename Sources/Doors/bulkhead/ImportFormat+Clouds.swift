internal import CloudNetwork
internal import Findings
internal import SecurityGroups
internal import TerraformPlan
internal import Topology

extension ImportFormat {
    static let securityGroups = cloud(
        "aws-security-groups",
        about: "what `aws ec2 describe-security-groups` and its neighbours print, together"
    ) { files in
        SecurityGroups.read(
            files.map { SecurityGroups.File(name: $0.name, bytes: $0.bytes) })
    }

    static let terraformPlan = cloud(
        "terraform-plan", about: "one plan, as `terraform show -json PLAN` prints it"
    ) { files in
        guard files.count == 1 else {
            let finding = Finding(
                .error, "several-plans", at: nil, "one plan is read at a time",
                remedy: "name one file")
            return (nil, [finding])
        }
        return TerraformPlan.read(files[0].bytes)
    }

    private static func cloud(
        _ name: String, about: String,
        read: @escaping @Sendable ([ImportedFile]) -> (network: CloudNetwork?, findings: [Finding])
    ) -> ImportFormat {
        ImportFormat(
            name: name, endings: [".json"], about: about,
            read: { files in
                let (network, findings) = read(files)
                guard let network else {
                    var topology = Topology()
                    topology.findings = findings
                    return topology
                }
                var topology = network.topology()
                // What cannot be known widens the answers; it keeps nobody from asking.
                topology.findings += findings.map { $0.severity == .error ? $0.warned : $0 }
                return topology
            },
            review: { files in
                let (network, findings) = read(files)
                guard let network else { return ImportedReview(findings: findings) }
                let all = findings + network.topology().findings + network.review()
                return ImportedReview(summary: network.summary, findings: all)
            })
    }
}

extension Finding {
    fileprivate var warned: Finding {
        Finding(.warning, code, at: place, problem, remedy: remedy, file: file)
    }
}

extension CloudNetwork {
    fileprivate var summary: String {
        let rules = groups.reduce(0) { $0 + $1.rules.count }
        return "\(counted(groups.count { $0.isGiven }, "security group")), "
            + "\(counted(rules, "rule")), \(counted(interfaces.count, "interface")), "
            + counted(accessLists.count, "network ACL")
    }
}
