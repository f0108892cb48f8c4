// The certificate authority: holds the roots in its state directory and answers the pairs that the
// supervisor labelled `authority.NAME`. It has no network. A sealed table `publications` says who
// may be certified for which hosts of the published side.

internal import Authority
internal import Findings
internal import Glibc
internal import Tenancy

func variable(_ name: String) -> String? {
    unsafe getenv(name).map { unsafe String(cString: $0) }
}

func publications(_ tenancy: borrowing Tenancy) throws(Failure) -> [Publication] {
    guard
        let bytes = try tenancy.table("publications", limit: Publication.tableBytesMax)
    else { return [] }
    guard let publications = Publication.table(parsing: bytes) else {
        throw Failure(
            .machine, "authority-publications", "the table of publications cannot be used",
            remedy: "start this program by the supervisor")
    }
    return publications
}

do {
    let tenancy = try Tenancy.start(Invitation(variable))
    let publications = try publications(tenancy)
    var counter = try Counter(tenancy, variable("STATE_DIRECTORY") ?? ".", publications)
    try counter.work()
    exit(ExitCode.good.rawValue)
} catch {
    let line = Array("bulkhead-authority: \(error)\n".utf8)
    _ = unsafe line.withUnsafeBytes { unsafe write(2, $0.baseAddress, $0.count) }
    exit((error as? Failure)?.exit.rawValue ?? ExitCode.machine.rawValue)
}
