import Addresses
import Bytes
import Descriptors
import Enrolment
import Passage
import Sockets
import TLSEngine
import Testing

@Suite("Passages", .serialized)
struct PassagesTests {
    private func text(_ message: Message) -> [UInt8] {
        var reader = message.body
        return (try? reader.take(reader.remaining)) ?? []
    }

    @Test("a question is answered, also in parts, and what wants no answer arrives")
    func exchange() throws {
        var office = try Office(TestClock())
        let port = try Ground.port()
        var back = try Station(Ground.back(port), &office)
        var front = try Station(Ground.front(port), &office)
        #expect(try run(&front, &back) { $0.opened.count == 1 && $1.opened.count == 1 })
        let link = try #require(front.opened.first)
        let asked = front.passages.ask(1, on: link) { $0.append([1, 2, 3]) }
        #expect(asked == 1)
        #expect(front.passages.tell(2, on: link) { $0.append([4]) })
        #expect(front.passages.ask(4, on: link) { _ in } == nil)
        #expect(try run(&front, &back) { $1.messages.count == 2 })
        let question = try #require(back.messages.first)
        #expect(question.kind == 1 && question.correlation == 1 && !question.isAnswer)
        #expect(text(question) == [1, 2, 3])
        #expect(text(back.messages[1]) == [4] && back.messages[1].correlation == 0)
        #expect(back.passages.ask(1, on: question.link) { _ in } == nil)
        for part in 0..<3 as Range<UInt8> {
            #expect(
                back.passages.answer(3, to: 1, on: question.link, isLast: part == 2) {
                    $0.append([part])
                })
        }
        #expect(try run(&front, &back) { front, _ in front.messages.count == 3 })
        #expect(front.messages.map(\.isLast) == [false, false, true])
        #expect(front.messages.flatMap(text) == [0, 1, 2])
        #expect(front.closed.isEmpty && back.closed.isEmpty)
    }

    @Test("bodies up to the bound arrive whole and in order, longer ones are not sent")
    func large() throws {
        var office = try Office(TestClock())
        let port = try Ground.port()
        var back = try Station(Ground.back(port), &office)
        var front = try Station(Ground.front(port), &office)
        #expect(try run(&front, &back) { $0.opened.count == 1 && $1.opened.count == 1 })
        let link = try #require(front.opened.first)
        let sizes = [0, 1, 16_367, 16_368, 16_369, 65_536, 300_000, FrameHead.bodyMax]
        for size in sizes {
            let body = [UInt8](repeating: UInt8(truncatingIfNeeded: size), count: size)
            #expect(front.passages.ask(1, on: link) { $0.append(body) } != nil)
        }
        let long = [UInt8](repeating: 0, count: FrameHead.bodyMax + 1)
        #expect(front.passages.ask(1, on: link) { $0.append(long) } == nil)
        #expect(try run(&front, &back) { $1.messages.count == sizes.count })
        #expect(back.messages.map(\.body.remaining) == sizes)
        for message in back.messages {
            let size = message.body.remaining
            #expect(text(message).allSatisfy { $0 == UInt8(truncatingIfNeeded: size) })
        }
    }

    @Test("links move to new certificates without a lost, doubled or overtaken frame")
    func renewal() throws {
        let clock = TestClock()
        var office = try Office(clock)
        let port = try Ground.port()
        var back = try Station(Ground.back(port), &office)
        var front = try Station(Ground.front(port), &office)
        #expect(try run(&front, &back) { $0.opened.count == 1 && $1.opened.count == 1 })
        let link = try #require(front.opened.first)
        var sent: UInt64 = 0
        var answered = 0
        for _ in 0..<8 {
            // Three quarters of an hour each: without renewal everything would end at the second.
            clock.turn(seconds: 2_000)
            for _ in 0..<60 {
                sent = try #require(
                    front.passages.ask(1, on: link) { $0.integer(sent) })
                front.tick()
                back.tick()
                try front.round()
                try office.serve()
                try back.round()
                while answered < back.messages.count {
                    let message = back.messages[answered]
                    #expect(
                        back.passages.answer(3, to: message.correlation, on: message.link) {
                            $0.integer(message.correlation)
                        })
                    answered += 1
                }
            }
        }
        #expect(
            try run(&front, &back) { front, back in back.messages.count == Int(sent) })
        while answered < back.messages.count {
            let message = back.messages[answered]
            _ = back.passages.answer(3, to: message.correlation, on: message.link) { _ in }
            answered += 1
        }
        #expect(try run(&front, &back) { front, _ in front.messages.count == Int(sent) })
        #expect(back.messages.map(\.correlation) == Array(1...sent))
        #expect(front.messages.map(\.correlation) == Array(1...sent))
        #expect(front.closed.isEmpty && back.closed.isEmpty)
        #expect(front.refused.isEmpty && back.refused.isEmpty)
        #expect(front.opened.count == 1 && back.opened.count == 1)
    }

    @Test("without new certificates both ends close when the life ends")
    func expiry() throws {
        let clock = TestClock()
        var office = try Office(clock)
        let port = try Ground.port()
        var back = try Station(Ground.back(port), &office)
        var front = try Station(Ground.front(port), &office)
        #expect(try run(&front, &back) { $0.opened.count == 1 && $1.opened.count == 1 })
        clock.turn(seconds: 3_601)
        front.tick()
        back.tick()
        #expect(front.closed == [.expired])
        #expect(back.closed == [.expired])
        for _ in 0..<20 {
            clock.turn(seconds: 3)
            front.tick()
            try front.round()
            try back.round()
        }
        #expect(front.opened.count == 1)
        try office.serve()
        #expect(try run(&front, &back) { $0.opened.count == 2 && $1.opened.count == 2 })
    }

    @Test("a wall clock that is set forward ends what it outdates, and new certificates follow")
    func forward() throws {
        let clock = TestClock()
        var office = try Office(clock)
        let port = try Ground.port()
        var back = try Station(Ground.back(port), &office)
        var front = try Station(Ground.front(port), &office)
        #expect(try run(&front, &back) { $0.opened.count == 1 && $1.opened.count == 1 })
        clock.turn(seconds: 60)
        clock.step(seconds: 7_200)
        front.tick()
        back.tick()
        #expect(front.closed == [.expired] && back.closed == [.expired])
        try office.serve()
        #expect(try run(&front, &back) { $0.opened.count == 2 && $1.opened.count == 2 })
    }

    @Test("a wall clock that is set back gives no connection a longer life")
    func backward() throws {
        let clock = TestClock()
        var office = try Office(clock)
        // The root is older than the step is long.
        clock.turn(seconds: 10_000)
        let port = try Ground.port()
        var back = try Station(Ground.back(port), &office)
        var front = try Station(Ground.front(port), &office)
        #expect(try run(&front, &back) { $0.opened.count == 1 && $1.opened.count == 1 })
        clock.turn(seconds: 60)
        clock.step(seconds: -7_200)
        front.tick()
        back.tick()
        #expect(front.closed.isEmpty && back.closed.isEmpty)
        clock.turn(seconds: 3_600)
        front.tick()
        back.tick()
        #expect(front.closed == [.expired] && back.closed == [.expired])
        try office.serve()
        #expect(try run(&front, &back) { $0.opened.count == 2 && $1.opened.count == 2 })
    }

    @Test("a lost peer is told, and dialled again until it is back")
    func reconnect() throws {
        var office = try Office(TestClock())
        let port = try Ground.port()
        var front = try Station(Ground.front(port), &office)
        do {
            var back = try Station(Ground.back(port), &office)
            #expect(try run(&front, &back) { $0.opened.count == 1 && $1.opened.count == 1 })
        }
        var back = try Station(Ground.back(port), &office)
        #expect(try run(&front, &back) { $0.opened.count == 2 && $1.opened.count == 1 })
        #expect(front.closed == [.lost])
        #expect(front.passages.tell(1, on: front.opened[0]) { _ in } == false)
        #expect(front.passages.tell(1, on: front.opened[1]) { _ in })
    }

    @Test("however long a peer was away, once it is back it is dialled within a second")
    func awayLong() throws {
        let clock = TestClock()
        var office = try Office(clock)
        let port = try Ground.port()
        var front = try Station(Ground.front(port), &office)
        for _ in 0..<30 {
            clock.turn(seconds: 1)
            front.tick()
            try front.round(1)
        }
        let listener = try StreamSocket.listen(Ground.listener, port: port, backlog: 8)
        for second in 1...4 {
            clock.turn(seconds: 1)
            front.tick()
            var isDialled = false
            if let taken = try StreamSocket.accept(on: listener.number) {
                _ = taken.take()
                isDialled = true
            }
            #expect(isDialled, "second \(second)")
            // It hears that nobody wants it yet.
            for _ in 0..<20 { try front.round(1) }
        }
    }

    @Test("a peer that does not read is cut off at the bound, and nothing more is taken for it")
    func overflow() throws {
        var office = try Office(TestClock())
        let port = try Ground.port()
        var back = try Station(Ground.back(port), &office)
        var front = try Station(Ground.front(port), &office)
        #expect(try run(&front, &back) { $0.opened.count == 1 && $1.opened.count == 1 })
        let link = try #require(front.opened.first)
        let body = [UInt8](repeating: 1, count: 1_000_000)
        var sent = 0
        while front.passages.tell(1, on: link, { $0.append(body) }), sent < 64 {
            sent += 1
            try front.round()
        }
        #expect(sent < 64)
        #expect(front.passages.queued(link) <= Passages.queueMax + FrameHead.lengthMax + 65_536)
        try front.round()
        #expect(front.closed == [.overflow])
    }

    @Test("a certificate of another name opens nothing")
    func wrongName() throws {
        var office = try Office(TestClock())
        let port = try Ground.port()
        var back = try Station(Ground.back(port), &office)
        // It holds a good certificate under the right root, for a name that the table lacks.
        var other = try Station(Ground.front(port, name: "other"), &office)
        #expect(try run(&other, &back) { $1.refused == [.stranger] })
        #expect(other.opened.isEmpty && back.opened.isEmpty)
        let callers = back.arrivals.compactMap { arrival -> String? in
            guard case .refused(let peer, let address, _) = arrival else { return nil }
            return back.passages.blamed(peer, at: address)
        }
        #expect(callers == ["127.0.0.1"], "who proved no name of the table goes by its address")
    }

    @Test("a certificate under another root opens nothing, on either side")
    func wrongRoot() throws {
        let clock = TestClock()
        var office = try Office(clock)
        var elsewhere = try Office(clock)
        let port = try Ground.port()
        var back = try Station(Ground.back(port), &office)
        var front = try Station(Ground.front(port), &elsewhere)
        #expect(try run(&front, &back) { $0.refused.count >= 1 && $1.refused.count >= 1 })
        guard case .tls(.certificate(_)) = front.refused[0], case .tls(.alert(_)) = back.refused[0]
        else {
            Issue.record("\(front.refused) \(back.refused)")
            return
        }
        #expect(front.opened.isEmpty && back.opened.isEmpty)
    }
}
