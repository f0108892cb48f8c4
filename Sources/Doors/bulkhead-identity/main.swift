// Identity: says whose a signed request is, shares the key of its vouchers with orders, and makes and
// ends API keys for people of the venue. Keys are in its state directory. No arguments.

internal import Findings
internal import Glibc
internal import Passage
internal import Tenancy

func variable(_ name: String) -> String? {
    unsafe getenv(name).map { unsafe String(cString: $0) }
}

do {
    let tenancy = try Tenancy.start(Invitation(variable))
    let bytes = try tenancy.table(PassageTable.descriptor, limit: PassageTable.bytesMax) ?? []
    let table = try PassageTable(parsing: bytes)
    var registrar = try Registrar(tenancy, table, variable("STATE_DIRECTORY") ?? ".")
    try registrar.work()
    exit(ExitCode.good.rawValue)
} catch {
    let line = Array("bulkhead-identity: \(error)\n".utf8)
    _ = unsafe line.withUnsafeBytes { unsafe write(2, $0.baseAddress, $0.count) }
    exit((error as? Failure)?.exit.rawValue ?? ExitCode.machine.rawValue)
}
