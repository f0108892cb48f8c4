internal import Bytes
internal import CJailPlan
package import Findings

/// Writes the plan that a jail performs: the bytes that `Jail/Plan` reads, record by record.
///
/// Pure. Bounds are the reader's: a plan it would refuse is not handed out.
package enum JailPlan {
    /// Where a compartment finds its notify socket.
    package static let notifyTarget = "/run/notify"
    /// Where it finds its state directory.
    package static let stateTarget = "/state"
    /// Minor numbers of major 1 of the only devices that a compartment has.
    private static let devices: [(path: String, minor: UInt32)] = [
        ("/dev/null", 3), ("/dev/zero", 5), ("/dev/full", 7), ("/dev/random", 8),
        ("/dev/urandom", 9),
    ]
    /// Linux's numbers of resources that have limits.
    private enum Resource: UInt32 {
        case fileSize = 1
        case processes = 6
        case files = 7
        case realTimePriority = 14
    }

    /// Descriptors that a program may be handed, at most.
    package static let handedMax = Int(JAIL_HANDED_MAX)

    /// The plan's bytes; throws where a count or length is over a bound of the jail's.
    package static func encode(_ order: JailOrder) throws(Failure) -> [UInt8] {
        var plan = Records()
        let isFull = order.isolation == .full
        plan.identity(order, isFull: isFull)
        plan.record(JAIL_HOSTNAME) { $0.terminated(hostname(order.compartment.name)) }
        if isFull { mounts(order, &plan) }
        limits(order, isFull: isFull, &plan)
        rules(order, &plan)
        plan.record(JAIL_FILTER) {
            $0.append(order.preparation?.filter ?? order.compartment.filter)
        }
        plan.record(JAIL_INIT_FILTER) { $0.append(order.compartment.initFilter) }
        plan.record(JAIL_PROGRAM) { $0.terminated(program(order)) }
        plan.record(JAIL_DIRECTORY) { $0.terminated(directory(order, isFull: isFull)) }
        for argument in arguments(order) { plan.record(JAIL_ARGUMENT) { $0.terminated(argument) } }
        for entry in order.environment { plan.record(JAIL_ENVIRONMENT) { $0.terminated(entry) } }
        plan.record(JAIL_END) { _ in }
        let wrong = unsafe jail_plan_check(plan.bytes, plan.bytes.count)
        guard wrong == 0, order.descriptors <= handedMax else {
            throw Failure(
                .usage, "jail-plan",
                "the plan of \(order.compartment.name) is over a bound (at byte \(wrong))",
                remedy: "give it fewer or shorter files, arguments, environment or ports")
        }
        return plan.bytes
    }

    /// The path that is executed: the program's own even when a probe stands there.
    private static func program(_ order: JailOrder) -> String {
        if order.isolation != .full, let probe = order.probe { return probe }
        return order.preparation?.program ?? order.compartment.program
    }

    private static func arguments(_ order: JailOrder) -> [String] {
        if order.probe != nil { return [program(order)] }
        return order.preparation?.arguments ?? order.compartment.arguments
    }

    private static func hostname(_ name: String) -> String { String(name.utf8.prefix(64)) ?? "" }

    private static func directory(_ order: JailOrder, isFull: Bool) -> String {
        // A probe that a drill runs as root, without capabilities, may not enter what is another's.
        if order.probe != nil, order.without.contains(.uid) { return "/" }
        for case .state(let target) in order.compartment.mounts where isFull { return target }
        return order.state ?? "/"
    }

    /// The compartment's own first, so that a failing index is one of its list; then those of the
    /// step, the probe over the program, the devices and the notify socket.
    private static func mounts(_ order: JailOrder, _ plan: inout Records) {
        for mount in order.compartment.mounts + (order.preparation?.mounts ?? []) {
            plan.mount(mount.with(uid: order.uid))
        }
        if let probe = order.probe {
            plan.mount(.tree(source: probe, target: program(order), executable: true))
        }
        for device in devices {
            plan.record(JAIL_DEVICE) {
                $0.integer(device.minor)
                $0.terminated(device.path)
            }
        }
        if order.hasNotify { plan.record(JAIL_NOTIFY) { $0.terminated(notifyTarget) } }
    }

    /// RLIMIT_NPROC counts the uid's processes: a second bound beside the control group's, and only
    /// where the uid is the compartment's own.
    ///
    /// One more than the plan says is the jail's pid 1.
    private static func limits(_ order: JailOrder, isFull: Bool, _ plan: inout Records) {
        let compartment = order.compartment
        plan.limit(.files, UInt64(compartment.files))
        plan.limit(.fileSize, compartment.diskBytes)
        plan.limit(.realTimePriority, 0)
        if isFull { plan.limit(.processes, UInt64(compartment.processes) + 1) }
    }

    private static func rules(_ order: JailOrder, _ plan: inout Records) {
        for rule in order.compartment.paths + (order.preparation?.paths ?? []) {
            var path = rule.path
            // Without an own root, the state directory is where it is on the host.
            if order.isolation != .full && path == stateTarget {
                guard let state = order.state else { continue }
                path = state
            }
            plan.record(JAIL_RULE) {
                $0.integer(UInt32(rule.access.rawValue))
                $0.terminated(path)
            }
        }
        for port in order.compartment.bindPorts {
            plan.record(JAIL_BIND) { $0.integer(UInt32(port)) }
        }
        for port in order.compartment.connectPorts {
            plan.record(JAIL_CONNECT) { $0.integer(UInt32(port)) }
        }
    }

    /// Appends records behind the plan's header.
    private struct Records {
        private(set) var bytes: [UInt8] = []

        init() {
            var header = ByteWriter()
            header.append("BHJP".utf8)
            header.integer(UInt16(JAIL_VERSION))
            header.integer(UInt16(0))
            bytes = header.bytes
        }

        mutating func record<Kind: BinaryInteger>(_ kind: Kind, _ write: (inout ByteWriter) -> Void)
        {
            var value = ByteWriter()
            write(&value)
            var head = ByteWriter(capacity: 8)
            head.integer(UInt16(truncatingIfNeeded: kind))
            head.integer(UInt16(0))
            head.integer(UInt32(clamping: value.bytes.count))
            bytes += head.bytes
            bytes += value.bytes
        }

        mutating func identity(_ order: JailOrder, isFull: Bool) {
            record(JAIL_IDENTITY) {
                $0.integer(order.uid)
                $0.integer(order.gid)
                let changesUID = isFull || order.changesUID
                $0.integer(
                    (isFull ? UInt32(JAIL_NAMESPACES) : 0)
                        | (changesUID ? UInt32(JAIL_OWN_UID) : 0))
                var without = order.without
                // A program that needs writable executable memory says so in the platform file.
                if order.compartment.wx { without.insert(.wx) }
                $0.integer(without.rawValue)
            }
        }

        mutating func limit(_ resource: Resource, _ value: UInt64) {
            record(JAIL_LIMIT) {
                $0.integer(resource.rawValue)
                $0.integer(UInt32(0))
                $0.integer(value)
            }
        }

        mutating func mount(_ mount: MountPlan) {
            switch mount {
            case .tree(let source, let target, let executable):
                record(JAIL_TREE) {
                    $0.integer(executable ? UInt32(JAIL_TREE_EXECUTABLE) : 0)
                    $0.terminated(source)
                    $0.terminated(target)
                }
            case .file(let target, let contents):
                record(JAIL_FILE) {
                    $0.terminated(target)
                    $0.append(contents)
                }
            case .link(let target, let to):
                record(JAIL_LINK) {
                    $0.terminated(target)
                    $0.terminated(to)
                }
            case .scratch(let target, let size):
                record(JAIL_SCRATCH) {
                    $0.integer(size)
                    $0.terminated(target)
                }
            case .state(let target): record(JAIL_STATE) { $0.terminated(target) }
            }
        }
    }
}

extension ByteWriter {
    /// The text and the NUL that ends it.
    fileprivate mutating func terminated(_ text: String) {
        append(text.utf8)
        integer(UInt8(0))
    }
}
