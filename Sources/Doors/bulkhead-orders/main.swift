// The sequencer's service: takes clients' and operators' requests, journals them in blocks, sends
// the blocks to risk, and answers when the results are back.
// Argument: the listing file. The journal lies in `journal` of the state directory.

internal import Descriptors
internal import Findings
internal import Glibc
internal import OrderTreaty
internal import Tenancy

func variable(_ name: String) -> String? {
    unsafe getenv(name).map { unsafe String(cString: $0) }
}

func listing(_ words: [String]) throws -> Listing {
    guard let path = words.first, words.count == 1 else {
        throw Failure(
            .usage, "orders-arguments", "one argument is needed", remedy: "name the listing file")
    }
    let bytes = try Files.read(path, limit: 1 << 20)
    return try Listing.parse(String(decoding: bytes, as: UTF8.self))
}

do {
    let tenancy = try Tenancy.start(Invitation(variable))
    let listing = try listing(Tenancy.words())
    let directory = (variable("STATE_DIRECTORY") ?? ".") + "/journal"
    var sequencer = try Sequencer(tenancy, listing, directory)
    try sequencer.work()
    exit(ExitCode.good.rawValue)
} catch {
    let line = Array("bulkhead-orders: \(error)\n".utf8)
    _ = unsafe line.withUnsafeBytes { unsafe write(2, $0.baseAddress, $0.count) }
    exit((error as? Failure)?.exit.rawValue ?? ExitCode.machine.rawValue)
}
