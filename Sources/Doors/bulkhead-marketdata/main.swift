// Marketdata: what anybody may know of the market, from the results of matching.
// Argument: the listing file. It keeps nothing on disk; see `MarketDesk` for what is lost with it.

internal import Findings
internal import Glibc
internal import MarketDesk
internal import OrderTreaty
internal import Relay
internal import Tenancy

func variable(_ name: String) -> String? {
    unsafe getenv(name).map { unsafe String(cString: $0) }
}

do {
    let tenancy = try Tenancy.start(Invitation(variable))
    try Relay.serve("marketdata", from: "listing file", tenancy) { bytes in
        MarketDesk(try Listing.parse(String(decoding: bytes, as: UTF8.self)))
    }
    exit(ExitCode.good.rawValue)
} catch {
    let line = Array("bulkhead-marketdata: \(error)\n".utf8)
    _ = unsafe line.withUnsafeBytes { unsafe write(2, $0.baseAddress, $0.count) }
    exit((error as? Failure)?.exit.rawValue ?? ExitCode.machine.rawValue)
}
