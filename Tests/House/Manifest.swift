/// The table in Package.swift, read as text: its `room`, `support`, `door`, `binding` and plain targets.
struct Manifest {
    struct Room {
        let wing: String
        let name: String
        let opens: [String]
        /// What only the room's tests may import.
        var tests: [String] = []
    }

    private(set) var rooms: [Room] = []
    /// What tests share: the wing is Support.
    private(set) var supports: [Room] = []
    private(set) var doors: [Room] = []
    private(set) var bindings: Set<String> = []

    /// Reads the table; comments and formatting do not matter.
    init(_ text: String) {
        let bare = Self.withoutComments(text)
        for call in Self.calls("room", in: bare) {
            guard call.strings.count >= 2 else { continue }
            rooms.append(
                Room(
                    wing: call.strings[0], name: call.strings[1], opens: call.list("opens:"),
                    tests: call.list("tests:")))
        }
        for call in Self.calls("support", in: bare) {
            guard let name = call.strings.first else { continue }
            supports.append(Room(wing: "Support", name: name, opens: call.list("opens:")))
        }
        for call in Self.calls("door", in: bare) {
            guard let name = call.strings.first else { continue }
            doors.append(Room(wing: "Doors", name: name, opens: call.list("opens:")))
        }
        for call in Self.calls("binding", in: bare) {
            if let name = call.strings.first { bindings.insert(name) }
        }
        for call in Self.calls(".target", in: bare) where !bare.isEmpty {
            // The helper functions' own targets have no literal name.
            if let name = call.strings.first, call.text.hasPrefix("name: \"") {
                bindings.insert(name)
            }
        }
    }

    var all: [Room] { rooms + supports + doors }

    private static func withoutComments(_ text: String) -> String {
        text.split(separator: "\n").filter { line in
            !line.drop { $0 == " " }.hasPrefix("//")
        }.joined(separator: "\n")
    }

    private struct Call {
        let text: String
        let strings: [String]

        /// The literals of the list after `label`.
        func list(_ label: String) -> [String] {
            guard let start = text.firstRange(of: label) else { return [] }
            let list = text[start.upperBound...].prefix { $0 != "]" }
            return Manifest.literals(in: String(list))
        }
    }

    /// The argument texts of every call of `name` with at least one literal argument.
    private static func calls(_ name: String, in text: String) -> [Call] {
        var found: [Call] = []
        var rest = text[...]
        while let start = rest.firstRange(of: "\(name)(") {
            let isWhole =
                start.lowerBound == text.startIndex
                || !(text[text.index(before: start.lowerBound)].isLetter)
            var depth = 1
            let body = rest[start.upperBound...].prefix { character in
                if character == "(" { depth += 1 }
                if character == ")" { depth -= 1 }
                return depth > 0
            }
            rest = rest[start.upperBound...]
            guard isWhole else { continue }
            let trimmed = String(body.drop { $0.isWhitespace })
            let strings = literals(in: trimmed)
            if !strings.isEmpty { found.append(Call(text: trimmed, strings: strings)) }
        }
        return found
    }

    private static func literals(in text: String) -> [String] {
        text.split(separator: "\"", omittingEmptySubsequences: false).enumerated()
            .filter { !$0.offset.isMultiple(of: 2) }.map { String($0.element) }
    }
}
