import Addresses
import AuditTreaty
import Netlink
import Sensors
import Testing

@Suite("Attempt sensor")
struct AttemptSensorTests {
    private let now: UInt64 = 1_795_233_600_000_000_000

    private func attempts(_ events: [Event]) -> [Attempt] {
        events.compactMap { if case .attempt(let attempt) = $0 { attempt } else { nil } }
    }

    private func seen(_ record: LogRecord, _ place: LogPlace) throws -> Attempt? {
        var sensor = AttemptSensor(Fixtures.table())
        var outlet = EventOutlet()
        sensor.take([record], from: place, now: now, into: &outlet)
        return attempts(try outlet.events()).first
    }

    @Test("the link names the source, whatever address the packet claims")
    func fabric() throws {
        let spoofed = Fixtures.record(4, 0, from: Fixtures.data, to: Fixtures.data, input: 16)
        let attempt = try #require(try seen(spoofed, .fabric))
        #expect(attempt.verdict == .spoofed && attempt.source == 0 && attempt.target == 1)
        #expect(attempt.sourceAddress == Fixtures.data && attempt.wall == .fabric)
        #expect(attempt.time == now && attempt.transport == 6 && attempt.targetPort == 5432)
        let allowed = Fixtures.record(
            1, 0, from: Fixtures.web, to: Fixtures.data, mark: 7, input: 16)
        let flow = try #require(try seen(allowed, .fabric))
        #expect(flow.verdict == .allowed && flow.flow == 7)
        let marked = Fixtures.record(2, 0, from: Fixtures.web, to: Fixtures.data, mark: 7)
        #expect(try seen(marked, .fabric)?.flow == 0, "only an allowed attempt has a flow")
    }

    @Test("inside a compartment the direction tells which end it is")
    func host() throws {
        let out = Fixtures.record(2, 0, from: Fixtures.data, to: Fixtures.stranger)
        let leaving = try #require(try seen(out, .compartment(1)))
        #expect(leaving.source == 1 && leaving.target == Attempt.outside && leaving.wall == .host)
        let arriving = Fixtures.record(2, 0, from: Fixtures.web, to: Fixtures.data, input: 16)
        let came = try #require(try seen(arriving, .compartment(1)))
        #expect(came.source == 0 && came.target == 1)
    }

