internal import Addresses
internal import Bytes

/// Which names and paths a deployment may hold.
enum Names {
    static let pathMax = 4096

    /// 1 to 32 of a-z, 0-9 and `-`, starting with a letter.
    static func isSimple(_ name: some StringProtocol) -> Bool {
        let letters = UInt8(ascii: "a")...UInt8(ascii: "z")
        guard let first = name.utf8.first, letters.contains(first), name.utf8.count <= 32 else {
            return false
        }
        return name.utf8.allSatisfy {
            letters.contains($0) || (48...57).contains($0) || $0 == UInt8(ascii: "-")
        }
    }

    /// `name`, `name.2`, `trail.name` or `trail.name.2`.
    static func isCompartment(_ name: String) -> Bool {
        var parts = name.split(separator: ".", omittingEmptySubsequences: false)[...]
        if parts.count > 1, parts.first == "trail" { parts = parts.dropFirst() }
        guard let base = parts.popFirst(), isSimple(base) else { return false }
        guard let instance = parts.popFirst() else { return true }
        return parts.isEmpty && (1...4).contains(instance.utf8.count) && instance.utf8.first != 48
            && instance.utf8.allSatisfy { (48...57).contains($0) }
    }

    /// A name of LISTEN_FDNAMES: 1 to 64 of a-z, 0-9, `-` and `_`.
    static func isPort(_ name: String) -> Bool {
        (1...64).contains(name.utf8.count)
            && name.utf8.allSatisfy {
                (97...122).contains($0) || (48...57).contains($0) || $0 == 45 || $0 == 95
            }
    }

    /// A port's name, behind which a compartment's may stand: `name`, `name.peer`, `name.peer.2`.
    static func isChannel(_ name: String) -> Bool {
        let parts = name.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard let base = parts.first, isPort(String(base)) else { return false }
        return name.utf8.count <= 64 && (parts.count == 1 || isCompartment(String(parts[1])))
    }

    /// Absolute, below 4,096 bytes, without empty, `.` or `..` components; `/` where allowed.
    static func isPath(_ path: String, root: Bool = false) -> Bool {
        if path == "/" { return root }
        guard path.utf8.first == UInt8(ascii: "/"), path.utf8.count < pathMax else { return false }
        return path.utf8.dropFirst().split(
            separator: UInt8(ascii: "/"), omittingEmptySubsequences: false
        ).allSatisfy { part in
            !part.isEmpty && part.count <= 255 && !part.elementsEqual(".".utf8)
                && !part.elementsEqual("..".utf8)
        }
    }
}

extension ByteWriter {
    mutating func list<Item>(_ items: [Item], _ write: (Item, inout ByteWriter) -> Void) {
        integer(UInt32(clamping: items.count))
        for item in items { write(item, &self) }
    }

    /// An index; one that no count reaches where it does not fit, so that decoding refuses it.
    mutating func index(_ index: Int) { integer(UInt32(exactly: index) ?? .max) }

    mutating func tagged(_ tag: UInt8, _ index: Int) {
        integer(tag)
        self.index(index)
    }

    mutating func port(_ port: Port) {
        integer(port.transport.rawValue)
        integer(port.number)
    }
}

extension ByteReader {
    mutating func index(below count: Int) throws(Malformed) -> Int {
        let at = position
        let index = try integer(UInt32.self)
        guard index < count else { throw Malformed(at: at, expected: "an index of what is there") }
        return Int(index)
    }

    mutating func port() throws(Malformed) -> Port {
        let at = position
        guard let transport = Transport(rawValue: try integer()),
            let port = Port(transport, try integer())
        else { throw Malformed(at: at, expected: "a port") }
        return port
    }

    mutating func path(root: Bool = false) throws(Malformed) -> String {
        let at = position
        let path = try text(limit: Names.pathMax)
        guard Names.isPath(path, root: root) else {
            throw Malformed(at: at, expected: "an absolute path without dots")
        }
        return path
    }

    /// A number inside its bounds.
    mutating func bounded<Value: FixedWidthInteger>(
        _ range: ClosedRange<Value>
    ) throws(Malformed) -> Value {
        let at = position
        let value = try integer(Value.self)
        guard range.contains(value) else {
            throw Malformed(at: at, expected: "a number within its bounds")
        }
        return value
    }

    mutating func flag() throws(Malformed) -> Bool { try bounded(0...UInt8(1)) == 1 }

    mutating func list<Item>(
        limit: Int, _ read: (inout ByteReader) throws(Malformed) -> Item
    ) throws(Malformed) -> [Item] {
        let count = try count(limit: limit)
        var items: [Item] = []
        for _ in 0..<count { items.append(try read(&self)) }
        return items
    }
}
