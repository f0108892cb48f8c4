// Matching: runs the books of all instruments of the listing, by price and time.
// Argument: the listing file. It keeps nothing on disk; see `MatchingDesk` for what is lost with it.

internal import Findings
internal import Glibc
internal import MatchingDesk
internal import OrderTreaty
internal import Relay
internal import Tenancy

func variable(_ name: String) -> String? {
    unsafe getenv(name).map { unsafe String(cString: $0) }
}

do {
    let tenancy = try Tenancy.start(Invitation(variable))
    try Relay.serve("matching", from: "listing file", tenancy) { bytes in
        MatchingDesk(try Listing.parse(String(decoding: bytes, as: UTF8.self)))
    }
    exit(ExitCode.good.rawValue)
} catch {
    let line = Array("bulkhead-matching: \(error)\n".utf8)
    _ = unsafe line.withUnsafeBytes { unsafe write(2, $0.baseAddress, $0.count) }
    exit((error as? Failure)?.exit.rawValue ?? ExitCode.machine.rawValue)
}
