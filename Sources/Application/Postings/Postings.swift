// Postings: what a service posts to the ledger for each block, in order, kept until the ledger has it
// on disk.
//
// Knows one passage and no meaning of what it carries. Bounds: a `Window`, `Desk.queueMax` bytes on
// the passage.

package import Bytes
internal import Findings
internal import LedgerTreaty
package import Passage
internal import Relay
internal import RiskTreaty

/// The frames of one kind on their way to the ledger.
package struct Postings: Sendable {
    /// What people call them in a note: `holds`.
    private let name: String
    private let kind: UInt16
    private let blocksMax: Int
    private var window: Window
    /// The passage to the ledger, while there is one.
    package private(set) var link: Link?
    /// The ledger said where it stands, and has not refused a posting since.
    private var isWanted = false
    /// Blocks whose last frame was sent, by the question.
    private var asked: [UInt64: UInt64] = [:]

    /// Nothing posted yet; at most `blocksMax` blocks wait for the ledger.
    package init(_ name: String, _ kind: UInt16, blocksMax: Int = Window.blocksMax) {
        self.name = name
        self.kind = kind
        self.blocksMax = blocksMax
        window = Window(.untilReleased, blocksMax: blocksMax)
    }

    /// No block may be appended until the ledger has one more on disk.
    package var isFull: Bool { window.isFull }
    /// Blocks that the ledger has not on disk.
    package var count: Int { window.count }

    /// The passage stands; it is asked where the ledger goes on by whoever opened it.
    package mutating func attach(_ link: Link) { self.link = link }

    /// The passage is gone; the blocks stay.
    package mutating func detach() {
        link = nil
        isWanted = false
        asked.removeAll()
    }

    /// Everything begins anew, the passage too.
    package mutating func reset(_ passages: inout Passages) {
        if let link { passages.close(link) }
        detach()
        window = Window(.untilReleased, blocksMax: blocksMax)
    }

    /// The frames of the next block, at least one.
    package mutating func append(_ block: UInt64, _ frames: [[UInt8]]) {
        window.append(block, frames)
    }

    /// Takes an answer of the ledger; false when it lacks blocks that are forgotten here.
    package mutating func take(
        _ message: Message, _ reader: inout ByteReader, _ passages: inout Passages,
        noting notes: inout [String]
    ) throws(Malformed) -> Bool {
        switch message.kind {
        case StreamMessage.resume.rawValue:
            let resume = try Resume.decode(&reader)
            try reader.finish()
            isWanted = true
            guard window.resume(behind: resume.block) else {
                notes.append(
                    "the ledger has block \(resume.block), the \(name) behind it are forgotten: "
                        + "everything starts from block 1")
                return false
            }
        case LedgerMessage.applied.rawValue:
            guard let block = asked.removeValue(forKey: message.correlation) else { return true }
            window.release(through: block)
        case LedgerMessage.halt.rawValue:
            let bytes = try reader.take(min(reader.remaining, 1_024))
            notes.append(
                "the ledger refused a posting: "
                    + Excerpt.of(String(decoding: bytes, as: UTF8.self), limit: 400))
            isWanted = false
        default: passages.close(message.link)
        }
        return true
    }

    /// Sends as long as the passage, on which `queueMax` bytes may wait, takes it.
    package mutating func send(
        _ passages: inout Passages, queueMax: Int, noting notes: inout [String]
    ) {
        guard let link, isWanted else { return }
        while passages.queued(link) <= queueMax, let frame = window.next() {
            guard let question = passages.ask(kind, on: link, { $0.append(frame.bytes) }) else {
                notes.append("the \(name) of block \(frame.block) cannot be sent to the ledger")
                passages.close(link)
                return detach()
            }
            if frame.isLast { asked[question] = frame.block }
        }
    }

    /// More can be sent at once.
    package func isEager(_ passages: borrowing Passages, queueMax: Int) -> Bool {
        guard let link, isWanted else { return false }
        return window.hasNext && passages.queued(link) <= queueMax
    }
}
