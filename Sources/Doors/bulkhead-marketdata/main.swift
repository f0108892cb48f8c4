// Marketdata: what anybody may know of the market, from the results of matching.
// Argument: the listing file. It keeps nothing on disk; see `MarketDesk` for what is lost with it.

internal import Descriptors
internal import MarketDesk
internal import Findings
internal import Glibc
internal import OrderTreaty
internal import Relay
internal import Tenancy

func variable(_ name: String) -> String? {
    unsafe getenv(name).map { unsafe String(cString: $0) }
}

func listing(_ words: [String]) throws -> Listing {
    guard words.count == 1 else {
        throw Failure(
            .usage, "marketdata-arguments",
            "`bulkhead-marketdata` takes one argument, the listing file",
            remedy: "name the listing file in the platform file")
    }
    let bytes = try Files.read(words[0], limit: 1 << 20)
    return try Listing.parse(String(decoding: bytes, as: UTF8.self))
}

do {
    let tenancy = try Tenancy.start(Invitation(variable))
    let desk = MarketDesk(try listing(Tenancy.words()))
    var relay = try Relay(desk, "marketdata", tenancy)
    try relay.work(tenancy)
    exit(ExitCode.good.rawValue)
} catch {
    let line = Array("bulkhead-marketdata: \(error)\n".utf8)
    _ = unsafe line.withUnsafeBytes { unsafe write(2, $0.baseAddress, $0.count) }
    exit((error as? Failure)?.exit.rawValue ?? ExitCode.machine.rawValue)
}
