internal import Addresses
internal import Bytes

/// One compartment in a deployment's bytes.
///
/// The bounds of what the jail gets are the jail's own.
enum CompartmentCodec {
    static let mountsMax = 1000
    static let rulesMax = 2048
    static let textsMax = 1000
    static let textMax = 128 << 10
    static let filterMax = 4096 * 8
    static let fileMax = 64 << 10
    static let preparationsMax = 16
    static let portsMax = 64
    /// Open files: the program's own descriptor lies at that number, below every host's hard limit.
    static let filesMax: UInt32 = 16_384

    static func encode(_ plan: CompartmentPlan, _ out: inout ByteWriter) {
        out.text(plan.name)
        switch plan.kind {
        case .service: out.tagged(0, 0)
        case .writer(let index): out.tagged(1, index)
        case .supervisorWriter: out.tagged(2, 0)
        case .sensor: out.tagged(3, 0)
        }
        out.index(plan.zone)
        out.integer(plan.address.value)
        out.text(plan.program)
        out.list(plan.arguments) { $1.text($0) }
        out.list(plan.environment) { $1.text($0) }
        out.list(plan.mounts, encode)
        out.list(plan.paths, encode)
        out.list(plan.bindPorts) { $1.integer($0) }
        out.list(plan.connectPorts) { $1.integer($0) }
        out.list(plan.ports) { $1.port($0) }
        out.integer(plan.memoryBytes)
        out.integer(plan.processes)
        out.integer(plan.files)
        out.integer(plan.cpuMilli)
        out.integer(plan.diskBytes)
        out.integer(plan.wx ? UInt8(1) : 0)
        out.block(plan.filter)
        out.block(plan.initFilter)
        out.list(plan.prepare, encode)
        out.integer(plan.ready.rawValue)
        out.integer(plan.stop)
        out.list(plan.after) { $1.index($0) }
        out.list(plan.role) { $1.text($0) }
    }

    private static func encode(_ rule: PathRule, _ out: inout ByteWriter) {
        out.text(rule.path)
        out.integer(rule.access.rawValue)
    }

    private static func encode(_ mount: MountPlan, _ out: inout ByteWriter) {
        switch mount {
        case .tree(let source, let target, let executable):
            out.integer(UInt8(0))
            out.text(target)
            out.text(source)
            out.integer(executable ? UInt8(1) : 0)
        case .file(let target, let contents):
            out.integer(UInt8(1))
            out.text(target)
            out.block(contents)
        case .link(let target, let to):
            out.integer(UInt8(2))
            out.text(target)
            out.text(to)
        case .scratch(let target, let bytes):
            out.integer(UInt8(3))
            out.text(target)
            out.integer(bytes)
        case .state(let target):
            out.integer(UInt8(4))
            out.text(target)
        }
    }

    private static func encode(_ step: PreparationPlan, _ out: inout ByteWriter) {
        out.text(step.program)
        out.list(step.arguments) { $1.text($0) }
        out.list(step.mounts, encode)
        out.list(step.paths, encode)
        out.text(step.input)
        out.block(step.filter)
    }

    /// `zones` and `count`: how many zones and compartments there are for indices to point to.
    static func decode(
        _ reader: inout ByteReader, zones: Int, of count: Int
    ) throws(Malformed) -> CompartmentPlan {
        let start = reader.position
        let name = try reader.text(limit: 64)
        guard Names.isCompartment(name) else {
            throw Malformed(at: start, expected: "a compartment's name")
        }
        let kind = try kind(&reader, of: count)
        let zone = try reader.index(below: zones)
        let address = Address(try reader.integer(UInt32.self))
        var plan = CompartmentPlan(
            name: name, zone: zone, address: address, program: try reader.path())
        plan.kind = kind
        plan.arguments = try texts(&reader)
        plan.environment = try texts(&reader)
        plan.mounts = try reader.list(limit: mountsMax, mount)
        plan.paths = try reader.list(limit: rulesMax, rule)
        plan.bindPorts = try reader.list(limit: rulesMax / 2, tcpPort)
        plan.connectPorts = try reader.list(limit: rulesMax / 2, tcpPort)
        plan.ports = try reader.list(limit: portsMax) { reader throws(Malformed) in
            try reader.port()
        }
        plan.memoryBytes = try reader.bounded(1 << 20...1 << 40)
        plan.processes = try reader.bounded(1...32_768)
        plan.files = try reader.bounded(16...filesMax)
        plan.cpuMilli = try reader.bounded(0...1_024_000)
        plan.diskBytes = try reader.bounded(1 << 20...1 << 40)
        plan.wx = try reader.flag()
        plan.filter = try filter(&reader)
        plan.initFilter = try filter(&reader)
        plan.prepare = try reader.list(limit: preparationsMax, preparation)
        let at = reader.position
        guard let ready = ReadyPlan(rawValue: try reader.integer()) else {
            throw Malformed(at: at, expected: "when it is ready")
        }
        plan.ready = ready
        plan.stop = try reader.bounded(1...31)
        plan.after = try reader.list(limit: count) { reader throws(Malformed) in
            try reader.index(below: count)
        }
        plan.role = try reader.list(limit: 64) { reader throws(Malformed) in
            try reader.text(limit: 64)
        }
        guard !plan.arguments.isEmpty, plan.environment.allSatisfy(isEntry) else {
            throw Malformed(at: start, expected: "a program's name, and NAME=value")
        }
        return plan
    }

