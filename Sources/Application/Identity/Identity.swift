package import Addresses
internal import ClientAPI
internal import Digests
package import IdentityTreaty
internal import OrderTreaty
internal import Signatures

/// Every key, what failed, what was accepted, and the voucher's key.
///
/// A struct without I/O: times are milliseconds since 1970 and come with each call.
package struct Identity: ~Copyable {
    /// Failures of a key that lock it for addresses from which it was not proven lately.
    package static let keyFailuresMax: UInt32 = 10
    /// Failures of an address that lock it: more than of a key, because many may share it.
    package static let addressFailuresMax: UInt32 = 50
    /// Most addresses whose failures are kept.
    package static let addressesMax = 65_536
    /// How far a client's clock may be ahead.
    package static let aheadMilliseconds: UInt64 = 1_000
    private static let provenMax = 4

    /// Something that people of the venue should see.
    package enum Notice: Sendable, Equatable {
        case keyLocked(String)
        case addressLocked(Address)
    }

    private struct Entry {
        let key: APIKey
        let number: UInt32
        let proof: Proof
        var failures = Failures()
        /// Addresses that used the key rightly lately: others' failures do not lock them out.
        var proven: [Address] = []
    }

    private enum Proof {
        case symmetric(HMAC)
        case ed25519(PublicKey)
    }

    private let started: UInt64
    private var entries: [String: Entry] = [:]
    private var numbers: UInt32 = 0
    private var addresses: [Address: Failures] = [:]
    private var swept: UInt64 = 0
    private var replays: ReplayGuard
    private var vouchers: Vouchers
    private var hash = SHA256()
    /// For keys that nobody has: they cost what others cost.
    private let nobody = HMAC(key: Randomness.bytes(APIKey.secretBytes))
    private var notices: [Notice] = []
    /// Refused requests by reason since the last `takeCounts`.
    private var refused = [UInt64](repeating: 0, count: 256)

    /// Starts without keys; nothing is known of requests accepted before `now`.
    package init(now: UInt64) {
        started = now
        replays = ReplayGuard(now: now)
        vouchers = Vouchers(key: Randomness.bytes(APIKey.secretBytes))
    }

    /// Keys that can be used.
    package var count: Int { entries.count }

    /// Takes a key up; false when there are too many, its name is taken or its material is none.
    package mutating func add(_ key: APIKey) -> Bool {
        guard entries.count < APIKey.countMax, entries[key.name] == nil,
            key.material.count == APIKey.secretBytes, key.account.raw > 0
        else { return false }
        let proof: Proof
        switch key.kind {
        case .symmetric: proof = .symmetric(HMAC(key: key.material))
        case .ed25519:
            guard let publicKey = PublicKey(key.material) else { return false }
            proof = .ed25519(publicKey)
        }
        var kept = key
        // The secret lives on in its context only.
        SecretBytes.wipe(&kept.material)
        entries[key.name] = Entry(key: kept, number: numbers, proof: proof)
        numbers += 1
        return true
    }

    /// Ends a key; false when there is none of that name.
    package mutating func revoke(_ name: String) -> Bool {
        entries.removeValue(forKey: name) != nil
    }

    /// Whether a key of that name can be used.
    package func has(_ name: String) -> Bool { entries[name] != nil }

    /// Makes vouchers under another key from here on.
    package mutating func share(_ key: [UInt8]) { vouchers.change(key: key) }

    /// Whether `takeNotices` or `takeCounts` has something.
    package private(set) var hasNews = false

    /// What happened since the last call.
    package mutating func takeNotices() -> [Notice] {
        defer { notices = [] }
        return notices
    }

    /// Refused requests by reason since the last call; ask for notices before.
    package mutating func takeCounts() -> [(reason: IdentityVerdict.Reason, count: UInt64)] {
        hasNews = false
        var counts: [(reason: IdentityVerdict.Reason, count: UInt64)] = []
        for reason in IdentityVerdict.Reason.allCases where refused[Int(reason.rawValue)] > 0 {
            counts.append((reason, refused[Int(reason.rawValue)]))
            refused[Int(reason.rawValue)] = 0
        }
        return counts
    }

    /// Decides whose a request is.
    package mutating func verify(_ request: SignedRequest, now: UInt64) -> IdentityVerdict {
        let verdict = judge(request, now)
        if case .refused(let reason) = verdict {
            refused[Int(reason.rawValue)] += 1
            hasNews = true
        }
        return verdict
    }

    private mutating func judge(_ request: SignedRequest, _ now: UInt64) -> IdentityVerdict {
        let client = request.client
        if let failures = addresses[client], failures.isLocked(now) { return .refused(.lockedOut) }
        guard let entry = entries[request.key] else {
            _ = nobody.isCode(request.signature, over: request.payload)
            return fail(.unknownKey, client, now)
        }
        if entry.failures.isLocked(now) && !entry.proven.contains(client) {
            return .refused(.lockedOut)
        }
        let isAllowed =
            entry.key.allowed.isEmpty
            || entry.key.allowed.contains { $0.contains(client) }
        guard isAllowed else { return fail(.addressNotAllowed, client, now) }
        guard isSigned(request, entry.proof) else {
            return fail(.wrongSignature, client, now, key: request.key)
        }
        // From here on it is the key's owner who speaks: faults are told and do not lock.
        guard let payload = try? SignedPayload.parse(request.payload) else {
            return .refused(.malformed)
        }
        succeed(entry, client)
        let window = UInt64(payload.window)
        guard payload.timestamp <= now + Self.aheadMilliseconds,
            payload.timestamp + window > now, isNew(payload.timestamp, entry.key)
        else { return .refused(.outsideWindow) }
        hash.update(request.payload)
        let digest = hash.finish()
        switch replays.take(
            key: entry.number, digest: digest, expires: payload.timestamp + window, now: now)
        {
        case .fresh: break
        case .seen: return .refused(.replayed)
        case .outside: return .refused(.outsideWindow)
        case .full: return .refused(.lockedOut)
        }
        return .vouched(
            vouchers.issue(entry.key.account, entry.key.scopes, digest: digest, now: now))
    }

    /// Whether no earlier run can have accepted it: what that run remembered is gone.
    private func isNew(_ timestamp: UInt64, _ key: APIKey) -> Bool {
        timestamp > started + Self.aheadMilliseconds || key.created >= started
    }

    private func isSigned(_ request: SignedRequest, _ proof: Proof) -> Bool {
        switch proof {
        case .symmetric(let code): code.isCode(request.signature, over: request.payload)
        case .ed25519(let key): key.verifies(request.signature, over: request.payload)
        }
    }

    private mutating func succeed(_ entry: Entry, _ client: Address) {
        addresses[client]?.succeed()
        guard entry.proven.last != client else { return }
        entries[entry.key.name]?.proven.removeAll { $0 == client }
        if entry.proven.count >= Self.provenMax { entries[entry.key.name]?.proven.removeFirst() }
        entries[entry.key.name]?.proven.append(client)
    }

    private mutating func fail(
        _ reason: IdentityVerdict.Reason, _ client: Address, _ now: UInt64, key: String? = nil
    ) -> IdentityVerdict {
        if let key, entries[key]?.failures.fail(now, limit: Self.keyFailuresMax) == true {
            note(.keyLocked(key))
        }
        if addresses[client] == nil && addresses.count >= Self.addressesMax {
            sweep(now)
            // Who fails and cannot be counted is treated like who failed too often.
            guard addresses.count < Self.addressesMax else { return .refused(.lockedOut) }
        }
        if addresses[client, default: Failures()].fail(now, limit: Self.addressFailuresMax) {
            note(.addressLocked(client))
        }
        return .refused(reason)
    }

    /// Forgets addresses that were quiet; at most once a second, because it looks at all.
    private mutating func sweep(_ now: UInt64) {
        guard now >= swept + 1_000 || now < swept else { return }
        swept = now
        addresses = addresses.filter { !$0.value.isForgotten(now) }
    }

    private mutating func note(_ notice: Notice) {
        // More than anybody reads; the counts go on.
        if notices.count < 64 { notices.append(notice) }
    }
}
