import Addresses
import AuditTreaty
import Bytes
import Testing

@Suite("Event text")
struct EventTextTests {
    @Test(
        "attempts name both ends, the wall, and the line or the missing flow",
        arguments: [
            (
                Samples.attempt(),
                "REFUSED web (dmz) 10.77.1.5:40312 -> db (data) 10.77.3.4:5432/tcp  fabric  "
                    + "no flow from web to db on tcp/5432"
            ),
            (
                Samples.attempt(.allowed, flow: 1),
                "allowed web (dmz) 10.77.1.5:40312 -> db (data) 10.77.3.4:5432/tcp  fabric  "
                    + "allowed by first.yaml:41"
            ),
            (
                Samples.attempt(.spoofed),
                "SPOOFED web (dmz) 10.77.1.5:40312 -> db (data) 10.77.3.4:5432/tcp  fabric  "
                    + "source address is not web's"
            ),
        ])
    func attempts(attempt: Attempt, text: String) {
        #expect(EventText.line(.attempt(attempt), Samples.roster) == text)
    }

    @Test("a connection that an observed flow alone allowed says that it would be refused")
    func observed() throws {
        var roster = Samples.roster
        roster.flows[0].isObserved = true
        var writer = ByteWriter()
        EventCodec.encode(.roster(roster), into: &writer)
        var reader = ByteReader(writer.bytes)
        #expect(try EventCodec.decode(&reader) == .roster(roster))
        let event = Event.attempt(Samples.attempt(.allowed, flow: 1))
        #expect(
            EventText.line(event, roster)
                == "OBSERVED web (dmz) 10.77.1.5:40312 -> db (data) 10.77.3.4:5432/tcp  fabric  "
                + "would be refused without first.yaml:41, which is observed")
        #expect(
            EventText.fields(event, roster).contains {
                $0.0 == "verdict" && $0.1 == .text("observed")
            })
        #expect(EventText.isObserved(event, roster))
        #expect(!EventText.isObserved(event, Samples.roster))
        #expect(!EventText.isObserved(.attempt(Samples.attempt(flow: 1)), roster))
    }

    @Test("without a roster, or with an index beyond it, numbers stand for names")
    func unknown() {
        var attempt = Samples.attempt(.allowed, flow: 9)
        attempt.source = Attempt.outside
        attempt.target = 7
        let line = EventText.line(.attempt(attempt), Samples.roster)
        #expect(
            line.contains("internet 10.77.1.5") && line.contains("#7") && line.contains("flow 9"))
        #expect(EventText.line(.attempt(Samples.attempt()), nil).contains("no flow from #0 to #1"))
    }

    @Test("nothing that moves a cursor or turns direction passes", arguments: Samples.events)
    func controls(event: Event) {
        let line = EventText.line(event, Samples.roster)
        #expect(!line.isEmpty)
        #expect(
            line.unicodeScalars.allSatisfy {
                $0.value >= 0x20 && !(0x7F...0x9F).contains($0.value)
                    && !(0x202A...0x202E).contains($0.value)
            })
        #expect(EventText.kinds.contains(EventText.kind(event)))
        if case .note(_, let text) = event, text.isEmpty { return }
        #expect(!EventText.fields(event, Samples.roster).isEmpty)
    }

    @Test("escapes are readable and unambiguous")
    func escapes() {
        #expect(EventText.escaped("a\u{1B}[2J\n\\u{a}é") == "a\\u{1b}[2J\\u{a}\\\\u{a}é")
    }

    @Test(
        "times are RFC 3339 in UTC with microseconds",
        arguments: [
            (UInt64(0), "1970-01-01T00:00:00.000000Z"),
            (951_827_696_000_001_000, "2000-02-29T12:34:56.000001Z"),
            (1_795_233_600_123_456_789, "2026-11-21T04:00:00.123456Z"),
            (4_102_444_799_999_999_999, "2099-12-31T23:59:59.999999Z"),
        ])
    func times(nanoseconds: UInt64, text: String) {
        #expect(EventText.time(nanoseconds) == text)
        #expect(EventText.parse(time: text) == nanoseconds / 1000 * 1000)
    }

    @Test("dates and minutes are read, anything else is not")
    func parse() {
        #expect(EventText.parse(time: "1970-01-02") == 86_400_000_000_000)
        #expect(EventText.parse(time: "1970-01-01 00:01Z") == 60_000_000_000)
        let bad = [
            "", "now", "2026-13-01", "2026-02-30", "2026-01-01T24:00:00Z", "2026-01-01T00:60",
            "2026-01-01T00:00:00.", "2026-01-01T00:00:00.0000000001Z", "2026-01-01T00:00.5",
            "26-01-01", "2026/01/01", "1969-12-31", "2026-01-01T00:00:00+01:00",
        ]
        for text in bad { #expect(EventText.parse(time: text) == nil, "\(text)") }
    }
}
