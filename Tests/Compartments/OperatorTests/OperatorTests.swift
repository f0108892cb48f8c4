import Operator
import Testing

@Suite("Operator's side")
struct OperatorTests {
    @Test(
        "lines of the supervisor mean what they say",
        arguments: [
            ("P web ready in 3 ms", SupervisorStart.Line.progress("web ready in 3 ms")),
            ("A web.http 127.0.0.1:8080", .address("web.http 127.0.0.1:8080")),
            ("R up", .ready("up")),
            (
                "F 3 no loop devices\tload them",
                .failed(code: 3, problem: "no loop devices", remedy: "load them")
            ),
            ("F 1 broken", .failed(code: 1, problem: "broken", remedy: "")),
        ])
    func lines(text: String, line: SupervisorStart.Line) {
        #expect(SupervisorStart.parse(text) == line)
    }

    @Test("a line of no known kind is skipped", arguments: ["", "X y", "F x y", "F 1"])
    func unknown(text: String) {
        #expect(SupervisorStart.parse(text) == nil)
    }

    @Test("an instance with its own state has its own names everywhere")
    func instances() {
        let usual = Locations.of(platform: "first", state: nil, home: nil, isRoot: true, uid: 0)
        let other = Locations.of(
            platform: "first", state: "/srv/a", home: nil, isRoot: true, uid: 0)
        let third = Locations.of(
            platform: "first", state: "/srv/b", home: nil, isRoot: true, uid: 0)
        #expect(usual.id == "first")
        #expect(Set([usual.id, other.id, third.id]).count == 3)
        #expect(Set([usual.run, other.run, third.run]).count == 3)
        #expect(other.state == "/srv/a")
    }

    @Test("who is not root keeps state in the own home, and touches no registry of uids")
    func home() {
        let own = Locations.of(
            platform: "first", state: nil, home: "/home/ada", isRoot: false, uid: 1000)
        #expect(own.state == "/home/ada/.local/state/bulkhead/first")
        #expect(own.registry == nil)
    }
}

@Suite("What people see")
struct PresentationTests {
    @Test(
        "no byte of a service reaches the terminal as a control character",
        arguments: [
            ("plain", "plain"), ("\u{1B}[2Jx", "\u{FFFD}[2Jx"), ("a\tb\n", "a\tb\n"),
            ("\u{9B}31m", "\u{FFFD}31m"), ("\u{202E}evil", "\u{FFFD}evil"),
            ("\r\u{7}", "\u{FFFD}\u{FFFD}"),
        ])
    func printable(raw: String, shown: String) {
        #expect(Printable.lines(Array(raw.utf8)) == shown)
    }

    @Test(
        "sizes read well",
        arguments: [
            (0, "-"), (512, "512 B"), (1536, "1.5 KiB"), (10 << 20, "10 MiB"), (3 << 30, "3 GiB"),
        ] as [(UInt64, String)])
    func sizes(count: UInt64, text: String) {
        #expect(StatusTable.bytes(count) == text)
    }

    @Test("columns line up")
    func columns() {
        let lines = StatusTable.table([["A", "N"], ["long", "7"]], rightAligned: [1])
        #expect(lines == ["A     N", "long  7"])
    }
}
