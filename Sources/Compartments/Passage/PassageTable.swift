package import Addresses

/// Who a service is, who may open passages to it, and to whom it opens some.
///
/// Text, one line an entry, words divided by single spaces:
/// `self NAME ADDRESS`, then `public ADDRESS` (where we are published),
/// `accept PEER ADDRESS PORT MESSAGE,…`, `open PEER ADDRESS PORT MESSAGE,…`. Lines that differ in
/// messages only are one passage. Bounds: 256 KiB, 1,024 lines, 64 messages a line.
package struct PassageTable: Sendable, Equatable {
    /// The name of the sealed descriptor that holds it.
    package static let descriptor = "passages"
    package static let bytesMax = 256 << 10
    package static let linesMax = 1_024
    package static let messagesMax = 64
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
    /// Addresses under which the service is published.
    package var published: [Address]
    package var lines: [Line]

    /// Puts a table together.
    package init(name: String, address: Address, published: [Address] = [], lines: [Line]) {
        self.name = name
        self.address = address
        self.published = published
        self.lines = lines
    }
}

extension PassageTable {
    /// The table as text, which `init(parsing:)` reads back.
    package func render() -> String {
        var text = "self \(name) \(address)\n"
        for address in published { text += "public \(address)\n" }
        for line in lines {
            text += line.direction == .accept ? "accept" : "open"
            text += " \(line.peer) \(line.address) \(line.port) "
            text += line.messages.joined(separator: ",") + "\n"
        }
        return text
    }
}
