internal import Findings
internal import YAMLTree

/// Finds services that wait for each other: none of them could ever start.
enum StartOrder {
    /// Most cycles told; each costs a pass over all services.
    private static let cyclesMax = 50

    /// Reports one cycle for each knot, at the first of its services in the file.
    static func check(_ root: Node, _ report: inout Report) {
        let entries = root[PlatformKey.services]?.entries ?? []
        let index = Dictionary(
            entries.enumerated().map { ($0.element.key, $0.offset) },
            uniquingKeysWith: { first, _ in first })
        let after = entries.map { entry in
            (entry.value[ServiceKey.after]?.oneOrMany ?? []).compactMap { node in
                node.scalar.flatMap { index[$0] }
            }
        }
        var open = knots(after)
        for _ in 0..<cyclesMax {
            guard let start = open.firstIndex(of: true) else { return }
            let cycle = cycle(from: start, after, open)
            for service in cycle { open[service] = false }
            open = stillKnotted(open, after)
            let first = cycle.min() ?? start
            let turn = cycle.firstIndex(of: first) ?? 0
            let ordered = cycle[turn...] + cycle[..<turn]
            let names = (ordered + [first]).prefix(20).map { entries[$0].key }
            report.error(
                "cycle", entries[first].value[ServiceKey.after]?.place ?? entries[first].place,
                "these wait for each other: \(names.joined(separator: " after "))",
                "remove one `after:`")
        }
    }

    /// What is left when, again and again, all services that wait for nobody left are taken away.
    private static func knots(_ after: [[Int]]) -> [Bool] {
        stillKnotted(Array(repeating: true, count: after.count), after)
    }

    private static func stillKnotted(_ open: [Bool], _ after: [[Int]]) -> [Bool] {
        var open = open
        var waits = Array(repeating: 0, count: after.count)
        var waiters = Array(repeating: [Int](), count: after.count)
        for service in after.indices where open[service] {
            for other in after[service] where open[other] {
                waits[service] += 1
                waiters[other].append(service)
            }
        }
        var free = after.indices.filter { open[$0] && waits[$0] == 0 }
        while let service = free.popLast() {
            open[service] = false
            for waiter in waiters[service] {
                waits[waiter] -= 1
                if waits[waiter] == 0 { free.append(waiter) }
            }
        }
        return open
    }

    /// Every open service waits for an open one, so following them must come round.
    private static func cycle(from start: Int, _ after: [[Int]], _ open: [Bool]) -> [Int] {
        var path = [start]
        var position = [start: 0]
        while let next = after[path[path.count - 1]].first(where: { open[$0] }) {
            if let turn = position[next] { return Array(path[turn...]) }
            position[next] = path.count
            path.append(next)
        }
        return path
    }
}
