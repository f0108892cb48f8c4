// Api: takes requests that the gateway inspected, asks identity whose they are, and carries them with
// identity's voucher to those who decide. It vouches for nothing. Argument: the listing's file.

internal import ClientAPI
internal import Descriptors
internal import Findings
internal import Glibc
internal import OrderTreaty
internal import Passage
internal import Tenancy

func variable(_ name: String) -> String? {
    unsafe getenv(name).map { unsafe String(cString: $0) }
}

func listing(_ arguments: [String]) throws -> Listing {
    guard arguments.count == 1 else {
        throw Failure(
            .usage, "api-listing", "the listing's file is not named",
            remedy: "give the listing's file as the only argument")
    }
    let bytes = try Files.read(arguments[0], limit: 1 << 20)
    return try Listing.parse(String(decoding: bytes, as: UTF8.self))
}

do {
    let tenancy = try Tenancy.start(Invitation(variable))
    let listing = try listing(Tenancy.words())
    let bytes = try tenancy.table(PassageTable.descriptor, limit: PassageTable.bytesMax) ?? []
    var office = try Office(tenancy, PassageTable(parsing: bytes), Catalogue(listing))
    try office.work()
    exit(ExitCode.good.rawValue)
} catch {
    let line = Array("bulkhead-api: \(error)\n".utf8)
    _ = unsafe line.withUnsafeBytes { unsafe write(2, $0.baseAddress, $0.count) }
    exit((error as? Failure)?.exit.rawValue ?? ExitCode.machine.rawValue)
}