    @Test("published ports name the compartment behind them and the flow that justifies them")
    func publishing() throws {
        let office = Address(0xC000_0205)
        let cases: [(LogRecord, UInt16, UInt16, UInt32, Verdict)] = [
            (
                Fixtures.record(40, 0, from: Fixtures.stranger, to: Address(9), port: 8443),
                Attempt.outside, 0, 2, .allowed
            ),
            (
                Fixtures.record(40, 0, from: office, to: Address(0x7F00_0001), port: 8080),
                Attempt.office, 1, 3, .allowed
            ),
            (
                Fixtures.record(41, 0, from: Address(9), to: Address(8), port: 22, uid: 70_001),
                0, Attempt.outside, 0, .refused
            ),
        ]
        for (record, source, target, flow, verdict) in cases {
            let attempt = try #require(try seen(record, .host))
            #expect(attempt.source == source && attempt.target == target)
            #expect(attempt.flow == flow && attempt.verdict == verdict)
            #expect(attempt.wall == .publishing)
        }
        #expect(
            try seen(Fixtures.record(2, 0, from: office, to: office), .host) == nil,
            "another program's group on the host is not ours")
    }

    @Test("missing numbers are reported exactly, for each log and group of its own")
    func gaps() throws {
        var sensor = AttemptSensor(Fixtures.table())
        var outlet = EventOutlet()
        func records(_ group: UInt16, _ numbers: [UInt32]) -> [LogRecord] {
            numbers.map {
                Fixtures.record(group, $0, from: Fixtures.web, to: Fixtures.data, input: 16)
            }
        }
        sensor.take(records(2, [0, 1, 2]), from: .fabric, now: now, into: &outlet)
        sensor.take(records(1, [0]), from: .fabric, now: now, into: &outlet)
        sensor.take(records(2, [0]), from: .compartment(1), now: now, into: &outlet)
        sensor.take(records(2, [3, 10]), from: .fabric, now: now, into: &outlet)
        sensor.take(records(2, [5]), from: .compartment(1), now: now, into: &outlet)
        let gaps = try outlet.events().filter { if case .attempt = $0 { false } else { true } }
        #expect(
            gaps == [
                .attemptGap(wall: .fabric, compartment: 0xFFFF, lost: 6),
                .attemptGap(wall: .host, compartment: 1, lost: 4),
            ])
    }

    @Test("numbers wrap without a gap; a log that began before, or went back, has an unknown one")
    func numbers() throws {
        func gaps(_ numbers: [UInt32]) throws -> [UInt64] {
            var sensor = AttemptSensor(Fixtures.table())
            var outlet = EventOutlet()
            for number in numbers {
                sensor.take(
                    [Fixtures.record(2, number, from: Fixtures.web, to: Fixtures.data, input: 16)],
                    from: .fabric, now: now, into: &outlet)
            }
            return try outlet.events().compactMap {
                if case .attemptGap(_, _, let lost) = $0 { lost } else { nil }
            }
        }
        #expect(try gaps([.max - 1, .max, 0, 1]) == [0])
        #expect(try gaps([7, 8, 9]) == [0])
        #expect(try gaps([0, 1, 0]) == [0])
    }

    @Test("inside sources are listed in full; outside ones up to the rate, then counted exactly")
    func rate() throws {
        var sensor = AttemptSensor(Fixtures.table(perSecond: 3))
        var outlet = EventOutlet()
        let inside = (0..<100).map {
            Fixtures.record(2, $0, from: Fixtures.web, to: Fixtures.data, input: 16)
        }
        sensor.take(inside, from: .fabric, now: now, into: &outlet)
        let outside = (0..<100).map {
            Fixtures.record(
                40, $0, from: $0 % 2 == 0 ? Fixtures.stranger : Address(0xC000_0207),
                to: Address(9), port: $0 < 50 ? 8443 : 8080)
        }
        sensor.take(outside, from: .host, now: now, into: &outlet)
        #expect(sensor.isCounting)
        sensor.closeWindow(now: now + 1, into: &outlet)
        #expect(!sensor.isCounting)
        let events = try outlet.events()
        let listed = attempts(events)
        #expect(listed.count { $0.source == 0 } == 100)
        #expect(listed.count { $0.source == Attempt.outside } == 3)
        #expect(listed.count { $0.source == Attempt.office } == 3)
        let counts = events.compactMap { event -> AttemptCount? in
            if case .attemptCount(let count) = event { count } else { nil }
        }
        #expect(counts.reduce(0) { $0 + $1.count } == 94)
        #expect(counts.count == 4 && counts.allSatisfy { $0.time == now + 1 })
        sensor.take([outside[0]], from: .host, now: now + 1_000_000_000, into: &outlet)
        #expect(attempts(try outlet.events()).count == 1, "a new second lists again")
    }

    @Test("a scan over all ports stays within its counters and loses no count")
    func scan() throws {
        var sensor = AttemptSensor(Fixtures.table(perSecond: 0))
        var outlet = EventOutlet()
        for port in 0..<20_000 {
            let record = Fixtures.record(
                40, UInt32(port), from: Fixtures.stranger, to: Address(9), port: UInt16(port))
            sensor.take([record], from: .host, now: now, into: &outlet)
        }
        sensor.closeWindow(now: now, into: &outlet)
        let counts = try outlet.events().compactMap { event -> UInt64? in
            if case .attemptCount(let count) = event { count.count } else { nil }
        }
        #expect(counts.reduce(0, +) == 20_000 && counts.count <= 4100)
    }

    @Test("a slow channel turns outside attempts into counts, never inside ones")
    func pressed() throws {
        var sensor = AttemptSensor(Fixtures.table(perSecond: .max))
        var outlet = EventOutlet()
        var number: UInt32 = 0
        while !outlet.isFull {
            let record = Fixtures.record(
                2, number, from: Fixtures.web, to: Fixtures.data, input: 16)
            sensor.take([record], from: .fabric, now: now, into: &outlet)
            number += 1
        }
        sensor.take(
            [Fixtures.record(40, 0, from: Fixtures.stranger, to: Address(9))], from: .host,
            now: now, into: &outlet)
        #expect(sensor.isCounting)
        #expect(attempts(try outlet.events()).count == Int(number))
    }

    @Test(
        "names of log descriptors",
        arguments: [
            ("log.fabric", LogPlace.fabric), ("log.host", .host), ("log.0", .compartment(0)),
            ("log.4095", .compartment(4095)), ("log.", nil), ("log.01", nil), ("log.x", nil),
            ("events", nil), ("log.70000", nil),
        ])
    func places(name: String, place: LogPlace?) {
        #expect(LogPlace(descriptor: name) == place)
    }
}
