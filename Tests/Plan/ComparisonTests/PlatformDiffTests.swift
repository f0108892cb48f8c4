import Blueprint
import Chance
import Comparison
import Compile
import Findings
import Notation
import Segmentation
import Testing

/// The side of a platform file's text.
func side(_ text: String, name: String = "a.yaml", asOutside: Bool = false) throws -> Side {
    let (platform, findings) = Blueprint.read(Array(text.utf8), folder: "/", today: 20_000)
    let whole = try #require(platform, "\(findings.map { $0.line(file: name) })")
    let (deployment, more) = Compile.outline(whole, file: name)
    let plan = try #require(deployment, "\(more.map { $0.line(file: name) })")
    return Side(whole, plan, try Segmentation(plan), asOutside: asOutside)
}

func plan(_ text: String) throws -> PlatformPlan {
    let (platform, _) = Blueprint.read(Array(text.utf8), folder: "/", today: 20_000)
    let whole = try #require(platform)
    return PlatformPlan(whole, try #require(Compile.outline(whole, file: "a.yaml").deployment))
}

/// Four services in two zones; `flows` and `rest` are lines of the file.
func desk(
    _ flows: [String], rest: String = "", data: String = "10.80.2.0/24", services: [String] = []
) -> String {
    """
    platform: desk
    zones:
      dmz: {network: 10.80.1.0/24}
      data: {network: \(data)}
      vault: {network: 10.80.4.0/24}
    services:
      web: {zone: dmz, run: [/bin/true], ports: {http: tcp/80}}
      api: {zone: dmz, run: [/bin/true], ports: {http: tcp/81, more: tcp/82}}
      work: {zone: data, run: [/bin/true], ports: {work: udp/53}}
      store: {zone: data, run: [/bin/true], ports: {sql: tcp/5432}}
    \(services.map { "  \($0)\n" }.joined())flows:
    \(flows.map { "  - {\($0)}\n" }.joined())\(rest)
    """
}

private func words(_ comparison: Comparison) -> [String] {
    comparison.changes.map { "\($0.direction) \($0.from) \($0.to) \($0.subject.text)" }
}

private let first = "from: web, to: api.http, because: pages"
private let second = "from: api, to: store.sql, because: rows, owner: desk-team"

@Suite("What a change of a platform opens and closes")
struct PlatformDiffTests {
    @Test("no change is proved, whatever the order of lines, comments and names of zones' networks")
    func proof() throws {
        let old = try side(desk([first, second]))
        for text in [
            desk([first, second]), desk([second, first]),
            desk([first, second], data: "10.99.0.0/16"),
            "# a comment\n" + desk([first, "because: other words, from: api, to: store.sql"]),
        ] {
            let comparison = try Comparison(old, try side(text))
            #expect(comparison.isProof, "\(words(comparison))")
            #expect(comparison.passes(strict: true))
            #expect(comparison.lines().last?.hasPrefix("no change") == true)
            #expect(comparison.shared == 4)
        }
    }

    @Test("what is opened names its packet, its line in the new file and its owner")
    func opened() throws {
        let old = try side(desk([first]), name: "old.yaml")
        let new = try side(desk([first, second]), name: "new.yaml")
        let comparison = try Comparison(old, new)
        #expect(words(comparison) == ["opened api store tcp 5432"])
        let change = try #require(comparison.changes.first)
        #expect(change.isCertain)
        #expect(change.owners == ["desk-team"])
        #expect(change.newLines.map { $0.place?.line } == [13])
        #expect(change.oldLines.isEmpty)
        #expect(change.example?.hasSuffix(":5432 tcp") == true)
        #expect(change.example?.hasPrefix("10.80.1.") == true)
        #expect(!comparison.passes(strict: false))
        let back = try Comparison(new, old)
        #expect(words(back) == ["closed api store tcp 5432"])
        #expect(back.changes[0].oldLines.map { $0.place?.line } == [13])
        #expect(back.passes(strict: false))
        #expect(!back.passes(strict: true))
    }

    /// A second file, and what it opens or closes beside `first` and `second`.
    struct Edit: Sendable, CustomTestStringConvertible {
        let testDescription: String
        var flows = [first, second]
        var rest = ""
        var services: [String] = []
        let changes: [String]
        var only: [String] = []
    }

    @Test(
        "every kind of opening is seen",
        arguments: [
            Edit(
                testDescription: "a flow from a whole zone",
                flows: [first, second, "from: dmz, to: work.work, because: names"],
                changes: ["opened api work udp 53", "opened web work udp 53"]),
            Edit(
                testDescription: "another port",
                flows: ["from: web, to: api.more, because: a", second],
                changes: ["opened web api tcp 82", "closed web api tcp 81"]),
            Edit(
                testDescription: "a published port",
                flows: [first, second, "from: internet, to: web.http, because: all"],
                rest: "publish: {web.http: \"127.0.0.1:8000\"}\n",
                changes: ["opened internet web tcp 8000 to 127.0.0.1"]),
            Edit(
                testDescription: "a flow from outside to a port that is not published",
                flows: [first, second, "from: internet, to: web.http, because: all"],
                changes: []),
            Edit(
                testDescription: "a channel",
                rest: "channels:\n  - {from: web, to: store, name: side, because: x}\n",
                changes: ["opened web store channel side"]),
            Edit(
                testDescription: "a service with a flow of its own",
                flows: [first, second, "from: spy, to: store.sql, because: x"],
                services: ["spy: {zone: dmz, run: [/bin/true]}"],
                changes: ["opened spy store tcp 5432"], only: ["spy"]),
            Edit(
                testDescription: "a service alone opens nothing",
                services: ["spy: {zone: dmz, run: [/bin/true]}"], changes: [], only: ["spy"]),
            Edit(
                testDescription: "a second instance",
                services: ["crowd: {zone: dmz, run: [/bin/true], instances: 2}"],
                changes: [], only: ["crowd", "crowd.2"]),
        ])
    func kinds(_ edit: Edit) throws {
        let old = try side(desk([first, second]))
        let new = try side(desk(edit.flows, rest: edit.rest, services: edit.services))
        let comparison = try Comparison(old, new)
        #expect(words(comparison) == edit.changes)
        #expect(comparison.onlyNew.map(\.name) == edit.only)
        let back = try Comparison(new, old)
        #expect(back.count(.opened) == comparison.count(.closed))
        #expect(back.count(.closed) == comparison.count(.opened))
        #expect(back.onlyOld.map(\.name) == edit.only)
    }

    @Test("a published port at every address opens all addresses but the one that was open")
    func everywhere() throws {
        let flows = [first, "from: internet, to: web.http, because: all"]
        let old = try side(desk(flows, rest: "publish: {web.http: \"127.0.0.1:8000\"}\n"))
        let new = try side(desk(flows, rest: "publish: {web.http: \"0.0.0.0:8000\"}\n"))
        let comparison = try Comparison(old, new)
        #expect(comparison.count(.opened) == 1)
        #expect(comparison.count(.closed) == 0)
        #expect(!comparison.changes[0].subject.text.contains("to 127.0.0.1,"))
        #expect(try Comparison(new, old).count(.closed) == 1)
    }

    @Test("message types that a port takes are part of what is open")
    func messages() throws {
        func flow(_ messages: String) -> String {
            "from: api, to: store.sql, because: rows\(messages)"
        }
        let some = try side(desk([flow(", messages: [read]")]))
        let more = try side(desk([flow(", messages: [read, write]")]))
        let all = try side(desk([flow("")]))
        #expect(
            words(try Comparison(some, more)) == ["opened api store messages write on tcp 5432"])
        #expect(
            words(try Comparison(more, some)) == ["closed api store messages write on tcp 5432"])
        #expect(
            words(try Comparison(some, all)) == [
                "opened api store messages of every type on tcp 5432"
            ])
        #expect(try Comparison(some, some).isProof)
    }

    @Test("random edits: what is told is the difference of the flows, and nothing else")
    func random() throws {
        var chance = Seeded(state: 31)
        let names = ["web", "api", "work", "store"]
        let ports = [
            "web": ["http"], "api": ["http", "more"], "work": ["work"], "store": ["sql"],
        ]
        let numbers = [
            "web.http": "tcp 80", "api.http": "tcp 81", "api.more": "tcp 82",
            "work.work": "udp 53", "store.sql": "tcp 5432",
        ]
        func flows() -> Set<String> {
            Set(
                (0..<chance.below(8)).compactMap { _ in
                    let from = names[chance.below(4)]
                    let to = names[chance.below(4)]
                    let known = ports[to] ?? []
                    return from == to ? nil : "\(from) \(to).\(known[chance.below(known.count)])"
                })
        }
        func text(_ flows: Set<String>) -> String {
            desk(
                flows.sorted().map { flow in
                    let parts = flow.split(separator: " ")
                    return "from: \(parts[0]), to: \(parts[1]), because: x"
                } + ["from: internet, to: web.http, because: x"])
        }
        func wanted(_ flows: Set<String>) -> Set<String> {
            Set(
                flows.map { flow in
                    let parts = flow.split(separator: " ").map(String.init)
                    let number = (numbers[parts[1]] ?? "").split(separator: " ")
                    return
                        "\(parts[0]) \(parts[1].split(separator: ".")[0]) \(number[0]) \(number[1])"
                })
        }
        for round in 0..<40 {
            let before = flows()
            let after = flows()
            // In batches of two services, the answer is that of the whole.
            let comparison =
                round % 2 == 0
                ? try Comparison(try side(text(before)), try side(text(after)))
                : try Comparison(
                    try plan(text(before)), try plan(text(after)), servicesMax: 2)
            #expect(comparison.isFocused == (round % 2 == 1))
            for (direction, expected) in [
                (Comparison.Direction.opened, wanted(after.subtracting(before))),
                (.closed, wanted(before.subtracting(after))),
            ] {
                let found = Self.told(comparison, direction)
                #expect(found == expected)
            }
        }
    }

    /// Every pair, transport and port that a comparison names.
    private static func told(
        _ comparison: Comparison, _ direction: Comparison.Direction
    ) -> Set<String> {
        var found: Set<String> = []
        for change in comparison.changes where change.direction == direction {
            for part in change.subject.text.split(separator: ";") {
                let parts = part.split(separator: " ")
                for port in parts[1].split(separator: ",") {
                    for number in numbers(port) {
                        found.insert("\(change.from) \(change.to) \(parts[0]) \(number)")
                    }
                }
            }
        }
        return found
    }

    private static func numbers(_ text: Substring) -> ClosedRange<Int> {
        let ends = text.split(separator: "-").compactMap { Int($0) }
        return ends[0]...(ends.last ?? ends[0])
    }
}
