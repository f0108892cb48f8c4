package import Addresses
internal import Descriptors
package import Findings

/// Who a service is, who may open passages to it, and to whom it opens some.
///
/// Text, one line an entry, words divided by single spaces:
/// `self NAME ADDRESS`, `accept PEER ADDRESS PORT MESSAGE,…`, `open PEER ADDRESS PORT MESSAGE,…`.
/// Bounds: 64 KiB, 256 lines, 32 messages a line.
package struct PassageTable: Sendable, Equatable {
    /// Where a service finds it in its root.
    package static let path = "/etc/bulkhead/passages"
    package static let bytesMax = 64 << 10
    package static let linesMax = 256
    package static let messagesMax = 32
    package static let nameMax = 63

    /// Which end begins.
    package enum Direction: Sendable, Equatable {
        /// The peer opens it to our port.
        case accept
        /// We open it to the peer's port.
        case open
    }

    /// One passage.
    package struct Line: Sendable, Equatable {
        package var direction: Direction
        package var peer: String
        package var address: Address
        package var port: UInt16
        /// Words that the one that opens may say.
        package var messages: [String]

        /// Puts a line together.
        package init(
            _ direction: Direction, _ peer: String, _ address: Address, _ port: UInt16,
            _ messages: [String]
        ) {
            self.direction = direction
            self.peer = peer
            self.address = address
            self.port = port
            self.messages = messages
        }
    }

    package var name: String
    package var address: Address
    package var lines: [Line]

    /// Puts a table together.
    package init(name: String, address: Address, lines: [Line]) {
        self.name = name
        self.address = address
        self.lines = lines
    }

    /// Reads the file of a service's root.
    package static func load(_ path: String = Self.path) throws(Failure) -> PassageTable {
        let bytes: [UInt8]
        do throws(SystemFailure) {
            bytes = try Files.read(path, limit: bytesMax)
        } catch {
            throw Self.wrong("\(error)")
        }
        return try PassageTable(parsing: bytes)
    }
}

extension PassageTable {
    /// The table as text, which `init(parsing:)` reads back.
    package func render() -> String {
        var text = "self \(name) \(address)\n"
        for line in lines {
            text += line.direction == .accept ? "accept" : "open"
            text += " \(line.peer) \(line.address) \(line.port) "
            text += line.messages.joined(separator: ",") + "\n"
        }
        return text
    }
}
