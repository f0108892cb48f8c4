package import Addresses
internal import ClientAPI
internal import Digests
package import IdentityTreaty
internal import OrderTreaty
internal import Signatures

/// Every key, what failed, what was accepted, and the voucher's key.
///
/// A struct without I/O: the time comes with each call, by two clocks.
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
        /// It was made in this run: nobody used it before.
        let isYoung: Bool
        var failures = Failures()
        /// Addresses that used the key rightly lately: others' failures do not lock them out.
        var proven: [Address] = []
    }

    private enum Proof {
        case symmetric(HMAC)
        case ed25519(PublicKey)
    }

    /// Earlier runs accepted no request that was signed after this moment of the wall's clock.
    private let floor: UInt64
    private var entries: [String: Entry] = [:]
    private var numbers: UInt32 = 0
    private var addresses: [Address: Failures] = [:]
    private var swept: UInt64 = 0
    private var replays = ReplayGuard()
    private var vouchers: Vouchers
    private var hash = SHA256()
    /// For keys that nobody has: they cost what others cost.
    private let nobody = HMAC(key: Randomness.bytes(APIKey.secretBytes))
    private var notices: [Notice] = []
    /// Refused requests by reason since the last `takeCounts`.
    private var refused = [UInt64](repeating: 0, count: 256)

    /// Starts without keys; nothing is known of requests accepted before `now`.
    package init(now: Moment) {
        floor = now.wall + Self.aheadMilliseconds
        vouchers = Vouchers(key: Randomness.bytes(APIKey.secretBytes))
    }

    /// Keys that can be used.
    package var count: Int { entries.count }

    /// Takes a key up; false when there are too many, its name is taken or its material is none.
    ///
    /// `isYoung` says that it was made in this run.
    package mutating func add(_ key: APIKey, isYoung: Bool = false) -> Bool {
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
        entries[key.name] = Entry(key: kept, number: numbers, proof: proof, isYoung: isYoung)
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
    package mutating func verify(_ request: SignedRequest, now: Moment) -> IdentityVerdict {
        let verdict = judge(request, now)
        if case .refused(let reason, _) = verdict {
            refused[Int(reason.rawValue)] += 1
            hasNews = true
        }
        return verdict
    }

    private mutating func judge(_ request: SignedRequest, _ now: Moment) -> IdentityVerdict {
        let client = request.client
        if let failures = addresses[client], failures.isLocked(now.steady) {
            return Self.wait(.lockedOut, failures.remaining(now.steady))
        }
        guard let entry = entries[request.key] else {
            _ = nobody.isCode(request.signature, over: request.payload)
            return fail(.unknownKey, client, now.steady)
        }
        if entry.failures.isLocked(now.steady) && !entry.proven.contains(client) {
            return Self.wait(.lockedOut, entry.failures.remaining(now.steady))
        }
        let isAllowed =
            entry.key.allowed.isEmpty
            || entry.key.allowed.contains { $0.contains(client) }
        guard isAllowed else { return fail(.addressNotAllowed, client, now.steady) }
        guard isSigned(request, entry.proof) else {
            return fail(.wrongSignature, client, now.steady, key: request.key)
        }
        // From here on it is the key's owner who speaks: faults are told and do not lock.
        guard let payload = try? SignedPayload.parse(request.payload) else {
            return Self.refused(.malformed)
        }
        succeed(entry, client)
        let expires = payload.timestamp + UInt64(payload.window)
        guard payload.timestamp <= now.wall + Self.aheadMilliseconds, expires > now.wall else {
            return Self.refused(.outsideWindow)
        }
        // What an earlier run remembered is gone: it may have accepted this.
        guard payload.timestamp > floor || entry.isYoung else {
            return Self.wait(.starting, floor > now.wall ? floor - now.wall : 0)
        }
        hash.update(request.payload)
        let digest = hash.finish()
        switch replays.take(key: entry.number, digest: digest, expires: expires, now: now) {
        case .fresh: break
        case .seen: return Self.refused(.replayed)
        case .closed(let milliseconds): return Self.wait(.starting, milliseconds)
        case .full(let milliseconds): return Self.wait(.crowded, milliseconds)
        }
        return .vouched(
            vouchers.issue(
                entry.key.account, entry.key.scopes, digest: digest, steady: now.steady))
    }

    private static func refused(_ reason: IdentityVerdict.Reason) -> IdentityVerdict {
        .refused(reason, retryAfter: 0)
    }

    /// Refused for so many milliseconds, told in whole seconds.
    private static func wait(
        _ reason: IdentityVerdict.Reason, _ milliseconds: UInt64
    ) -> IdentityVerdict {
        let seconds = milliseconds / 1_000 + (milliseconds % 1_000 > 0 ? 1 : 0)
        return .refused(reason, retryAfter: max(1, UInt32(clamping: seconds)))
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
            guard addresses.count < Self.addressesMax else {
                return Self.wait(.lockedOut, Failures.lockMilliseconds)
            }
        }
        if addresses[client, default: Failures()].fail(now, limit: Self.addressFailuresMax) {
            note(.addressLocked(client))
        }
        return Self.refused(reason)
    }

    /// Forgets addresses that were quiet; at most once a second, because it looks at all.
    private mutating func sweep(_ now: UInt64) {
        guard now >= swept + 1_000 else { return }
        swept = now
        addresses = addresses.filter { !$0.value.isForgotten(now) }
    }

    private mutating func note(_ notice: Notice) {
        // More than anybody reads; the counts go on.
        if notices.count < 64 { notices.append(notice) }
    }
}
