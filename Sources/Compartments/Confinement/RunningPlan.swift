package import Bytes

/// What a supervisor says of the platform that it runs: the plan, and which of its flows have ended.
///
/// Flows are never taken out of a running plan: their numbers stand in records.
package struct RunningPlan: Sendable, Equatable {
    package var deployment: Deployment
    /// Indices of flows that ended.
    package var closed: Set<Int>

    package static let bytesMax = DeploymentCodec.bytesMax + 1 << 20

    package init(_ deployment: Deployment, closed: Set<Int>) {
        self.deployment = deployment
        self.closed = closed
    }

    package func encode() -> [UInt8] {
        var writer = ByteWriter(capacity: 65_536)
        writer.integer(UInt32(closed.count))
        for index in closed.sorted() { writer.integer(UInt32(index)) }
        writer.append(DeploymentCodec.encode(deployment))
        return writer.bytes
    }

    package static func decode(_ bytes: [UInt8]) throws(Malformed) -> RunningPlan {
        var reader = ByteReader(bytes)
        var closed: [Int] = []
        for _ in 0..<(try reader.count(limit: DeploymentCodec.flowsMax)) {
            let at = reader.position
            let index = Int(try reader.integer(UInt32.self))
            guard closed.last.map({ $0 < index }) ?? true else {
                throw Malformed(at: at, expected: "flows in their order")
            }
            closed.append(index)
        }
        let at = reader.position
        let deployment = try DeploymentCodec.decode(Array(bytes[at...]))
        guard closed.allSatisfy(deployment.flows.indices.contains) else {
            throw Malformed(at: 4, expected: "flows of the plan")
        }
        return RunningPlan(deployment, closed: Set(closed))
    }
}
