internal import AdminTreaty
internal import Descriptors
internal import Loop
internal import OrderTreaty
internal import Orders
internal import Passage
internal import Sockets
internal import Tenancy

/// Operators, whom the supervisor let in, and everybody's answers.
extension Sequencer {
    /// Operators who are connected at once; one more is turned away.
    private static let visitorsMax = 16
    /// Requests of one operator in one turn.
    private static let turnMax = 64

    mutating func welcome() throws {
        guard let number = tenancy.descriptor("operator") else { return }
        let listener = try Descriptor(copying: number)
        guard let visitor = try? LocalSocket.accept(on: listener) else { return }
        guard visitors.count < Self.visitorsMax else { return }
        try visitor.setNonBlocking()
        let shared = SharedDescriptor(visitor)
        try loop.add(shared.number, token: nextVisitor, .readable)
        visitors[nextVisitor] = shared
        nextVisitor += 1
    }

    mutating func visit(_ token: UInt64) throws {
        for _ in 0..<Self.turnMax {
            guard let visitor = visitors[token] else { return }
            switch try? EventSocket.receive(on: visitor.number) {
            case .some(.none): return
            case .some(.message(let bytes)):
                guard let request = try? AccountRequest.decode(bytes) else {
                    note("an operator sent a malformed request")
                    return try leave(token)
                }
                orders.submit(request, ticket: issue(.visitor(token)))
            case .some(.end), nil: return try leave(token)
            }
        }
    }

    private mutating func leave(_ token: UInt64) throws {
        guard let visitor = visitors.removeValue(forKey: token) else { return }
        try loop.remove(visitor.number)
    }

    /// Sends the answers that are ready; who is gone, or takes none, asks again.
    mutating func answer() {
        for answer in orders.takeAnswers() {
            switch answer {
            case .order(let ticket, let outcome):
                guard case .link(let link, let correlation)? = askers.removeValue(forKey: ticket)
                else { continue }
                if case .rejected(let why) = outcome { noteRefusal(why) }
                _ = passages.answer(OrderMessage.outcome.rawValue, to: correlation, on: link) {
                    outcome.encode(into: &$0)
                }
            case .operators(let ticket, let outcome):
                guard case .visitor(let token)? = askers.removeValue(forKey: ticket),
                    let visitor = visitors[token]
                else { continue }
                _ = try? EventSocket.send(outcome.encode(), on: visitor.number)
            }
        }
    }
}
