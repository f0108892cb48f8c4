// The envoy's seat: stands in a service's place during a drill and attacks what it may talk to.
internal import Envoy
internal import Findings
internal import Glibc
internal import Tenancy

func variable(_ name: String) -> String? {
    unsafe getenv(name).map { unsafe String(cString: $0) }
}

do {
    try Envoy.run(Tenancy.start(Invitation(variable)))
    exit(ExitCode.good.rawValue)
} catch {
    let line = Array("bulkhead-envoy: \(error)\n".utf8)
    _ = unsafe line.withUnsafeBytes { unsafe write(2, $0.baseAddress, $0.count) }
    exit(error.exit.rawValue)
}
