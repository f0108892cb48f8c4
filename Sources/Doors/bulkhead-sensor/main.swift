// The sensor: reads the firewall logs and the kernel's audit log from sockets that the supervisor
// opened, and sends what it sees as events to its writer.

internal import AuditTreaty
internal import Findings
internal import Glibc
internal import Tenancy

func variable(_ name: String) -> String? {
    unsafe getenv(name).map { unsafe String(cString: $0) }
}

/// The table of names that the supervisor handed over.
func table(_ tenancy: borrowing Tenancy) throws -> SensorTable {
    guard let bytes = try tenancy.table("roster", limit: SensorTable.bytesMax) else {
        throw Failure(
            .usage, "sensor-roster", "no descriptor named `roster` was handed",
            remedy: "start this program by the supervisor")
    }
    return try SensorTable.decode(bytes)
}

do {
    let tenancy = try Tenancy.start(Invitation(variable))
    let table = try table(tenancy)
    var lookout = try Lookout(tenancy, table)
    try lookout.work()
    exit(ExitCode.good.rawValue)
} catch {
    let line = Array("bulkhead-sensor: \(error)\n".utf8)
    _ = unsafe line.withUnsafeBytes { unsafe write(2, $0.baseAddress, $0.count) }
    exit((error as? Failure)?.exit.rawValue ?? ExitCode.machine.rawValue)
}
