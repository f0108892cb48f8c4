import Addresses
import CLinux
import Confinement
import Descriptors
import Glibc
import Namespaces
import Processes

/// The jail and a program to put into it, built once beside the package's other products.
struct Workshop: Sendable {
    let folder: String
    var jail: String { folder + "/jail" }
    var program: String { folder + "/inside" }
    var saboteur: String { folder + "/saboteur" }

    /// Nil where the C compiler is missing or refuses.
    static let shared: Workshop? = build()

    private static func build() -> Workshop? {
        let root = #filePath.split(separator: "/").dropLast(4).joined(separator: "/")
        let folder = "/\(root)/.build/jail-tests"
        do {
            try Files.makeDirectories(folder)
            try Files.create(folder + "/inside.c").writeAll(Array(insideProgram.utf8))
            try Files.create(folder + "/saboteur.c").writeAll(Array(saboteurProgram.utf8))
        } catch { return nil }
        guard let real = Files.resolve(folder) else { return nil }
        // Beside and then renamed: another run of the tests may execute the old ones now.
        let own = "\(real)/\(getpid())"
        let commands = [
            "'/\(root)/Jail/build' '\(own).jail'",
            "cc -O1 -w -static -o '\(own).inside' '\(real)/inside.c'",
            "cc -O1 -w -static -o '\(own).saboteur' '\(real)/saboteur.c'",
            "mv '\(own).saboteur' '\(real)/saboteur'",
            "chmod 755 '\(own).jail' '\(own).inside'",
            "mv '\(own).jail' '\(real)/jail'", "mv '\(own).inside' '\(real)/inside'",
        ]
        let failed = commands.first { unsafe system($0) != 0 }
        return failed == nil ? Workshop(folder: real) : nil
    }

    /// A compartment with nothing but the program, which makes the given attempts.
    func plan(_ attempts: [String]) -> CompartmentPlan {
        var plan = CompartmentPlan(
            name: "cell", zone: 0, address: Address(0), program: "/bin/inside")
        plan.arguments = ["inside"] + attempts
        plan.mounts = [
            .tree(source: program, target: "/bin/inside", executable: true),
            .file(target: "/etc/secret", contents: Array("secret\n".utf8)),
            .scratch(target: "/tmp", bytes: 1 << 20),
        ]
        plan.paths = [
            PathRule("/bin/inside", .execute), PathRule("/proc", .read),
            PathRule("/tmp", .write), PathRule("/dev/null", .device),
        ]
        plan.files = 64
        plan.filter = allowAll
        plan.initFilter = allowAll
        return plan
    }

    func order(_ plan: CompartmentPlan, without: Walls = []) -> JailOrder {
        JailOrder(
            compartment: plan, uid: 61_234, gid: 61_234, isolation: .full, without: without,
            environment: plan.environment + ["LISTEN_PID="], descriptors: 0, hasNotify: false)
    }
}

/// What came of one jail.
struct Outcome {
    var reports: [JailReport] = []
    var output = ""
    /// Facts of the program while it waited for GO.
    var facts: ProcessFacts?

    /// Each attempt's answer.
    var answers: [String: String] {
        var found: [String: String] = [:]
        for line in output.split(separator: "\n") {
            let parts = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if parts.count == 2 { found[String(parts[0])] = String(parts[1]) }
        }
        return found
    }

    var status: UInt8? {
        for case .exited(let status) in reports { return status }
        return nil
    }
    var signal: UInt8? {
        for case .signalled(let signal) in reports { return signal }
        return nil
    }
    var failure: String? {
        for case .failed(let step, let errno, _) in reports { return "\(step) \(errno)" }
        return nil
    }
    var landlock: UInt8? {
        for case .verify(_, let abi) in reports { return abi }
        return nil
    }
}

/// One jail under test.
///
/// Nobody waits longer than `patienceMilliseconds` for anything it does.
final class Cell {
    private static let patienceMilliseconds: Int32 = 20_000
    let outer: UInt32
    private let namespace: SharedDescriptor?
    private var control: SharedDescriptor?
    private let log: SharedDescriptor
    private(set) var process: SharedDescriptor?
    private(set) var outcome = Outcome()

