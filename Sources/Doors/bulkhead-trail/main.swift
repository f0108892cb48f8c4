// The trail writer: takes events from its compartment's channel and from the supervisor, appends
// them to the trail in its state directory, and answers with receipts.
// Arguments: none, or the most bytes that the trail may take.

internal import Findings
internal import Glibc
internal import Tenancy
internal import Trail

func variable(_ name: String) -> String? {
    unsafe getenv(name).map { unsafe String(cString: $0) }
}

func limits(_ words: [String]) throws(Failure) -> TrailLimits {
    var limits = TrailLimits()
    guard let text = words.first else { return limits }
    guard let bytes = UInt64(text), bytes >= 1 << 16 else {
        throw Failure(
            .usage, "trail-bytes", "`\(text)` is no size of at least 65,536 bytes",
            remedy: "give the most bytes that the trail may take, or nothing")
    }
    limits.trailBytes = bytes
    return limits
}

do {
    let tenancy = try Tenancy.start(Invitation(variable))
    let limits = try limits(Tenancy.words())
    var desk = try Desk(tenancy, TrailDirectory(variable("STATE_DIRECTORY") ?? "."), limits)
    try desk.work()
    exit(ExitCode.good.rawValue)
} catch {
    let line = Array("bulkhead-trail: \(error)\n".utf8)
    _ = unsafe line.withUnsafeBytes { unsafe write(2, $0.baseAddress, $0.count) }
    exit((error as? Failure)?.exit.rawValue ?? ExitCode.machine.rawValue)
}
