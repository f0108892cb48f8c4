// The gateway: the only program that clients reach. It takes HTTPS on the published listener
// `https`, reads each request strictly once, and forwards it over a passage to the API.

internal import Findings
internal import Glibc
internal import Tenancy

func variable(_ name: String) -> String? {
    unsafe getenv(name).map { unsafe String(cString: $0) }
}

do {
    var hall = try Hall(Tenancy.start(Invitation(variable)))
    try hall.work()
    exit(ExitCode.good.rawValue)
} catch {
    let line = Array("bulkhead-gateway: \(error)\n".utf8)
    _ = unsafe line.withUnsafeBytes { unsafe write(2, $0.baseAddress, $0.count) }
    exit((error as? Failure)?.exit.rawValue ?? ExitCode.machine.rawValue)
}
