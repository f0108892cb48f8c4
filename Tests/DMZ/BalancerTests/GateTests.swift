import Balancer
import Enrolment
import RequestTreaty
import Testing

private let get = "GET /v1/time HTTP/1.1\r\nHost: a\r\n\r\n"

private func post(_ body: String, _ fields: String = "") -> String {
    "POST /v1/orders HTTP/1.1\r\nHost: a\r\n\(fields)Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
}

@Suite("Gate", .serialized)
struct GateTests {
    private func opened() throws -> House {
        var house = try House()
        let stands = try house.run([]) { $0.stands }
        #expect(stands)
        try house.round()
        return house
    }

    @Test("a request reaches the API as it was read, and its answer the client")
    func exchange() throws {
        var house = try opened()
        let client = try Visitor(house)
        client.say(
            post("{\"a\":1}", "BULKHEAD-KEY: k\r\nCookie: x\r\nContent-Type: application/json\r\n"))
        let answered = try house.run([client]) { _ in client.text.contains("{\"a\":1}") }
        #expect(answered)
        #expect(client.statuses == ["200"])
        let request = try #require(house.seen.first)
        #expect(request.method == .post && request.target == "/v1/orders")
        #expect(
            request.fields == [
                Field(name: "bulkhead-key", value: "k"),
                Field(name: "content-type", value: "application/json"),
            ])
        #expect(request.client == House.here && request.clientPort != 0)
        client.say("PUT /v1/x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
        client.say("3\r\nabc\r\n0\r\n\r\n" + get + get)
        let all = try house.run([client]) { _ in client.statuses.count == 4 }
        #expect(all)
        #expect(house.seen.map(\.method) == [.post, .put, .get, .get])
        #expect(client.text.contains("PUT /v1/x abc"))
        #expect(house.events.isEmpty)
    }

