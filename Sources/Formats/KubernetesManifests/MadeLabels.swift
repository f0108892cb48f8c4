internal import YAMLTree

extension Workload {
    private static let hash = "pod-template-hash"
    private static let revision = "controller-revision-hash"
    private static let generation = "pod-template-generation"
    private static let podName = "statefulset.kubernetes.io/pod-name"
    private static let podIndex = "apps.kubernetes.io/pod-index"
    private static let jobNames = ["batch.kubernetes.io/job-name", "job-name"]
    private static let jobUIDs = ["batch.kubernetes.io/controller-uid", "controller-uid"]
    private static let completion = "batch.kubernetes.io/job-completion-index"

    /// Labels that controllers put on the pods that they make.
    static let madeLabels =
        Set([hash, revision, generation, podName, podIndex, completion]).union(jobNames)
        .union(jobUIDs)

    /// Labels that people gave.
    var ownLabels: [String: String] { labels.filter { !Self.madeLabels.contains($0.key) } }

    /// Everything that is known of the pods' labels.
    var allLabels: Labels { Labels(values: labels, made: made) }

    /// Adds what the controller will add; `isNamed` where the object's name is its whole name.
    ///
    /// What older clusters do not add yet, and what hangs on fields that others may set, is unsure.
    mutating func addMadeLabels(_ spec: Node?, isNamed: Bool) {
        switch kind {
        case "Deployment": overwrite(Self.hash, MadeLabel())
        case "DaemonSet":
            overwrite(Self.revision, MadeLabel())
            overwrite(Self.generation, MadeLabel(isSure: false))
        case "StatefulSet":
            overwrite(Self.revision, MadeLabel())
            overwrite(Self.podName, MadeLabel(prefix: isNamed ? name + "-" : name))
            overwrite(Self.podIndex, MadeLabel(isSure: false))
        case "Job":
            // The server writes these into the template, unless the selector is written by hand.
            let isSure = !(spec?["manualSelector"]?.isTrue ?? false)
            for key in Self.jobNames where labels[key] == nil {
                let isOld = key == "job-name"
                if isNamed, isSure, isOld {
                    labels[key] = name
                } else {
                    made[key] = MadeLabel(prefix: name, isSure: isSure && isOld)
                }
            }
            addJobLabels(spec, isSure: isSure)
        case "CronJob":
            let isSure = !(spec?["manualSelector"]?.isTrue ?? false)
            for key in Self.jobNames where labels[key] == nil {
                made[key] = MadeLabel(prefix: name, isSure: isSure && key == "job-name")
            }
            addJobLabels(spec, isSure: isSure)
        default: break
        }
    }

    private mutating func addJobLabels(_ spec: Node?, isSure: Bool) {
        for key in Self.jobUIDs where labels[key] == nil {
            made[key] = MadeLabel(isSure: isSure && key == "controller-uid")
        }
        if spec?["completionMode"]?.scalar == "Indexed" {
            overwrite(Self.completion, MadeLabel(isSure: false))
        }
    }

    private mutating func overwrite(_ key: String, _ label: MadeLabel) {
        labels[key] = nil
        made[key] = label
    }
}