    /// What the supervisor would send along.
    struct Extras {
        var state: Int32?
        var notify: String?
        var input: Int32?
        var handed: [Int32] = []
        var sealed = true
        var program: String?
        /// Changes the plan's bytes before they are sealed.
        var change: @Sendable ([UInt8]) -> [UInt8] = { $0 }
        var hasNamespace = true
        /// What is started in the jail's stead, and its only argument.
        var jail: String?
        var label = "test"
    }

    init(_ workshop: Workshop, _ order: JailOrder, _ extras: Extras = Extras()) throws {
        let pipe = try openPipe()
        log = SharedDescriptor(Descriptor(owning: pipe.reader))
        let writer = Descriptor(owning: pipe.writer)
        let isFull = order.isolation == .full && extras.hasNamespace
        namespace = isFull ? SharedDescriptor(try NetworkNamespace.create()) : nil
        let jailed = try Jail.spawn(
            extras.jail ?? workshop.jail, log: writer, label: extras.label)
        outer = jailed.pid
        let control = SharedDescriptor(jailed.takeControl())
        let bytes = extras.change(try JailPlan.encode(order))
        let plan = extras.sealed ? try Jail.seal(bytes) : try Self.unsealed(bytes)
        let program = try Files.open(extras.program ?? workshop.program)
        do throws(SystemFailure) {
            try Jail.send(
                control.number, plan: plan, program: program.number, namespace: namespace?.number,
                state: extras.state, notify: extras.notify, input: extras.input,
                handed: extras.handed)
        } catch {
            // A jail that failed before it read its plan is gone by now, and left its report.
            guard error.errno == EPIPE || error.errno == ECONNRESET else { throw error }
        }
        self.control = control
    }

    private static func unsealed(_ bytes: [UInt8]) throws -> Descriptor {
        let file = Descriptor(owning: unsafe bh_memfd("plan"))
        try file.writeAll(bytes)
        return file
    }

    /// The next report; nil at the end, or when patience ends.
    func next() -> JailReport? {
        guard let number = control?.number else { return nil }
        while true {
            switch Jail.receive(number) {
            case .report(let report):
                outcome.reports.append(report)
                if case .cloned(_, let process) = report { self.process = process }
                return report
            case .end: return nil
            case .wouldBlock:
                var wait = pollfd(fd: number, events: Int16(POLLIN), revents: 0)
                guard unsafe poll(&wait, 1, Self.patienceMilliseconds) > 0 else { return nil }
            }
        }
    }

    /// Says GO after reading the facts, and goes on until the program runs or everything ended.
    func start() throws {
        while let report = next() {
            switch report {
            case .verify(let pid, _):
                outcome.facts = try ProcessFacts.read(pid)
                if let number = control?.number { try Jail.release(number) }
            case .started, .failed, .exited, .signalled: return
            case .cloned: continue
            }
        }
    }

    /// Everything until the jail is gone and reaped.
    func finish() throws -> Outcome {
        try start()
        while next() != nil {}
        return end()
    }

    /// Lets go of the control socket, as a dying supervisor does, and waits for what is left.
    func end() -> Outcome {
        control = nil
        if let process {
            var wait = pollfd(fd: process.number, events: Int16(POLLIN), revents: 0)
            _ = unsafe poll(&wait, 1, Self.patienceMilliseconds)
            _ = Jail.reap(process.number)
        }
        var status: Int32 = 0
        _ = unsafe waitpid(Int32(outer), &status, 0)
        var bytes: [UInt8] = []
        while bytes.count < 1 << 20,
            case .bytes? = try? DescriptorIO.read(log.number, into: &bytes, limit: 65_536)
        {}
        outcome.output += String(decoding: bytes, as: UTF8.self)
        return outcome
    }

    /// Output until `text` is in it.
    func await(_ text: String) {
        var bytes: [UInt8] = []
        while !outcome.output.contains(text),
            case .bytes? = try? DescriptorIO.read(log.number, into: &bytes, limit: 4096)
        {
            outcome.output += String(decoding: bytes, as: UTF8.self)
            bytes = []
        }
    }

    func stop() {
        if let number = control?.number { Jail.stop(number, signal: UInt8(SIGTERM)) }
    }
}

/// A pipe whose ends no other program inherits.
func openPipe() throws -> (reader: Int32, writer: Int32) {
    var ends: [Int32] = [-1, -1]
    guard unsafe pipe(&ends) == 0 else { throw SystemFailure("pipe", "test", errno: errno) }
    for end in ends { _ = bh_set_cloexec(end, 1) }
    return (ends[0], ends[1])
}
