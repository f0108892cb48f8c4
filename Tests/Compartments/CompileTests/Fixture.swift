internal import Addresses
internal import Compile
internal import Confinement
internal import Descriptors
internal import Findings
internal import Glibc
internal import Platform
internal import Testing

/// A small platform that tests change in one place each.
enum Fixture {
    static func place(_ line: Int) -> Place { Place(line: line, column: 3) }

    static func network(_ text: String) throws -> Prefix { try #require(Prefix(text)) }

    static func port(_ number: UInt16, _ transport: Transport = .tcp) throws -> Port {
        try #require(Port(transport, number))
    }

    static func service(_ name: String, zone: String, port number: UInt16?) throws -> Service {
        var service = Service(name: name, zone: zone, place: place(10))
        service.run = ["env", "A"]
        if let number {
            service.ports = [
                ServicePort(name: "main", port: try port(number), place: place(11))
            ]
        }
        return service
    }

    /// front (published) → middle → store.
    static func platform() throws -> Platform {
        var platform = Platform(name: "sample")
        platform.zones = [
            Zone(name: "dmz", network: try network("10.9.1.0/24"), place: place(2)),
            Zone(name: "data", network: try network("10.9.2.0/24"), place: place(3)),
        ]
        platform.services = [
            try service("front", zone: "dmz", port: 8080),
            try service("middle", zone: "dmz", port: 9000),
            try service("store", zone: "data", port: 5432),
        ]
        platform.flows = [
            Flow(from: .internet, to: "front", port: "main", because: "x", place: place(20)),
            Flow(
                from: .service("front"), to: "middle", port: "main", because: "x",
                place: place(21)),
            Flow(
                from: .service("middle"), to: "store", port: "main", because: "x",
                place: place(22)),
        ]
        platform.publications = [
            Publication(
                service: "front", port: "main", address: Address(0x7F00_0001), number: 8080,
                place: place(30))
        ]
        return platform
    }

    /// Stands for our own programs: the compiler only looks at headers and modes.
    static func programs() throws -> Folder {
        let folder = try Folder()
        let source = try #require(Files.resolve("/usr/bin/env"))
        let bytes = try Files.read(source, limit: 16 << 20)
        for name in ["bulkhead-trail", "bulkhead-sensor", "bulkhead-authority"] {
            let path = folder.path + "/" + name
            try Files.create(path, mode: 0o755).writeAll(bytes)
        }
        return folder
    }

    static func host(_ programs: Folder) -> Host {
        Host(programs: programs.path, operators: [geteuid()])
    }

    static func compile(
        _ platform: Platform, isolation: IsolationLevel = .full, folder: String = "/"
    ) throws -> (deployment: Deployment?, findings: [Finding]) {
        let programs = try programs()
        return withExtendedLifetime(programs) {
            Compile.check(
                platform, file: "sample.yaml", folder: folder, isolation: isolation,
                host: host(programs))
        }
    }

    static func deployment(
        _ platform: Platform, isolation: IsolationLevel = .full, folder: String = "/"
    ) throws -> Deployment {
        let outcome = try compile(platform, isolation: isolation, folder: folder)
        return try #require(outcome.deployment, "\(outcome.findings)")
    }

    static func codes(_ platform: Platform, isolation: IsolationLevel = .full) throws -> [String] {
        try compile(platform, isolation: isolation).findings.map(\.code)
    }
}

/// A directory of plain files that ends with its owner.
final class Folder {
    let path: String

    init() throws {
        var template = Array("/tmp/bulkhead-compile-XXXXXX".utf8CString)
        path = unsafe template.withUnsafeMutableBufferPointer { room in
            guard let base = room.baseAddress, let made = unsafe mkdtemp(base) else { return "" }
            return unsafe String(cString: made)
        }
        _ = unsafe chmod(path, 0o755)
    }

    deinit {
        for name in (try? Files.list(path)) ?? [] { _ = unsafe unlink(path + "/" + name) }
        _ = unsafe rmdir(path)
    }
}
