// The matching engine alone, for Benchmarks/engine:
//   pit make MARKET COUNT SEED FILE   writes a stream of commands, and prints how many open the book
//   pit run FILE OPENING LIMIT        commands a second behind the opening, and what came of them
//   pit trips FILE OPENING            nanoseconds of each command: median, 99th percentile
// A stream is 16 bytes for each command, as `Line` has them.

internal import Bytes
internal import Descriptors
internal import Glibc
internal import Matching
internal import Numerals
internal import OrderTreaty
internal import RiskTreaty

func nanoseconds() -> UInt64 {
    var now = timespec()
    unsafe clock_gettime(CLOCK_MONOTONIC, &now)
    return UInt64(now.tv_sec) &* 1_000_000_000 &+ UInt64(now.tv_nsec)
}

/// What came of a stream: both engines must say the same.
struct Outcome {
    var trades: UInt64 = 0
    var quantity: UInt64 = 0
    var value: UInt64 = 0

    @inline(__always)
    mutating func take(_ reports: [Report]) {
        for report in reports {
            guard case .trade(let trade) = report else { continue }
            trades &+= 1
            quantity &+= UInt64(trade.quantity.raw)
            value &+= UInt64(trade.quantity.raw) &* UInt64(trade.price.raw)
        }
    }
}

func read(_ path: String) throws -> [Line] {
    var reader = ByteReader(try Files.read(path, limit: 1 << 30))
    var lines: [Line] = []
    lines.reserveCapacity(reader.remaining / Line.bytes)
    while reader.remaining > 0 {
        guard let kind = Line.Kind(rawValue: try reader.integer()),
            let side = Side(rawValue: try reader.integer())
        else { fatalError("no command in \(path)") }
        _ = try reader.integer(UInt16.self)
        lines.append(
            Line(
                kind: kind, side: side, order: try reader.integer(),
                price: try reader.integer(), quantity: try reader.integer()))
    }
    return lines
}

func write(_ lines: [Line], _ path: String) throws {
    var writer = ByteWriter(capacity: lines.count * Line.bytes)
    for line in lines {
        writer.integer(line.kind.rawValue)
        writer.integer(line.side.rawValue)
        writer.integer(UInt16(0))
        writer.integer(line.order)
        writer.integer(line.price)
        writer.integer(line.quantity)
    }
    try Files.create(path).writeAll(writer.bytes)
}

/// Blocks of at most 64 commands: what a busy venue makes of them.
func blocks(_ lines: [Line], _ range: Range<Int>, size: Int, after: UInt64) -> [Instructions] {
    stride(from: range.lowerBound, to: range.upperBound, by: size).enumerated().map { place in
        let (index, start) = place
        let end = min(start + size, range.upperBound)
        return Stage.block(
            Array(lines[start..<end]), before: start, number: after + UInt64(index) + 1)
    }
}

func run(_ lines: [Line], opening: Int, limit: Int) throws -> (span: UInt64, outcome: Outcome) {
    var engine = Matching(Stage.listing)
    var reports: [Report] = []
    for block in blocks(lines, 0..<opening, size: 64, after: 0) {
        try engine.apply(block, into: &reports)
    }
    // All of them, so that two limits differ by what the engine did.
    let measured = blocks(lines, opening..<lines.count, size: 64, after: engine.block)
    var outcome = Outcome()
    let start = nanoseconds()
    for block in measured.prefix((limit + 63) / 64) {
        reports.removeAll(keepingCapacity: true)
        try engine.apply(block, into: &reports)
        outcome.take(reports)
    }
    return (nanoseconds() - start, outcome)
}

func trips(_ lines: [Line], opening: Int) throws -> [UInt32] {
    var engine = Matching(Stage.listing)
    var reports: [Report] = []
    for block in blocks(lines, 0..<opening, size: 64, after: 0) {
        try engine.apply(block, into: &reports)
    }
    let measured = blocks(lines, opening..<lines.count, size: 1, after: engine.block)
    var list: [UInt32] = []
    list.reserveCapacity(measured.count)
    var before = nanoseconds()
    for block in measured {
        reports.removeAll(keepingCapacity: true)
        try engine.apply(block, into: &reports)
        let now = nanoseconds()
        list.append(UInt32(truncatingIfNeeded: now - before))
        before = now
    }
    return list.sorted()
}

do {
    let words = CommandLine.arguments
    switch words.count > 1 ? words[1] : "" {
    case "make" where words.count == 6:
        guard let market = Market(rawValue: words[2]), let count = Int(words[3]),
            let seed = UInt64(words[4])
        else { fatalError("pit make MARKET COUNT SEED FILE") }
        var stream = Stream(market, seed: seed)
        let opening = stream.make(count)
        try write(stream.lines, words[5])
        print(opening)
    case "run" where words.count == 5:
        guard let opening = Int(words[3]), let limit = Int(words[4]) else {
            fatalError("pit run FILE OPENING LIMIT")
        }
        let (span, outcome) = try run(try read(words[2]), opening: opening, limit: limit)
        print(
            Int(Double(limit) * 1e9 / Double(max(span, 1))), outcome.trades, outcome.quantity,
            outcome.value)
    case "trips" where words.count == 4:
        guard let opening = Int(words[3]) else { fatalError("pit trips FILE OPENING") }
        let list = try trips(try read(words[2]), opening: opening)
        print(list[list.count / 2], list[list.count * 99 / 100])
    default: fatalError("pit make | run | trips")
    }
} catch {
    print("\(error)")
    exit(3)
}
