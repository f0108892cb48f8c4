/// What an order-flow file says: the messages about orders, and the type of every other.
package enum FlowMessage: Sendable, Hashable {
    /// Prices count ten-thousandths.
    case add(reference: UInt64, isBuy: Bool, shares: UInt32, stock: String, price: UInt32)
    case executed(reference: UInt64, shares: UInt32)
    /// So many shares fewer.
    case reduce(reference: UInt64, shares: UInt32)
    case delete(reference: UInt64)
    case replace(old: UInt64, new: UInt64, shares: UInt32, price: UInt32)
    /// By its letter.
    case other(UInt8)
}

/// A file of recorded order flow: NASDAQ TotalView-ITCH 5.0, or the same messages as CSV.
///
/// A message of ITCH begins with a length below 256, so its first byte is zero; a text has none.
package struct FlowFile: Sendable {
    /// Largest file.
    package static let bytesMax = 1 << 30

    /// Where and why a file is none.
    package struct Flaw: Error, Sendable, Hashable {
        /// `byte N` or `line N`.
        package let place: String
        package let problem: String
    }

    private enum Form {
        case itch(ITCHReader)
        case text(FlowText)
        case empty
    }

    private var form: Form

    /// Over a whole file.
    package init(_ bytes: [UInt8]) {
        switch bytes.first {
        case nil: form = .empty
        case 0: form = .itch(ITCHReader(bytes))
        default: form = .text(FlowText(bytes))
        }
    }

    /// The next message; nil at the end.
    package mutating func next() throws(Flaw) -> FlowMessage? {
        switch form {
        case .empty: throw Flaw(place: "byte 0", problem: "the file is empty")
        case .text(var text):
            let message = try text.next()
            form = .text(text)
            return message
        case .itch(var itch):
            do throws(ITCHReader.Flaw) {
                let message = try itch.next()
                form = .itch(itch)
                return message
            } catch {
                throw Flaw(place: "byte \(error.offset)", problem: error.problem.words)
            }
        }
    }
}

extension ITCHReader.Problem {
    /// For people.
    var words: String {
        switch self {
        case .unknownType: "no message of the format has this type"
        case .wrongLength: "the length is not that of the message's type"
        case .cutShort: "the file ends inside a message"
        case .unknownSide: "the side is neither B nor S"
        case .unreadableStock: "the stock has no plain name"
        }
    }
}
