// Risk: decides each block of orders and holds the money behind every open order.
// Argument: the listing file. It keeps nothing on disk; see `RiskDesk` for what is lost with it.

internal import Descriptors
internal import RiskDesk
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
            .usage, "risk-arguments", "`bulkhead-risk` takes one argument, the listing file",
            remedy: "name the listing file in the platform file")
    }
    let bytes = try Files.read(words[0], limit: 1 << 20)
    return try Listing.parse(String(decoding: bytes, as: UTF8.self))
}

do {
    let tenancy = try Tenancy.start(Invitation(variable))
    let desk = RiskDesk(try listing(Tenancy.words()))
    var relay = try Relay(desk, "risk", tenancy)
    try relay.work(tenancy)
    exit(ExitCode.good.rawValue)
} catch {
    let line = Array("bulkhead-risk: \(error)\n".utf8)
    _ = unsafe line.withUnsafeBytes { unsafe write(2, $0.baseAddress, $0.count) }
    exit((error as? Failure)?.exit.rawValue ?? ExitCode.machine.rawValue)
}
