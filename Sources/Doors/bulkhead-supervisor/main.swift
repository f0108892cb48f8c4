// Root's side of a running platform. Started by `bulkhead up` with the operator's stream as
// descriptor 3; its arguments carry no policy.
import Confinement
import Descriptors
import Findings
import Glibc
import Operator
import Supervisor

func supervise() -> ExitCode {
    var state: String?
    var home: String?
    var observer: UInt32?
    var spared: Walls = []
    var reasserts = false
    var words = CommandLine.arguments.dropFirst()[...]
    while let word = words.popFirst() {
        switch word {
        case "--state": state = words.popFirst()
        case "--home": home = words.popFirst()
        case "--observer": observer = words.popFirst().flatMap { UInt32($0) }
        case "--reassert": reasserts = true
        case "--without":
            let name = words.popFirst()
            guard let wall = Walls.names.first(where: { $0.name == name })?.wall else {
                print("bulkhead-supervisor: there is no such wall")
                return .usage
            }
            spared.insert(wall)
        default:
            print("bulkhead-supervisor: it is started by `bulkhead up`, with nothing else")
            return .usage
        }
    }
    var status = stat()
    guard unsafe fstat(3, &status) == 0, status.st_mode & S_IFMT == S_IFSOCK else {
        print("bulkhead-supervisor: descriptor 3 is not an operator's stream")
        return .usage
    }
    let front = FrontLink(owning: 3)
    do {
        let deployment = try front.receiveDeployment()
        let isRoot = geteuid() == 0
        try Supervisor.settle()
        let locations = Locations.of(
            platform: deployment.platform, state: state, home: home, isRoot: isRoot,
            uid: geteuid())
        let places = Places(
            id: locations.id, state: locations.state, run: locations.run,
            registry: locations.registry)
        let own = try Programs.beside()
        var supervisor = try Supervisor(
            deployment: deployment, places: places, jail: try Programs.jail(in: own),
            spared: spared, observer: observer, reasserts: reasserts, front: front)
        return supervisor.run()
    } catch let failure as Failure {
        print("bulkhead-supervisor: \(failure)")
        return failure.exit
    } catch {
        print("bulkhead-supervisor: \(error)")
        return .machine
    }
}

exit(supervise().rawValue)
