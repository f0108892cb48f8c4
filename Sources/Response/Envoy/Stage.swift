internal import Breach
internal import Bytes
internal import Findings
internal import Loop
internal import Passage

/// The service's own passages, played by the envoy: its peers find the service that they expect,
/// until it says what it should not.
final class Stage {
    private let table: PassageTable
    private var loop: EventLoop
    private var passages: Passages
    private var arrivals: [Arrival] = []
    /// What peers asked and were told, in the order of arrival; taken by `next`.
    private var messages: [Message] = []

    private static let patience: UInt64 = 5_000_000_000

    /// Enrols, listens and dials as the table says.
    init(_ mission: Mission) throws(Failure) {
        var passages = try Passages(
            mission.table, authority: mission.authority, names: HonestQuestion.kinds)
        let loop: EventLoop
        do { loop = try EventLoop() } catch {
            throw Failure(.machine, "envoy-loop", "\(error)", remedy: "run it again")
        }
        try passages.attach(loop)
        table = mission.table
        self.loop = loop
        self.passages = passages
    }

    /// The link on which that word may be said, once it stands; nil when it does not in time.
    func link(saying word: String) -> Link? {
        let lines = table.lines
        guard
            let line = lines.first(where: {
                $0.direction == .open && $0.messages.contains(word)
            }),
            let peer = passages.peers(named: line.peer).first(where: {
                passages.line(of: $0) == line
            })
        else { return nil }
        let end = Clocks.monotonic() + Self.patience
        while Clocks.monotonic() < end {
            if let link = passages.link(to: peer) { return link }
            turn()
        }
        return nil
    }

    /// Asks; nil when the link is gone.
    func ask(
        _ kind: UInt16, on link: Link, _ body: (inout ByteWriter) -> Void
    ) -> UInt64? {
        passages.ask(kind, on: link, body)
    }

    func tell(_ kind: UInt16, on link: Link, _ body: (inout ByteWriter) -> Void) -> Bool {
        passages.tell(kind, on: link, body)
    }

    func answer(_ message: Message, _ kind: UInt16, _ body: (inout ByteWriter) -> Void) {
        _ = passages.answer(kind, to: message.correlation, on: message.link, body)
    }

    /// The next message that fits, out of turn of the others; nil when none comes in time.
    func next(within milliseconds: UInt64 = 5_000, _ fits: (Message) -> Bool) -> Message? {
        let end = Clocks.monotonic() + milliseconds * 1_000_000
        while true {
            if let place = messages.firstIndex(where: fits) { return messages.remove(at: place) }
            guard Clocks.monotonic() < end else { return nil }
            turn()
        }
    }

    /// The answer to a question.
    func reply(to correlation: UInt64?, within milliseconds: UInt64 = 5_000) -> Message? {
        guard let correlation else { return nil }
        return next(within: milliseconds) { $0.isAnswer && $0.correlation == correlation }
    }

    private func turn() {
        passages.flush(loop, into: &arrivals)
        for ready in (try? loop.wait(timeoutMilliseconds: 20)) ?? [] {
            _ = passages.turn(ready, loop, into: &arrivals)
        }
        for case .message(let message) in arrivals { messages.append(message) }
        arrivals.removeAll()
        passages.flush(loop, into: &arrivals)
    }
}
