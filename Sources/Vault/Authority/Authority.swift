// Authority: which certificates are issued, for whom, and for how long.
//
// It is told who asks by the label of the pair that a request came on, and believes no name in a
// request. It holds two roots: one for passages, one for published ports; neither vouches for the
// other's side. No files, no clock, no descriptors.
// Bounds: a life of one hour, and for each name 32 requests at once and one more each 30 seconds.

package import Addresses
package import AuthorityTreaty
internal import Bytes
package import Certificates

/// What a service publishes: the hosts that its public certificate may name.
package struct Publication: Sendable, Equatable {
    /// The service.
    package var name: String
    package var hosts: [String]
    package var addresses: [Address]

    /// Puts a publication together.
    package init(name: String, hosts: [String], addresses: [Address]) {
        self.name = name
        self.hosts = hosts
        self.addresses = addresses
    }

    /// Longest table.
    package static let tableBytesMax = 64 << 10
    private static let linesMax = 1_024

    /// Reads lines of `public NAME HOST,…` where a host is a name or an address; nil for anything
    /// else.
    ///
    /// Lines of one name are one publication.
    package static func table(parsing bytes: [UInt8]) -> [Publication]? {
        guard bytes.count <= tableBytesMax else { return nil }
        var found: [Publication] = []
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
        guard lines.count <= linesMax else { return nil }
        for line in lines {
            guard let one = Publication(line: line) else { return nil }
            if let place = found.firstIndex(where: { $0.name == one.name }) {
                found[place].hosts += one.hosts
                found[place].addresses += one.addresses
            } else {
                found.append(one)
            }
        }
        let areBounded = found.allSatisfy {
            $0.hosts.count <= EnrolRequest.namesMax
                && $0.addresses.count <= EnrolRequest.addressesMax
        }
        return areBounded ? found : nil
    }

    private init?(line: Substring) {
        let parts = line.split(separator: " ", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0] == "public", Certificate.isHostName(String(parts[1]))
        else { return nil }
        var hosts: [String] = []
        var addresses: [Address] = []
        for part in parts[2].split(separator: ",", omittingEmptySubsequences: false) {
            if let address = Address(part) {
                addresses.append(address)
            } else {
                guard Certificate.isHostName(String(part)) else { return nil }
                hosts.append(String(part))
            }
        }
        self.init(name: String(parts[1]), hosts: hosts, addresses: addresses)
    }
}

/// The issuer of certificates.
package struct Authority: ~Copyable {
    /// Seconds that a certificate lives.
    package static let lifeSeconds: Int64 = 3_600
    /// Requests of one name that are taken at once.
    package static let burst = 32
    /// Nanoseconds until one more is taken.
    package static let refill: UInt64 = 30_000_000_000

    /// What became of a request, for the event.
    package enum Outcome: Sendable, Equatable {
        /// Last second of the certificate's life.
        case issued(CertificatePurpose, notAfter: Int64)
        case refused(EnrolAnswer.Refusal)
    }

    private let passages: Root
    private let publics: Root
    private let publications: [String: Publication]
    private var buckets: [String: Bucket] = [:]

    private struct Bucket {
        var left: Int
        var since: UInt64
    }

    /// Takes over the two roots.
    package init(
        passages: consuming Root, publics: consuming Root, publications: [Publication]
    ) {
        self.passages = passages
        self.publics = publics
        var byName: [String: Publication] = [:]
        for publication in publications { byName[publication.name] = publication }
        self.publications = byName
    }

    /// The root that clients of published ports must believe.
    package var publicRoot: Certificate { publics.certificate }

    /// Answers a request that came on the pair labelled `name`; `wall` is seconds since 1970,
    /// `monotonic` nanoseconds of a clock that never goes back.
    package mutating func answer(
        _ bytes: [UInt8], from name: String, wall: Int64, monotonic: UInt64
    ) -> (answer: EnrolAnswer, outcome: Outcome) {
        guard let request = try? EnrolRequest.decode(bytes) else {
            return refused(.passage, .malformed)
        }
        guard admits(name, monotonic) else { return refused(request.purpose, .rate) }
        switch request.purpose {
        case .passage:
            guard request.names.isEmpty, request.addresses.isEmpty,
                let wanted = wanted(name, [name], [], .clientAndServer, wall)
            else { return refused(.passage, .name) }
            return issue(.passage, wanted, request.publicKey, passages)
        case .open:
            guard let publication = publications[name],
                let hosts = Self.part(request.names, of: publication.hosts),
                let addresses = Self.part(request.addresses, of: publication.addresses)
            else { return refused(.open, .name) }
            let isAll = request.names.isEmpty && request.addresses.isEmpty
            guard
                let wanted = wanted(
                    name, isAll ? publication.hosts : hosts,
                    isAll ? publication.addresses : addresses, .server, wall)
            else { return refused(.open, .name) }
            return issue(.open, wanted, request.publicKey, publics)
        }
    }

    private mutating func admits(_ name: String, _ now: UInt64) -> Bool {
        var bucket = buckets[name] ?? Bucket(left: Self.burst, since: now)
        let earned = (now &- bucket.since) / Self.refill
        if earned > 0 {
            bucket.left = min(Self.burst, bucket.left + Int(min(earned, UInt64(Self.burst))))
            bucket.since &+= earned * Self.refill
        }
        let admitted = bucket.left > 0
        if admitted { bucket.left -= 1 }
        buckets[name] = bucket
        return admitted
    }

    private static func part<Value: Equatable>(_ asked: [Value], of all: [Value]) -> [Value]? {
        asked.allSatisfy(all.contains) ? asked : nil
    }

    private func wanted(
        _ name: String, _ hosts: [String], _ addresses: [Address], _ use: CertificateRequest.Use,
        _ wall: Int64
    ) -> CertificateRequest? {
        guard Certificate.isHostName(name), !(hosts.isEmpty && addresses.isEmpty) else {
            return nil
        }
        return CertificateRequest(
            commonName: name, names: hosts, addresses: addresses,
            notBefore: wall - Root.slackSeconds, notAfter: wall + Self.lifeSeconds, use: use)
    }

    private func issue(
        _ purpose: CertificatePurpose, _ wanted: CertificateRequest, _ publicKey: [UInt8],
        _ root: borrowing Root
    ) -> (answer: EnrolAnswer, outcome: Outcome) {
        guard wanted.notAfter < root.certificate.notAfter,
            let certificate = root.key.issue(wanted, for: publicKey, under: root.certificate)
        else { return refused(purpose, .key) }
        return (
            .issued(
                purpose, certificate: certificate.der, root: root.certificate.der,
                notAfter: certificate.notAfter),
            .issued(purpose, notAfter: certificate.notAfter)
        )
    }

    private func refused(
        _ purpose: CertificatePurpose, _ why: EnrolAnswer.Refusal
    ) -> (answer: EnrolAnswer, outcome: Outcome) {
        (.refused(purpose, why), .refused(why))
    }
}
