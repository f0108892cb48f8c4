internal import Addresses
internal import Findings
internal import Permits
internal import UnitFiles

/// What a unit comes to when systemd reads it: each key with its values, nothing unknown.
struct ReadUnit {
    /// How a key's assignments come together.
    enum Kind {
        /// The last one counts.
        case single
        /// The same, of a key where a percent sign is one.
        case plain
        /// All words count.
        case words
        /// All lines count, each for itself.
        case lines
        /// One command.
        case command
    }

    /// `Service.Type` and its values; a list that is emptied is there with none.
    private(set) var values: [String: [String]] = [:]
    private let file: Rendering.File

    init(_ file: Rendering.File, _ kinds: [String: Kind]) throws(Failure) {
        self.file = file
        let (unit, findings) = UnitFile.read(Array(file.text.utf8))
        guard let unit else {
            let line = findings.first?.line(file: file.name) ?? "\(file.name) cannot be read"
            throw Rendering.unproved(line)
        }
        for section in unit.sections {
            for key in unit.keys(section) {
                let name = "\(section).\(key)"
                guard let kind = kinds[name] else {
                    throw Rendering.unproved("\(file.name) has the unknown key \(name)")
                }
                do throws(UnitText.Fault) {
                    values[name] = try Self.values(unit, section, key, kind)
                } catch {
                    throw Rendering.unproved("\(file.name): \(name) cannot be taken apart")
                }
            }
        }
    }

    private static func values(
        _ unit: UnitFile, _ section: String, _ key: String, _ kind: Kind
    ) throws(UnitText.Fault) -> [String]? {
        switch kind {
        case .single:
            return try unit.single(section, key).map { value throws(UnitText.Fault) in
                [try UnitText.expanded(value)]
            }
        case .plain: return unit.single(section, key).map { [$0] }
        case .lines: return unit.lines(section, key)
        case .words:
            guard let words = try unit.words(section, key) else { return nil }
            var values: [String] = []
            for word in words { values.append(try UnitText.expanded(word)) }
            return values
        case .command:
            guard let lines = unit.lines(section, key) else { return nil }
            guard lines.count == 1 else { throw .command }
            return try UnitText.command(lines[0])
        }
    }

    /// A key's values, which are then no longer among those to compare.
    mutating func take(_ key: String) -> [String]? { values.removeValue(forKey: key) }

    /// Addresses that it may speak with, apart and ascending.
    mutating func allowed(_ section: String) throws(Failure) -> [ClosedRange<UInt32>] {
        var ranges: [ClosedRange<UInt32>] = []
        for word in take("\(section).IPAddressAllow") ?? [] {
            if let address = Address(word) {
                ranges.append(address.value...address.value)
            } else if let prefix = Prefix(word) {
                ranges.append(prefix.base.value...prefix.last.value)
            } else {
                throw Rendering.unproved("\(file.name) allows `\(Excerpt.of(word))`")
            }
        }
        return Self.joined(ranges)
    }

    /// Ports that it may take.
    mutating func ports() throws(Failure) -> Set<Port> {
        var ports: Set<Port> = []
        for word in take("Service.SocketBindAllow") ?? [] {
            let parts = word.split(separator: ":", omittingEmptySubsequences: false)
            guard parts.count == 3, parts[0] == "ipv4", let port = Port("\(parts[1])/\(parts[2])")
            else { throw Rendering.unproved("\(file.name) takes `\(Excerpt.of(word))`") }
            ports.insert(port)
        }
        return ports
    }

    static func joined(_ ranges: [ClosedRange<UInt32>]) -> [ClosedRange<UInt32>] {
        var joined: [ClosedRange<UInt32>] = []
        for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if let last = joined.last, UInt64(range.lowerBound) <= UInt64(last.upperBound) + 1 {
                joined[joined.count - 1] = last.lowerBound...max(last.upperBound, range.upperBound)
            } else {
                joined.append(range)
            }
        }
        return joined
    }
}
