// UnitFiles: the files of systemd's: sections of keys and values, lines that go on, quoted words,
// percent specifiers. It says what a file holds, in its order; what a key means is for others. It is
// stricter than systemd, which skips what it cannot read: here that is a finding and no file.
// Bounds: `UnitFile.bytesMax`, `UnitFile.lineMax` of a joined line, `UnitFile.entriesMax`.
package import Findings

/// One file as it is written.
package struct UnitFile: Sendable {
    package static let bytesMax = 4 << 20
    /// systemd's own bound of a line.
    package static let lineMax = 1 << 20
    package static let entriesMax = 1 << 17

    /// One assignment.
    package struct Entry: Sendable, Equatable {
        package let section: String
        package let key: String
        /// Without the space around it; empty where the file assigns nothing.
        package let value: String
        package let place: Place
    }

    /// Assignments in the order of the file; sections of one name are one section.
    package private(set) var entries: [Entry] = []
    /// Names of sections, each once, in their order.
    package private(set) var sections: [String] = []

    private init() {}

    /// The file that the bytes are, or what is wrong with them.
    package static func read(_ bytes: [UInt8]) -> (file: UnitFile?, findings: [Finding]) {
        do throws(Fault) {
            var file = UnitFile()
            try file.take(bytes)
            return (file, [])
        } catch {
            let finding = Finding(
                .error, "unit-file", at: Place(line: error.line, column: 1), error.problem,
                remedy: "correct the line")
            return (nil, [finding])
        }
    }

    private struct Fault: Error {
        let line: Int
        let problem: String
    }

    private mutating func take(_ bytes: [UInt8]) throws(Fault) {
        guard bytes.count <= Self.bytesMax else {
            throw Fault(line: 1, problem: "the file has more than \(Self.bytesMax) bytes")
        }
        var bytes = bytes[...]
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes = bytes.dropFirst(3) }
        var joined: [UInt8] = []
        var number = 0
        var begun = 1
        for line in bytes.split(separator: 10, omittingEmptySubsequences: false) {
            number += 1
            if let byte = line.first(where: { $0 < 32 && $0 != 9 || $0 == 127 }) {
                throw Fault(line: number, problem: "the line holds the control character \(byte)")
            }
            let text = line.drop(while: Self.isSpace)
            // A comment between lines that go on is no part of them.
            if let first = text.first, first == UInt8(ascii: "#") || first == UInt8(ascii: ";") {
                continue
            }
            if joined.isEmpty { begun = number }
            joined += text
            guard joined.count <= Self.lineMax else {
                throw Fault(line: begun, problem: "the line has more than \(Self.lineMax) bytes")
            }
            let tail = joined.reversed().prefix { $0 == UInt8(ascii: "\\") }.count
            if tail % 2 == 1 {
                joined[joined.count - 1] = UInt8(ascii: " ")
                continue
            }
            try parse(joined[...], begun)
            joined = []
        }
        try parse(joined[...], begun)
    }

    private mutating func parse(_ line: ArraySlice<UInt8>, _ number: Int) throws(Fault) {
        let line = Self.trimmed(line)
        guard let first = line.first else { return }
        guard let text = String(validating: line, as: UTF8.self) else {
            throw Fault(line: number, problem: "the line is not UTF-8")
        }
        if first == UInt8(ascii: "[") {
            let name = text.dropFirst().dropLast()
            guard text.hasSuffix("]"), !name.isEmpty, name.utf8.allSatisfy(Self.isWord) else {
                throw Fault(line: number, problem: "`\(Excerpt.of(text))` is no section")
            }
            current = String(name)
            if !sections.contains(current) { sections.append(current) }
            return
        }
        guard let equals = line.firstIndex(of: UInt8(ascii: "=")) else {
            throw Fault(line: number, problem: "`\(Excerpt.of(text))` assigns nothing")
        }
        let key = String(decoding: Self.trimmed(line[..<equals]), as: UTF8.self)
        guard !key.isEmpty, key.utf8.allSatisfy(Self.isWord) else {
            throw Fault(line: number, problem: "`\(Excerpt.of(key))` is no key")
        }
        guard !current.isEmpty else {
            throw Fault(line: number, problem: "\(Excerpt.of(key)) stands before any section")
        }
        guard entries.count < Self.entriesMax else {
            throw Fault(line: number, problem: "the file has more than \(Self.entriesMax) keys")
        }
        let value = String(decoding: Self.trimmed(line[(equals + 1)...]), as: UTF8.self)
        entries.append(
            Entry(
                section: current, key: key, value: value, place: Place(line: number, column: 1)))
    }

    private var current = ""

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 32 || byte == 9 }

    private static func isWord(_ byte: UInt8) -> Bool {
        switch byte {
        case 48...57, 65...90, 97...122, UInt8(ascii: "-"): true
        default: false
        }
    }

    private static func trimmed(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let rest = bytes.drop(while: isSpace)
        return rest.dropLast(rest.reversed().prefix(while: isSpace).count)
    }
}