    @Test(
        "a hostile client hears why, is cut off and recorded, and nobody else is disturbed",
        arguments: [
            ("GET /a HTTP/1.1\r\nHost: a\r\nX : y\r\n\r\n" + get, "400", "field-name"),
            (post("x", "Transfer-Encoding: chunked\r\n"), "400", "length-and-coding"),
            (
                "GET / HTTP/1.1\r\nA: \(String(repeating: "b", count: 20_000))\r\n\r\n", "431",
                "head-too-large"
            ),
            (
                "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 65537\r\n\r\n", "413",
                "body-too-large"
            ),
            (
                "GET /\(String(repeating: "a", count: 3_000)) HTTP/1.1\r\n\r\n", "414",
                "target-too-long"
            ),
            ("PATCH / HTTP/1.1\r\nHost: a\r\n\r\n", "405", "method-not-allowed"),
            (
                "GET / HTTP/1.1\r\nHost: a\r\nBulkhead-Key: a\r\nbulkhead-key: b\r\n\r\n", "400",
                "field-repeated"
            ),
            ("GET / HTTP/1.1\r\nHost: a\r\nBulkhead-Key: \u{E9}\r\n\r\n", "400", "field-value"),
        ])
    func hostile(text: String, status: String, why: String) throws {
        var house = try opened()
        let bystander = try Visitor(house)
        let client = try Visitor(house)
        client.say(text)
        bystander.say(get)
        let over = try house.run([client, bystander]) { _ in client.isOver }
        #expect(over)
        #expect(client.statuses == [status])
        #expect(
            client.text.contains("\"type\":\"\(why)\"") && client.text.contains("connection: close")
        )
        let still = try house.run([bystander]) { _ in bystander.statuses == ["200"] }
        #expect(still && !bystander.isOver)
        #expect(house.seen.count == 1)
        #expect(house.events.count == 1)
        #expect(house.events.first?.hasSuffix(" \(status) \(why)") == true)
    }

    @Test("the refusal of HEAD is a head alone")
    func head() throws {
        for text in ["HEAD /v1/time HTTP/1.1\r\nHost: a\r\n\r\n", "\r\nHEAD / HTTP/1.1\r\n"] {
            var house = try opened()
            let client = try Visitor(house)
            client.say(text)
            let told = try house.run([client]) { _ in client.statuses == ["405"] }
            #expect(told)
            #expect(client.text.hasSuffix("\r\n\r\n"), "\(client.text)")
        }
    }

    @Test("what is smuggled behind a refused request is never read")
    func smuggling() throws {
        var house = try opened()
        let client = try Visitor(house)
        client.say(
            get + post("x", "Transfer-Encoding: chunked\r\n")
                + "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n")
        let over = try house.run([client]) { _ in client.isOver }
        #expect(over)
        #expect(client.statuses == ["200", "400"])
        #expect(house.seen.map(\.target) == ["/v1/time"])
    }

    @Test("garbage instead of TLS ends the connection and is recorded")
    func garbage() throws {
        var house = try opened()
        let client = try Visitor(house, speaksTLS: false)
        client.say(get)
        let over = try house.run([client]) { _ in client.isOver }
        #expect(over)
        #expect(house.events.count == 1)
        #expect(house.events.first?.contains(" - tls broken") == true)
        #expect(house.gate.count == 0)
    }

    @Test("each step has its deadline, and the slow hear that it is over")
    func deadlines() throws {
        var house = try opened()
        let mute = try Visitor(house, speaksTLS: false)
        let head = try Visitor(house)
        let body = try Visitor(house)
        let idle = try Visitor(house)
        head.say("GET /a HT")
        body.say("POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n")
        idle.say(get)
        let all = [mute, head, body, idle]
        let began = try house.run(all) { house in
            house.gate.count == 4 && head.isEstablished && body.text.contains("100 Continue")
                && idle.statuses == ["200"]
        }
        #expect(began)
        body.say("ab")
        for _ in 0..<20 {
            try house.round()
            for one in all { try one.pump() }
        }
        house.clock.turn(seconds: 6)
        let slow = try house.run(all) { _ in mute.isOver && head.isOver }
        #expect(slow && !body.isOver && !idle.isOver)
        #expect(head.statuses == ["408"])
        house.clock.turn(seconds: 5)
        let slower = try house.run(all) { _ in body.isOver }
        #expect(slower && !idle.isOver)
        #expect(body.statuses == ["100", "408"])
        house.clock.turn(seconds: 60)
        let ended = try house.run(all) { house in idle.isOver && house.gate.count == 0 }
        #expect(ended)
        let words = house.events.map { $0.split(separator: " ").dropFirst().joined(separator: " ") }
        #expect(
            words.sorted() == ["- handshake-too-slow", "408 body-too-slow", "408 head-too-slow"])
    }

    @Test("an API that says nothing leaves the outcome unknown, and one that is away is named")
    func away() throws {
        var house = try opened()
        house.isSilent = true
        let writer = try Visitor(house)
        let reader = try Visitor(house)
        writer.say(post("x"))
        reader.say(get)
        let asked = try house.run([writer, reader]) { $0.seen.count == 2 }
        #expect(asked)
        house.clock.turn(seconds: 11)
        let late = try house.run([writer, reader]) { _ in writer.isOver && reader.isOver }
        #expect(late)
        #expect(writer.text.contains("504 ") && writer.text.contains("outcome-unknown"))
        #expect(reader.text.contains("504 ") && reader.text.contains("answer-too-slow"))
        let other = try Visitor(house)
        other.say(post("x"))
        let again = try house.run([other]) { $0.seen.count == 3 }
        #expect(again)
        house.cut()
        let lost = try house.run([other]) { _ in other.statuses == ["504"] }
        #expect(lost && !other.isOver)
    }

    @Test("an answer that cannot be sent is none")
    func unfit() throws {
        var house = try opened()
        house.fixed = ClientResponse(
            status: 200, fields: [Field(name: "a", value: "b\r\nset-cookie: c")], body: [])
        let client = try Visitor(house)
        client.say(get)
        let answered = try house.run([client]) { _ in client.statuses == ["502"] }
        #expect(answered)
        #expect(!client.text.contains("set-cookie"))
    }

    @Test("one address has no more than its share, and the idle make room")
    func crowds() throws {
        var limits = GateLimits()
        limits.clientsPerAddressMax = 3
        var house = try House(limits)
        let many = try (0..<4).map { _ in try Visitor(house) }
        let over = try house.run(many) { house in
            many.filter(\.isEstablished).count == 3 && many.filter(\.isOver).count == 1
        }
        #expect(over)
        limits.clientsPerAddressMax = 100
        limits.clientsMax = 2
        house = try House(limits)
        let first = try [Visitor(house), Visitor(house)]
        let full = try house.run(first) { _ in first.allSatisfy(\.isEstablished) }
        #expect(full)
        let third = try Visitor(house)
        let room = try house.run(first + [third]) { _ in
            third.isEstablished && first.filter(\.isOver).count == 1
        }
        #expect(room)
    }

    @Test("a client that does not read is not written to without bound, and is cut off")
    func slowReader() throws {
        var house = try opened()
        house.fixed = ClientResponse(
            status: 200, fields: [], body: [UInt8](repeating: 0x61, count: 500_000))
        let client = try Visitor(house)
        let began = try house.run([client]) { _ in client.isEstablished }
        #expect(began)
        client.isReading = false
        client.say(String(repeating: get, count: 400))
        var answered = -1
        while answered != house.seen.count {
            answered = house.seen.count
            for _ in 0..<200 {
                try house.round()
                try client.pump()
            }
        }
        #expect(answered < 40)
        house.clock.turn(seconds: 31)
        let cut = try house.run([]) { $0.gate.count == 0 }
        #expect(cut)
        #expect(house.events.last?.hasSuffix("reads-too-slow") == true)
    }

    @Test("many complaints in one second are listed up to twenty, and the rest are one count")
    func complaints() throws {
        var house = try opened()
        let many = try (0..<30).map { _ in try Visitor(house) }
        for client in many { client.say("GET /a HTTP/9.9\r\n\r\n") }
        let refused = try house.run(many) { _ in
            many.allSatisfy { $0.statuses == ["505"] || $0.statuses == ["400"] }
        }
        #expect(refused)
        let listed = house.events.count
        #expect(house.events.allSatisfy { !$0.contains("further requests") })
        house.clock.turn(seconds: 2)
        let counted = try house.run(many) { $0.events.count > listed }
        #expect(counted)
        let rest = "\(30 - listed) further requests refused, not listed: "
        #expect(house.events.last?.hasPrefix(rest) == true)
        #expect((20..<30).contains(listed))
    }

    @Test("when all clients hold too much, a long body is refused and a short one is not")
    func overloaded() throws {
        var limits = GateLimits()
        limits.heldMax = 40_000
        var house = try House(limits)
        let large = try (0..<3).map { _ in try Visitor(house) }
        let small = try Visitor(house)
        for client in large {
            client.say("POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 60000\r\n\r\n")
            client.say(String(repeating: "a", count: 30_000))
        }
        let refused = try house.run(large) { _ in large.contains { $0.statuses == ["503"] } }
        #expect(refused)
        #expect(house.events.contains { $0.hasSuffix("503 overloaded") })
        small.say(post("x"))
        let served = try house.run(large + [small]) { _ in small.statuses == ["200"] }
        #expect(served)
    }
}
