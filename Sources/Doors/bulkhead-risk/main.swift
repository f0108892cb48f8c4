// Risk: decides each block of orders and holds the money behind every open order.
// Argument: the listing file. It keeps nothing on disk; see `RiskDesk` for what is lost with it.

internal import Findings
internal import Glibc
internal import OrderTreaty
internal import Relay
internal import RiskDesk
internal import Tenancy

func variable(_ name: String) -> String? {
    unsafe getenv(name).map { unsafe String(cString: $0) }
}

do {
    let tenancy = try Tenancy.start(Invitation(variable))
    try Relay.serve("risk", from: "listing file", tenancy) { bytes in
        RiskDesk(try Listing.parse(String(decoding: bytes, as: UTF8.self)))
    }
    exit(ExitCode.good.rawValue)
} catch {
    let line = Array("bulkhead-risk: \(error)\n".utf8)
    _ = unsafe line.withUnsafeBytes { unsafe write(2, $0.baseAddress, $0.count) }
    exit((error as? Failure)?.exit.rawValue ?? ExitCode.machine.rawValue)
}
