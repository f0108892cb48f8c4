internal import Numerals

/// Reads order flow as CSV: a line a message, seven columns, and lines that begin with `#` between.
///
/// `message,order,side,shares,stock,price,new`: `add` has the first six, `execute` and `reduce` order
/// and shares, `delete` the order, `replace` order, shares, price and the order's new number; the
/// other columns are empty. Bounds: 128 bytes a line, four digits after a price's point.
struct FlowText: Sendable {
    static let header = "message,order,side,shares,stock,price,new"
    static let lineMax = 128

    private let bytes: [UInt8]
    private var position = 0
    private var line = 0
    private var sawHeader = false

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    private func flaw(_ problem: String) -> FlowFile.Flaw {
        FlowFile.Flaw(place: "line \(line)", problem: problem)
    }

    /// The next message; nil at the end.
    mutating func next() throws(FlowFile.Flaw) -> FlowMessage? {
        while position < bytes.count {
            line += 1
            let text = bytes[position...].prefix(Self.lineMax + 1)
            guard let end = text.firstIndex(of: 0x0A) else {
                throw flaw(
                    text.count > Self.lineMax
                        ? "it is longer than \(Self.lineMax) bytes"
                        : "the file ends inside it")
            }
            let range = position..<end
            position = end + 1
            if bytes[range].first == UInt8(ascii: "#") { continue }
            if sawHeader { return try message(range) }
            guard bytes[range].elementsEqual(Self.header.utf8) else {
                throw flaw("the first line is not `\(Self.header)`")
            }
            sawHeader = true
        }
        guard sawHeader else { throw flaw("the file has no line `\(Self.header)`") }
        return nil
    }

    /// Columns by their place in the header.
    private enum Column: Int, CaseIterable { case message, order, side, shares, stock, price, new }

    private func message(_ range: Range<Int>) throws(FlowFile.Flaw) -> FlowMessage {
        let columns = bytes[range].split(
            separator: UInt8(ascii: ","), omittingEmptySubsequences: false
        ).map(\.indices)
        guard columns.count == Column.allCases.count else {
            throw flaw("it has \(columns.count) columns, not \(Column.allCases.count)")
        }
        func only(_ used: [Column]) throws(FlowFile.Flaw) {
            for column in Column.allCases.dropFirst() where !used.contains(column) {
                guard columns[column.rawValue].isEmpty else {
                    throw flaw("\(column) must be empty for this message")
                }
            }
        }
        func number(_ column: Column, _ most: Int64, digits: Int = 0) throws(FlowFile.Flaw)
            -> UInt64
        {
            let value = FixedPoint.parse(bytes, in: columns[column.rawValue], digits: digits)
            guard let value, (1...most).contains(value) else {
                throw flaw("\(column) is no number above zero that fits")
            }
            return UInt64(value)
        }
        func order() throws(FlowFile.Flaw) -> UInt64 { try number(.order, .max) }
        func shares() throws(FlowFile.Flaw) -> UInt32 {
            UInt32(try number(.shares, Int64(UInt32.max)))
        }
        func price() throws(FlowFile.Flaw) -> UInt32 {
            UInt32(try number(.price, Int64(UInt32.max), digits: 4))
        }
        switch String(decoding: bytes[columns[0]], as: UTF8.self) {
        case "add":
            try only([.order, .side, .shares, .stock, .price])
            return .add(
                reference: try order(), isBuy: try isBuy(columns[Column.side.rawValue]),
                shares: try shares(), stock: try stock(columns[Column.stock.rawValue]),
                price: try price())
        case "execute":
            try only([.order, .shares])
            return .executed(reference: try order(), shares: try shares())
        case "reduce":
            try only([.order, .shares])
            return .reduce(reference: try order(), shares: try shares())
        case "delete":
            try only([.order])
            return .delete(reference: try order())
        case "replace":
            try only([.order, .shares, .price, .new])
            return .replace(
                old: try order(), new: try number(.new, .max), shares: try shares(),
                price: try price())
        default: throw flaw("message is not add, execute, reduce, delete or replace")
        }
    }

    private func isBuy(_ range: Range<Int>) throws(FlowFile.Flaw) -> Bool {
        if bytes[range].elementsEqual("buy".utf8) { return true }
        guard bytes[range].elementsEqual("sell".utf8) else {
            throw flaw("side is neither buy nor sell")
        }
        return false
    }

    private func stock(_ range: Range<Int>) throws(FlowFile.Flaw) -> String {
        guard (1...8).contains(range.count),
            bytes[range].allSatisfy({ (0x21...0x7E).contains($0) })
        else { throw flaw("stock is no name of 1 to 8 plain characters") }
        return String(decoding: bytes[range], as: UTF8.self)
    }
}
