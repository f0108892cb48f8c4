internal import Addresses
internal import AdminTreaty
internal import Arguments
internal import Bytes
internal import Certificates
internal import Descriptors
internal import Findings
internal import Notation
internal import OrderTreaty

extension Verb {
    static let key = Verb(
        Usage(
            "key", operands: "create ACCOUNT | revoke KEY", counts: 2...2,
            about: "Makes and revokes keys for the exchange's API",
            flags: [
                Flag("scopes", value: "LIST", "read, trade or read,trade (default: both)"),
                Flag("ed25519", value: "KEY", "for requests signed by this public key (hex)"),
                Flag("allow", value: "NET", repeats: true, "only from this network"),
            ] + VenueFlags.all,
            details: """
                A key made without --ed25519 has a secret, printed once and kept by nobody else; it
                is printed in hexadecimal, and its bytes are the key of HMAC-SHA256.
                """)
    ) { arguments throws(Failure) in
        let name = arguments.word(1) ?? ""
        let request: KeyRequest
        switch arguments.word(0) {
        case "create": request = try creation(arguments)
        case "revoke" where name.utf8.count <= 64: request = .revoke(key: name)
        default:
            throw Failure(
                .usage, "words", "`key` does not take these words",
                remedy: "see `bulkhead help key`")
        }
        let venue = try Venue(arguments)
        if let owner = request.owner { try expectOpened(owner, venue) }
        let answer = try venue.identity(request)
        switch answer {
        case .made(let key, let secret): show(key, Hexadecimal.render(secret), arguments)
        case .revoked:
            let done: JSON = ["key": .text(name), "revoked": true]
            Output.line(arguments.has("json") ? done.renderPretty() : "\(name): revoked")
        case .refused: throw keyRefused(answer)
        }
        return .good
    }

    static let trust = Verb(
        Usage(
            "trust", about: "Prints the root certificate under which clients find the exchange",
            flags: [
                Flag("out", value: "FILE", "write it there"), VenueFlags.platform,
                VenueFlags.state,
            ])
    ) { arguments throws(Failure) in
        let pem = try Venue(arguments).root()
        guard Certificate(pem: pem) != nil else {
            throw Failure(.machine, "trust", "the authority's root is no certificate", remedy: "")
        }
        guard let file = arguments.value("out") else {
            Output.line(pem.hasSuffix("\n") ? String(pem.dropLast()) : pem)
            return .good
        }
        do throws(SystemFailure) {
            try Files.create(file).writeAll(Array(pem.utf8))
        } catch {
            throw Failure(
                .usage, "out", "\(Excerpt.of(file)) cannot be written: \(error)",
                remedy: "name a file that you may write")
        }
        return .good
    }
}

private func creation(_ arguments: Arguments) throws(Failure) -> KeyRequest {
    let owner = try account(arguments.word(1))
    var scopes: Scopes = []
    for word in (arguments.value("scopes") ?? "read,trade").split(separator: ",") {
        switch word {
        case "read": scopes.insert(.read)
        case "trade": scopes.insert(.trade)
        default: throw badFlag("scopes", "give read, trade or read,trade")
        }
    }
    guard !scopes.isEmpty else { throw badFlag("scopes", "give read, trade or read,trade") }
    var allowed: [Prefix] = []
    for text in arguments.values("allow") {
        guard let prefix = Prefix(text), allowed.count < KeyRequest.allowedMax else {
            throw badFlag("allow", "give up to \(KeyRequest.allowedMax) networks: 10.1.0.0/16")
        }
        allowed.append(prefix)
    }
    guard let text = arguments.value("ed25519") else {
        return .symmetric(owner, scopes, allowed: allowed)
    }
    guard let bytes = Hexadecimal.parse(text), bytes.count == 32 else {
        throw badFlag("ed25519", "give the 32 bytes of the public key as 64 hexadecimal digits")
    }
    return .ed25519(owner, scopes, publicKey: bytes, allowed: allowed)
}

extension KeyRequest {
    /// Whose key it makes.
    fileprivate var owner: AccountID? {
        switch self {
        case .symmetric(let owner, _, _), .ed25519(let owner, _, _, _): owner
        case .revoke: nil
        }
    }
}

/// An account that nobody opened gets no key: identity cannot know, so orders is asked.
private func expectOpened(_ owner: AccountID, _ venue: Venue) throws(Failure) {
    guard owner != .fees else { return }
    let state = try venue.state { $0.accounts >= owner.raw || $0.isAvailable || $0.isHalted }
    guard state.accounts < owner.raw else { return }
    let range = state.accounts == 0 ? "there are none yet" : "there are 1 to \(state.accounts)"
    throw Failure(
        .refused, "unknown-account", "account \(owner.raw) was never opened: \(range)",
        remedy: "open it with `bulkhead account open`")
}

private func badFlag(_ flag: String, _ remedy: String) -> Failure {
    Failure(.usage, "flag-value", "--\(flag) does not take that value", remedy: remedy)
}

private func show(_ key: String, _ secret: String, _ arguments: Arguments) {
    if arguments.has("json") {
        let document: JSON =
            secret.isEmpty
            ? ["key": .text(key)] : ["key": .text(key), "secret": .text(secret)]
        Output.line(document.renderPretty())
        return
    }
    Output.line("key     \(key)")
    if !secret.isEmpty { Output.line("secret  \(secret)  (told this once)") }
}
