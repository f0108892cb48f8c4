internal import Breach
internal import Certificates
internal import Loop
internal import Passage

/// What is hoped for while the authority is away; ids as in `Technique.absences`.
///
/// Beside each attack stands the same dial with the one thing that it lacks: the authority's
/// signature, or life that is left. That one is welcomed, by passages that live on meanwhile.
enum AbsenceAttempts {
    static let all: [(String, Attempt)] = [
        ("trust.anonymous", anonymous), ("trust.self-made", selfMade), ("trust.expired", expired),
        ("trust.outlived", outlived),
    ]

    /// Lives of a passage that shall end, in seconds: a longer one where the first is too short for
    /// opening all of them.
    private static let lives: [Int64] = [4, 8]
    private static let graceMilliseconds: Int64 = 4_000
    private static let long: Int64 = 600

    /// The authority's hand, kept from before it went away.
    private struct Mint {
        let mission: Mission
        private let root: Certificate
        private let secret: [UInt8]
        /// The key of everything that is made here.
        let own: [UInt8]

        init?(_ mission: Mission) {
            guard let loot = mission.orders.root, let root = Certificate(der: loot.certificate)
            else { return nil }
            self.mission = mission
            self.root = root
            secret = loot.secret
            own = KeyPair().secret
        }

        /// The service's name and the one key, certified for these seconds from now.
        func proof(from: Int64, to: Int64) -> Mission.Proof? {
            let now = Clocks.wallSeconds()
            return proof(from: now + from, until: now + to)
        }

        /// The same, certified until a second of the wall's time.
        func proof(from: Int64, until: Int64) -> Mission.Proof? {
            guard let signer = KeyPair(secret: secret) else { return nil }
            return proof(signer, root, from: from, until: until)
        }

        /// The same under a root that nobody knows.
        func forged() -> Mission.Proof? {
            let signer = KeyPair()
            let now = Clocks.wallSeconds()
            guard
                let other = signer.root(
                    name: "bulkhead passage root", notBefore: now - long, notAfter: now + 2 * long)
            else { return nil }
            return proof(signer, other, from: now - 60, until: now + long)
        }

        private func proof(
            _ signer: borrowing KeyPair, _ root: Certificate, from: Int64, until: Int64
        ) -> Mission.Proof? {
            let request = CertificateRequest(
                commonName: mission.name, names: [mission.name], notBefore: from,
                notAfter: until, use: .clientAndServer)
            guard let key = KeyPair(secret: own),
                let certificate = signer.issue(request, for: key.publicKey, under: root)
            else { return nil }
            return Mission.proof(mission.name, certificate, key, mission.root)
        }

        /// What the authority signs opens this passage, while its life lasts.
        func welcomed(_ line: PassageTable.Line) -> String? {
            guard let proof = proof(from: -60, to: long), mission.greeted(line, as: proof) != nil
            else { return nil }
            return "\(line.peer) welcomes the same key under the authority's root"
        }
    }

    /// Attacks once the authority is away.
    private static func alone(_ mission: Mission, _ attack: () -> Finding) -> Finding {
        guard !mission.opened.isEmpty else { return Finding(.inapplicable("it opens no passage")) }
        guard mission.awaitAbsence() else {
            return Finding(.couldNotRun("the authority answers still"))
        }
        return attack()
    }

    private static func anonymous(_ mission: Mission) -> Finding {
        alone(mission) { PassageAttempts.anonymous(mission) }
    }

    private static func selfMade(_ mission: Mission) -> Finding {
        alone(mission) {
            guard let mint = Mint(mission), let proof = mint.forged() else {
                return Finding(.couldNotRun("no certificate could be made"))
            }
            return PassageAttempts.each(mission, beside: mint.welcomed) {
                PassageAttempts.show(mission, $0, proof.opening, "a certificate of its own making")
            }
        }
    }

    private static func expired(_ mission: Mission) -> Finding {
        alone(mission) {
            guard let mint = Mint(mission), let proof = mint.proof(from: -7_200, to: -60) else {
                return Finding(.couldNotRun("no certificate could be made"))
            }
            return PassageAttempts.each(mission, beside: mint.welcomed) {
                PassageAttempts.show(mission, $0, proof.opening, "a certificate that has ended")
            }
        }
    }

    /// Every passage at once, on certificates that end soon: each is asked while it lives, and must
    /// be gone when its life is over.
    private static func outlived(_ mission: Mission) -> Finding {
        alone(mission) {
            guard let mint = Mint(mission) else {
                return Finding(.couldNotRun("no certificate could be made"))
            }
            for life in lives {
                // Once, for both: a second that begins in between would make the end come too soon.
                let now = Clocks.wallSeconds()
                let end = now + life
                guard let proof = mint.proof(from: now - 60, until: end) else { continue }
                var kept: [(PassageTable.Line, Wire)] = []
                for line in mission.opened {
                    guard let wire = mission.greeted(line, as: proof),
                        mission.answers(line, on: wire)
                    else { break }
                    kept.append((line, wire))
                }
                if kept.count == mission.opened.count { return judge(kept, until: end, mint) }
            }
            return Finding(.couldNotRun("not every passage lives on while the authority is away"))
        }
    }

    private static func judge(
        _ kept: [(line: PassageTable.Line, wire: Wire)], until end: Int64, _ mint: Mint
    ) -> Finding {
        var controls: [String] = []
        for (line, wire) in kept {
            let left = max(0, end - Clocks.wallSeconds()) * 1_000 + graceMilliseconds
            guard wire.ends(within: Int32(left)) else {
                return Finding(.through("\(line.peer): it goes on after its certificate's life"))
            }
            guard Clocks.wallSeconds() >= end else {
                return Finding(.couldNotRun("\(line.peer): it ended before its certificate did"))
            }
            guard let control = mint.welcomed(line) else {
                return Finding(.couldNotRun("\(line.peer) welcomes nobody afterwards"))
            }
            controls.append(control)
        }
        let said = kept.map { "\($0.line.peer) closed" }.joined(separator: ", ")
        var finding = Finding(
            .stopped(Refusal(call: nil, errno: 0, detail: "\(said) when the life was over")))
        finding.targets = kept.map(\.line.peer)
        finding.control = controls.joined(separator: ", ")
        return finding
    }
}
