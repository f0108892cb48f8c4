// KubernetesManifests: manifests of a cluster (YAML or JSON, as files or as kubectl prints them)
// into endpoints and gates: pods and workloads, NetworkPolicy, AdminNetworkPolicy,
// BaselineAdminNetworkPolicy and ClusterNetworkPolicy. It reads no file and asks no cluster; what a
// policy's kind or implementation leaves open makes may and must differ, with a word that names it.
// Bounds: 64 MiB, four million values and 64 levels for each file; `Topology.partiesMax` endpoints.
package import Topology

package enum KubernetesManifests {
    /// Most bytes of one file.
    package static let bytesMax = 64 << 20

    /// One file's name, for findings and labels, and its contents.
    package struct Source: Sendable {
        package var name: String
        package var bytes: [UInt8]

        package init(name: String, bytes: [UInt8]) {
            self.name = name
            self.bytes = bytes
        }
    }

    /// The cluster that the files describe, in the order of the files.
    ///
    /// The topology says nothing when any of its findings is an error: a policy that the cluster
    /// would refuse has no meaning to be exact about.
    package static func read(_ sources: [Source]) -> Topology {
        var reader = Reader()
        for source in sources { reader.read(source) }
        var builder = Builder(reader.finish(), reader.report)
        return builder.finish()
    }
}
