internal import Addresses
internal import AuditTreaty
internal import Bytes
internal import HTTPWire
package import Loop
package import Passage
internal import RequestTreaty

extension Gate {
    /// Goes on with a client's requests until it must wait.
    mutating func step(_ place: Int, _ client: Client, _ passages: inout Passages) {
        while true {
            switch client.talk.next(date: date) {
            case .wait: return
            case .refused(let refusal):
                complain(client, refusal.status, refusal.rawValue)
                return
            case .forward(let forward):
                guard ask(client, forward, &passages) else {
                    complain(client, Problem.away.status, Problem.away.type)
                    client.talk.answer(Problem.away, date: date)
                    continue
                }
                client.talk.asked()
            }
        }
    }

    /// Asks the next link that takes a question.
    private mutating func ask(
        _ client: Client, _ forward: Forward, _ passages: inout Passages
    ) -> Bool {
        for _ in answerers.indices {
            turn = (turn + 1) % answerers.count
            let link = answerers[turn]
            let correlation = passages.ask(RequestMessage.request.rawValue, on: link) { writer in
                client.talk.encode(
                    forward, client: client.address, port: client.port, into: &writer)
            }
            guard let correlation else { continue }
            let question = Question(link: link, correlation: correlation)
            questions[question] = client.token
            asked[client.token] = question
            return true
        }
        return false
    }

    /// No answer to this client is expected any more.
    mutating func forget(_ client: Client) {
        if let question = asked.removeValue(forKey: client.token) {
            questions[question] = nil
        }
    }

    /// Uses what arrived on the passages.
    package mutating func take(
        _ arrival: Arrival, _ loop: borrowing EventLoop, _ passages: inout Passages
    ) {
        switch arrival {
        case .opened(let link, _): answerers.append(link)
        case .closed(let link, _, _):
            answerers.removeAll { $0 == link }
            lost(link, &passages)
        case .message(let message): answer(message, &passages)
        case .refused, .publicIdentity: break
        }
    }

    private mutating func answer(_ message: Message, _ passages: inout Passages) {
        let question = Question(link: message.link, correlation: message.correlation)
        var reader = message.body
        guard message.isLast, message.kind == RequestMessage.response.rawValue,
            let response = try? ClientResponse.decode(&reader), (try? reader.finish()) != nil
        else {
            complain(Address(0), 0, nil, "answer of the API cannot be read")
            passages.close(message.link)
            return
        }
        // The client may have gone, or heard that it took too long.
        guard let token = questions.removeValue(forKey: question) else { return }
        asked[token] = nil
        guard let place = place(of: token), let client = clients[place] else { return }
        if !client.talk.answer(response, date: date) {
            complain(client, Problem.unfit.status, Problem.unfit.type)
        }
        proceed(place, client, &passages)
    }

    /// After an answer: the next request may be waiting already.
    private mutating func proceed(_ place: Int, _ client: Client, _ passages: inout Passages) {
        step(place, client, &passages)
        if client.hasMore && !client.talk.isEnding { decrypt(place, client, &passages) }
        touch(place)
    }

    /// What was asked on a link that is gone may have been done, or not.
    private mutating func lost(_ link: Link, _ passages: inout Passages) {
        let tokens = questions.filter { $0.key.link == link }.map(\.value)
        for token in tokens {
            guard let place = place(of: token), let client = clients[place] else { continue }
            forget(client)
            let problem = client.talk.changes ? Problem.unknown : Problem.away
            complain(client, problem.status, problem.type)
            client.talk.answer(problem, date: date)
            proceed(place, client, &passages)
        }
    }
}