    private static func isEntry(_ text: String) -> Bool {
        guard let equals = text.utf8.firstIndex(of: UInt8(ascii: "=")) else { return false }
        return equals != text.utf8.startIndex
    }

    private static func kind(
        _ reader: inout ByteReader, of count: Int
    ) throws(Malformed) -> CompartmentKind {
        let at = reader.position
        let tag = try reader.integer(UInt8.self)
        let index = try reader.index(below: count)
        switch (tag, index) {
        case (0, 0): return .service
        case (1, _): return .writer(of: index)
        case (2, 0): return .supervisorWriter
        case (3, 0): return .sensor
        default: throw Malformed(at: at, expected: "a kind of compartment")
        }
    }

    private static func texts(_ reader: inout ByteReader) throws(Malformed) -> [String] {
        try reader.list(limit: textsMax) { reader throws(Malformed) in
            try reader.text(limit: textMax - 1)
        }
    }

    private static func tcpPort(_ reader: inout ByteReader) throws(Malformed) -> UInt16 {
        try reader.bounded(1...UInt16.max)
    }

    private static func filter(_ reader: inout ByteReader) throws(Malformed) -> [UInt8] {
        let at = reader.position
        let filter = try reader.block(limit: filterMax)
        guard !filter.isEmpty, filter.count % 8 == 0 else {
            throw Malformed(at: at, expected: "a filter of whole instructions")
        }
        return filter
    }

    private static func rule(_ reader: inout ByteReader) throws(Malformed) -> PathRule {
        let path = try reader.path(root: true)
        let at = reader.position
        guard let access = PathRule.Access(rawValue: try reader.integer()) else {
            throw Malformed(at: at, expected: "a kind of access")
        }
        return PathRule(path, access)
    }

    private static func mount(_ reader: inout ByteReader) throws(Malformed) -> MountPlan {
        let at = reader.position
        let tag = try reader.integer(UInt8.self)
        let target = try reader.path()
        guard target != "/proc", !target.utf8.starts(with: "/proc/".utf8) else {
            throw Malformed(at: at, expected: "a place outside /proc")
        }
        switch tag {
        case 0:
            let source = try reader.path()
            return .tree(source: source, target: target, executable: try reader.flag())
        case 1: return .file(target: target, contents: try reader.block(limit: fileMax))
        case 2:
            let to = try reader.text(limit: Names.pathMax - 1)
            guard !to.isEmpty else { throw Malformed(at: at, expected: "where a link leads") }
            return .link(target: target, to: to)
        case 3: return .scratch(target: target, bytes: try reader.bounded(4096...1 << 40))
        case 4: return .state(target: target)
        default: throw Malformed(at: at, expected: "a kind of mount")
        }
    }

    private static func preparation(_ reader: inout ByteReader) throws(Malformed) -> PreparationPlan
    {
        let at = reader.position
        let program = try reader.path()
        let arguments = try texts(&reader)
        let mounts = try reader.list(limit: mountsMax, mount)
        let paths = try reader.list(limit: rulesMax, rule)
        let input = try reader.text(limit: Names.pathMax)
        guard !arguments.isEmpty, input.isEmpty || Names.isPath(input) else {
            throw Malformed(at: at, expected: "a preparation's program and input")
        }
        let filter = try filter(&reader)
        return PreparationPlan(
            program: program, arguments: arguments, mounts: mounts, paths: paths, input: input,
            filter: filter)
    }
}
