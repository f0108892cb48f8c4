internal import Addresses
internal import Bytes

/// What compartments must be to each other.
///
/// Root builds networks, uids and start order on it.
enum DeploymentCheck {
    /// `starts`: where each compartment's bytes begin, to name the place.
    static func compartments(of deployment: Deployment, starts: [Int]) throws(Malformed) {
        var names: Set<String> = []
        var addresses: Set<Address> = []
        var written: Set<Int> = []
        for (index, plan) in deployment.compartments.enumerated() {
            func require(_ holds: Bool, _ expected: StaticString) throws(Malformed) {
                guard holds else { throw Malformed(at: starts[index], expected: expected) }
            }
            try require(names.insert(plan.name).inserted, "a name that no other has")
            // The supervisor's own trail and log have this name.
            try require(plan.name != "supervisor", "another name than the supervisor's")
            if plan.kind == .service {
                let isInside = isPlaced(plan, in: deployment)
                try require(isInside, "an address inside its zone")
                try require(addresses.insert(plan.address).inserted, "an address of its own")
            } else {
                try require(plan.address.value == 0 && plan.ports.isEmpty, "no address and no port")
                try require(isWatched(plan.kind, deployment, &written), "one writer for each")
            }
            let states = plan.mounts.count { if case .state = $0 { true } else { false } }
            let further = plan.prepare.contains { step in
                step.mounts.contains { if case .state = $0 { true } else { false } }
            }
            try require(states <= 1 && !further, "one state directory at most")
        }
        if let cyclic = cycle(in: deployment.compartments) {
            throw Malformed(at: starts[cyclic], expected: "a start order without a cycle")
        }
    }

    /// Below `full` there is no fabric: services bind loopback addresses of a network of our own.
    private static func isPlaced(_ plan: CompartmentPlan, in deployment: Deployment) -> Bool {
        if deployment.isolation == .full {
            return deployment.zones[plan.zone].network.contains(plan.address)
        }
        return plan.address.value >> 16 == 127 << 8 | 77
    }

    /// Whether a writer's or the sensor's place is free; takes it.
    private static func isWatched(
        _ kind: CompartmentKind, _ deployment: Deployment, _ taken: inout Set<Int>
    ) -> Bool {
        switch kind {
        case .service: return false
        case .writer(let index):
            switch deployment.compartments[index].kind {
            case .service, .sensor: return taken.insert(index).inserted
            case .writer, .supervisorWriter: return false
            }
        case .supervisorWriter: return taken.insert(-1).inserted
        case .sensor: return taken.insert(-2).inserted
        }
    }

    /// A compartment that waits for itself, directly or through others; nil when none does.
    ///
    /// Takes away, round by round, those that wait for nobody who is left.
    private static func cycle(in compartments: [CompartmentPlan]) -> Int? {
        var waits = compartments.map { Set($0.after).count }
        var waiters = [[Int]](repeating: [], count: compartments.count)
        for (index, plan) in compartments.enumerated() {
            for other in Set(plan.after) { waiters[other].append(index) }
        }
        var free = waits.indices.filter { waits[$0] == 0 }
        var started = 0
        while let next = free.popLast() {
            started += 1
            for waiter in waiters[next] {
                waits[waiter] -= 1
                if waits[waiter] == 0 { free.append(waiter) }
            }
        }
        return started == compartments.count ? nil : waits.firstIndex { $0 > 0 }
    }
}
