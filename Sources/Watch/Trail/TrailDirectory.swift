internal import Bytes
internal import Descriptors
package import Signatures

/// Names and small files of a trail's directory.
package struct TrailDirectory: Sendable, Equatable {
    /// Absolute path.
    package let path: String

    package init(_ path: String) { self.path = Files.resolve(path) ?? path }

    /// Most segments of one trail.
    static let segmentsMax = 100_000

    var key: String { path + "/key" }
    var publicKey: String { path + "/key.public" }
    var head: String { path + "/head" }
    var reserve: String { path + "/reserve" }

    static func name(ofSegment number: UInt64) -> String {
        let text = String(number)
        return String(repeating: "0", count: max(0, 8 - text.utf8.count)) + text + ".segment"
    }

    func segment(_ number: UInt64) -> String { path + "/" + Self.name(ofSegment: number) }

    /// A segment file and its size when it was listed.
    struct Segment: Sendable, Equatable {
        let number: UInt64
        let size: UInt64
    }

    /// The segments there are, by number; gaps are the reader's to find.
    func segments() throws(SystemFailure) -> [Segment] {
        var found: [Segment] = []
        for name in try Files.list(path, limit: Self.segmentsMax + 16) {
            guard name.hasSuffix(".segment"),
                let number = UInt64(name.dropLast(8)), Self.name(ofSegment: number) == name,
                let facts = Files.facts(of: path + "/" + name), facts.isRegular
            else { continue }
            found.append(Segment(number: number, size: UInt64(max(0, facts.size))))
        }
        return found.sorted { $0.number < $1.number }
    }

    /// Whether a trail has begun here.
    package var holdsTrail: Bool {
        Files.facts(of: head) != nil || Files.facts(of: publicKey) != nil
            || Files.facts(of: segment(0)) != nil
    }

    /// The key that the directory itself names; nil when the file is missing or no key.
    package func statedKey() -> PublicKey? {
        guard let text = try? Files.read(publicKey, limit: 128) else { return nil }
        let line = String(decoding: text, as: UTF8.self).split(whereSeparator: \.isNewline).first
        return line.flatMap { Hexadecimal.parse($0) }.flatMap { PublicKey($0) }
    }

    /// The head's bytes; nil when it is missing.
    func headBytes() -> [UInt8]? { try? Files.read(head, limit: TrailHead.bytes * 2) }
}
