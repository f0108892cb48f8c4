internal import Breach
internal import Certificates
internal import Descriptors
internal import Loop
internal import Passage
internal import TLSEngine

/// Attacks on passages; ids as in `Technique.passages`.
enum PassageAttempts {
    static let all: [(String, Attempt)] = [
        ("pass.no-flow", noFlow), ("pass.plaintext", plaintext), ("pass.anonymous", anonymous),
        ("pass.forged-certificate", forged), ("pass.stolen-certificate", stolen),
        ("pass.oversize", oversize), ("pass.malformed", malformed), ("pass.state", state),
        ("pass.unasked", unasked), ("pass.kind", kind), ("pass.garbage", garbage),
    ]

    private static let none = "it opens no passage"
    private static let kindsMax = 4

    /// What one neighbour did.
    enum Step {
        case stopped(String)
        case through(String)
        case failed(String)
        case skipped
    }

    /// Attacks every passage that the service opens, and asks honestly afterwards, each time.
    private static func each(_ mission: Mission, _ attack: (PassageTable.Line) -> Step) -> Finding {
        each(mission, beside: { mission.honest($0) }, attack)
    }

    /// The same with another way beside the attack: what works of it, nil when it does not.
    static func each(
        _ mission: Mission, beside honest: (PassageTable.Line) -> String?,
        _ attack: (PassageTable.Line) -> Step
    ) -> Finding {
        var finding = Finding(.inapplicable(none))
        var said: [String] = []
        var controls: [String] = []
        for line in mission.opened {
            switch attack(line) {
            case .skipped: continue
            case .through(let text):
                finding.outcome = .through("\(line.peer): \(text)")
                return finding
            case .failed(let text):
                finding.outcome = .couldNotRun("\(line.peer): \(text)")
                return finding
            case .stopped(let text): said.append("\(line.peer) \(text)")
            }
            finding.targets.append(line.peer)
            guard let control = honest(line) else {
                finding.outcome = .couldNotRun("\(line.peer) does not answer what is honest")
                return finding
            }
            controls.append(control)
        }
        guard !said.isEmpty else { return finding }
        finding.outcome = .stopped(
            Refusal(call: nil, errno: 0, detail: said.joined(separator: ", ")))
        finding.control = controls.joined(separator: ", ")
        return finding
    }

    /// Shows a certificate and greets.
    static func show(
        _ mission: Mission, _ line: PassageTable.Line, _ context: TLSContext, _ what: String
    ) -> Step {
        guard let wire = try? Wire(to: line.address, port: line.port) else {
            return .failed("it cannot be dialled")
        }
        guard wire.shake(context, name: line.peer) else { return .stopped("ended the handshake") }
        wire.write(FrameText.word(FrameText.open))
        switch wire.next() {
        case .closed: return .stopped("closed")
        case .silent: return .through("it keeps the connection with \(what)")
        case .frame: return .through("it welcomes \(what)")
        }
    }

    private static func noFlow(_ mission: Mission) -> Finding {
        var finding = Finding(.inapplicable("every passage is open to it"))
        var said: [String] = []
        for door in mission.orders.doors {
            let line = PassageTable.Line(.open, door.owner, door.address, door.port, [])
            let wire: Wire
            do throws(SystemFailure) {
                wire = try Wire(to: door.address, port: door.port)
            } catch {
                finding.outcome = .stopped(
                    Refusal(
                        call: 42, errno: error.errno,
                        detail: "connect to \(door.address):\(door.port)"))
                finding.targets = [door.owner]
                break
            }
            _ = wire.shake(mission.own.opening, name: door.owner)
            wire.write(FrameText.word(FrameText.open))
            guard wire.next() == .closed else {
                finding.outcome = .through("\(line.peer) keeps a connection without a flow")
                return finding
            }
            finding.targets.append(door.owner)
            said.append("\(door.owner) closed")
            finding.outcome = .stopped(
                Refusal(call: nil, errno: 0, detail: said.joined(separator: ", ")))
        }
        // Who opens no passages has no honest way beside it: the same dial opens those of others.
        finding.control =
            mission.opened.isEmpty
            ? "it has no passage to open"
            : mission.opened.first.flatMap { mission.honest($0) } ?? ""
        return finding
    }

    private static func plaintext(_ mission: Mission) -> Finding {
        each(mission) { line in
            guard let wire = try? Wire(to: line.address, port: line.port) else {
                return .failed("it cannot be dialled")
            }
            wire.write(FrameText.word(FrameText.open))
            return wire.ends() ? .stopped("closed") : .through("it keeps what speaks no TLS")
        }
    }

    static func anonymous(_ mission: Mission) -> Finding {
        guard let context = TLSContext(anonymousUnder: mission.root) else {
            return Finding(.couldNotRun("no context"))
        }
        return each(mission) { show(mission, $0, context, "no certificate") }
    }

