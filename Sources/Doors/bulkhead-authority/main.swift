// The certificate authority: holds the roots in its state directory and answers the pairs that the
// supervisor labelled `authority.NAME`. It has no network.
// Arguments: for each service with published ports `public=NAME:HOST,…`.

internal import Authority
internal import Findings
internal import Glibc
internal import Tenancy

func variable(_ name: String) -> String? {
    unsafe getenv(name).map { unsafe String(cString: $0) }
}

func publications(_ words: [String]) throws(Failure) -> [Publication] {
    var found: [Publication] = []
    for word in words {
        guard let publication = Publication(word: word) else {
            throw Failure(
                .usage, "authority-argument",
                "`\(Excerpt.of(word))` is not `public=NAME:HOST,…`",
                remedy: "name a service and the hosts that it publishes")
        }
        found.append(publication)
    }
    return found
}

do {
    let tenancy = try Tenancy.start(Invitation(variable))
    let publications = try publications(Array(CommandLine.arguments.dropFirst()))
    var counter = try Counter(tenancy, variable("STATE_DIRECTORY") ?? ".", publications)
    try counter.work()
    exit(ExitCode.good.rawValue)
} catch {
    let line = Array("bulkhead-authority: \(error)\n".utf8)
    _ = unsafe line.withUnsafeBytes { unsafe write(2, $0.baseAddress, $0.count) }
    exit((error as? Failure)?.exit.rawValue ?? ExitCode.machine.rawValue)
}
