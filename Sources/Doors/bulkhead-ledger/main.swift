// The ledger's service: takes what orders, risk and matching say of each block, books it when all
// three agree, keeps it in `ledger.db` of the state directory, and answers who asks for balances.
// Arguments: the listing file; or `--verify [FILE]`, which adds everything up and prints what it
// found; or `--resume [FILE]`, by which people let a halted ledger that adds up work again.

internal import Descriptors
internal import Findings
internal import Glibc
internal import LedgerStore
internal import OrderTreaty
internal import SQLiteStore
internal import Tenancy

func variable(_ name: String) -> String? {
    unsafe getenv(name).map { unsafe String(cString: $0) }
}

/// Nobody lists more; a file is checked without its listing.
let currenciesMax = Listing.countMax

func verify(_ path: String, resuming: Bool) throws -> ExitCode {
    guard Files.facts(of: path) != nil else {
        throw Failure(.usage, "ledger-file", "\(path) is not there", remedy: "name the ledger file")
    }
    var store = try LedgerStore(path)
    let proof = try store.verify(currencies: currenciesMax)
    print("blocks \(proof.blocks), transfers \(proof.transfers)")
    if let halted = store.halted { print("halted: \(halted)") }
    if let problem = proof.problem {
        print("broken: \(problem)")
        return .refused
    }
    print("every sum fits")
    if resuming { try store.halt(nil) }
    return .good
}

do {
    let words = Tenancy.words()
    let path = (variable("STATE_DIRECTORY") ?? ".") + "/ledger.db"
    if words.count <= 2, let verb = words.first, verb == "--verify" || verb == "--resume" {
        let file = words.count == 2 ? words[1] : path
        exit(try verify(file, resuming: verb == "--resume").rawValue)
    }
    guard let place = words.first, words.count == 1 else {
        throw Failure(
            .usage, "ledger-arguments", "one argument is needed", remedy: "name the listing file")
    }
    let tenancy = try Tenancy.start(Invitation(variable))
    let bytes = try Files.read(place, limit: 1 << 20)
    let listing = try Listing.parse(String(decoding: bytes, as: UTF8.self))
    var clerk = try Clerk(tenancy, listing, path)
    try clerk.work()
    exit(ExitCode.good.rawValue)
} catch {
    let line = Array("bulkhead-ledger: \(error)\n".utf8)
    _ = unsafe line.withUnsafeBytes { unsafe write(2, $0.baseAddress, $0.count) }
    exit((error as? Failure)?.exit.rawValue ?? ExitCode.machine.rawValue)
}