    private static func forged(_ mission: Mission) -> Finding {
        let rootKey = KeyPair()
        let key = KeyPair()
        let now = Clocks.wallSeconds()
        guard
            let root = rootKey.root(
                name: "bulkhead passages", notBefore: now - 60, notAfter: now + 3_600),
            let certificate = rootKey.issue(
                CertificateRequest(
                    commonName: mission.name, names: [mission.name], notBefore: now - 60,
                    notAfter: now + 3_600, use: .clientAndServer),
                for: key.publicKey, under: root),
            let proof = Mission.proof(mission.name, certificate, key, mission.root)
        else { return Finding(.couldNotRun("no certificate could be made")) }
        return each(mission) { show(mission, $0, proof.opening, "a forged certificate") }
    }

    private static func stolen(_ mission: Mission) -> Finding {
        var proofs: [Mission.Proof] = []
        for loot in mission.orders.loot where loot.owner != mission.name {
            // One that nobody believed at its own place would prove nothing here.
            guard !loot.believer.isEmpty, let certificate = Certificate(der: loot.certificate),
                let key = KeyPair(secret: loot.secret),
                let proof = Mission.proof(loot.owner, certificate, key, mission.root)
            else { continue }
            proofs.append(proof)
        }
        guard !proofs.isEmpty else { return Finding(.inapplicable("nothing was stolen")) }
        var finding = each(mission) { line in
            var said: [String] = []
            for proof in proofs {
                switch show(mission, line, proof.opening, "the certificate of \(proof.owner)") {
                case .stopped: said.append(proof.owner)
                case let other: return other
                }
            }
            return .stopped("closed to the certificates of " + said.joined(separator: ", "))
        }
        let used = mission.orders.loot.filter { !$0.believer.isEmpty && $0.owner != mission.name }
        finding.control += used.reduce(into: "") { $0 += "; \($1.believer) believed \($1.owner)" }
        return finding
    }

    /// Each form on a greeted connection of its own; every one must end it.
    private static func forms(_ mission: Mission, _ forms: [(String, [UInt8])]) -> Finding {
        each(mission) { line in attack(mission, line, forms) }
    }

    private static func attack(
        _ mission: Mission, _ line: PassageTable.Line, _ forms: [(String, [UInt8])]
    ) -> Step {
        for (what, bytes) in forms {
            guard let wire = mission.greeted(line, as: mission.own) else {
                return .failed("no welcome before \(what)")
            }
            wire.write(bytes)
            switch wire.next() {
            case .closed: continue
            case .silent: return .through("it goes on after \(what)")
            case .frame: return .through("it answers \(what)")
            }
        }
        return .stopped("closed after each of \(forms.count)")
    }

    private static func oversize(_ mission: Mission) -> Finding {
        let above = UInt32(FrameHead.lengthMax) + 1
        return forms(
            mission,
            [
                ("a frame of 1 MiB and a byte", FrameText.raw(above, 1, 0, 0, 1)),
                ("a frame of 4 GiB", FrameText.raw(.max, 1, 0, 0, 1)),
            ])
    }

    private static func malformed(_ mission: Mission) -> Finding {
        forms(
            mission,
            [
                ("a length below the head's", FrameText.raw(11, 1, 0, 0, 1)),
                ("an unknown flag", FrameText.raw(12, 1, 4, 0, 1)),
                ("the reserved byte", FrameText.raw(12, 1, 0, 1, 1)),
                ("an unknown word", FrameText.raw(12, 0, 0, 0, 99)),
            ])
    }

    private static func state(_ mission: Mission) -> Finding {
        each(mission) { line in
            guard let early = mission.dial(line, as: mission.own) else {
                return .failed("no handshake")
            }
            let kind = HonestQuestion(line.messages)?.kind ?? 1
            early.write(FrameText.message(kind, correlation: 1, []))
            guard early.next() == .closed else {
                return .through("it takes a message before the greeting")
            }
            return attack(
                mission, line,
                [
                    ("a second greeting", FrameText.word(FrameText.open)),
                    ("a welcome from the one that opens", FrameText.word(FrameText.welcome)),
                    ("a move to nowhere", FrameText.word(FrameText.move)),
                ])
        }
    }

    private static func unasked(_ mission: Mission) -> Finding {
        each(mission) { line in
            let kind = HonestQuestion(line.messages)?.kind ?? 1
            return attack(
                mission, line,
                [
                    ("an answer", FrameText.message(kind, flags: 3, correlation: 1, [])),
                    ("a part of an answer", FrameText.message(kind, flags: 1, correlation: 7, [])),
                ])
        }
    }

    private static func kind(_ mission: Mission) -> Finding {
        each(mission) { line in
            let foreign = HonestQuestion.kinds.filter { !line.messages.contains($0.word) }
            // Spread over the treaties, and one that is in none.
            let step = max(1, foreign.count / kindsMax)
            let chosen = stride(from: 0, to: foreign.count, by: step).map { foreign[$0] }
            return attack(
                mission, line,
                (chosen + [("no treaty's", 0xFFFF)]).map { word, kind in
                    ("the message \(word)", FrameText.message(kind, correlation: 1, []))
                })
        }
    }

    private static func garbage(_ mission: Mission) -> Finding {
        each(mission) { line in
            guard let question = HonestQuestion(line.messages) else { return .skipped }
            let body = question.body + [UInt8](repeating: 0xFF, count: 64)
            return attack(
                mission, line,
                [
                    (
                        "a body with something behind it",
                        FrameText.message(question.kind, correlation: 1, body)
                    )
                ])
        }
    }
}
