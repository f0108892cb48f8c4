import Addresses
import AuditTreaty
import Bytes
import ClientAPI
import ClientWire
import Descriptors
import Glibc
import Journal
import Load
import MarketData
import Matching
import Notation
import Numerals
import OrderTreaty
import Risk

// Files of the exchange, and the small texts in all of them.
extension Door {
    private static let listed =
        #"{"currencies": [{"name": "BTC", "digits": 2}, {"name": "USD", "digits": 2}], "#
        + #""instruments": [{"symbol": "BTC-USD", "base": "BTC", "quote": "USD", "#
        + #""priceDigits": 1, "tick": "0.5", "lot": "0.20", "quantityMax": "90", "#
        + #""valueMin": "1", "valueMax": "900000", "collar": 1000, "makerFee": 5, "#
        + #""takerFee": 10, "reference": "100.0"}]}"#

    /// What is listed can be traded: the engines take it, and a least order is worth something.
    static let listingFile = Door(name: "listing") {
        [Array(listed.utf8)]
    } take: { bytes in
        let text = String(decoding: bytes, as: UTF8.self)
        if let document = try? JSON.parse(text) { _ = try? PublicListing.parse(document) }
        guard let listing = try? Listing.parse(text) else { return }
        require(listing.instruments.count <= Listing.countMax, "more instruments than the bound")
        for one in listing.instruments {
            require(one.notional(one.tick, one.lot) != nil, "a least order has no exact value")
            let isPlain = one.symbol.utf8.allSatisfy { (0x21...0x7E).contains($0) }
            require(isPlain, "a symbol that no client can write")
        }
        _ = (Risk(listing), Matching(listing), MarketData(listing), Catalogue(listing))
    }

    private static func message(_ type: UInt8, _ fields: [(Int, [UInt8])]) -> [UInt8] {
        let length = ITCHReader.length(type) ?? 0
        var body = [UInt8](repeating: 0, count: length)
        body[0] = type
        for (place, bytes) in fields {
            body.replaceSubrange(place..<place + bytes.count, with: bytes)
        }
        return [UInt8(length >> 8), UInt8(length & 255)] + body
    }

    /// A recorded order flow, in either form, to steps of the load.
    static let flow = Door(name: "flow") {
        let add: [UInt8] = message(
            UInt8(ascii: "A"),
            [
                (18, [7]), (19, [UInt8(ascii: "B"), 0, 0, 0, 100]), (24, Array("ABCD    ".utf8)),
                (32, [0, 1, 0, 0]),
            ])
        let rest =
            message(UInt8(ascii: "U"), [(18, [7]), (26, [8]), (27, [0, 0, 0, 9, 0, 1, 0, 0])])
            + message(UInt8(ascii: "E"), [(18, [8])]) + message(UInt8(ascii: "D"), [(18, [8])])
        let text =
            "# a\nmessage,order,side,shares,stock,price,new\nadd,7,buy,100,ABCD,10.25,\n"
            + "replace,7,,90,,10.0001,8\nexecute,8,,1,,,\nreduce,8,,1,,,\ndelete,8,,,,,\n"
        return [
            add + rest, message(UInt8(ascii: "S"), []) + add, [0, 0] + add.dropFirst(2),
            Array(text.utf8),
        ]
    } take: { bytes in
        var flow = ReplayFlow(bytes, accounts: 3, listing: listing, mids: [Price(100)])
        var steps = 0
        while let step = try? flow.next() {
            steps += 1
            require(steps <= bytes.count, "more steps than a file of this size can hold")
            switch step {
            case .place(let account, let order):
                require((0..<3).contains(account), "an account of nobody")
                require(order.quantity.raw > 0 && order.price?.raw ?? 1 > 0, "an order for nothing")
            case .replace(_, let price, let quantity):
                require(price.raw > 0 && quantity.raw > 0, "a change to nothing")
            case .cancel: break
            }
        }
    }

    /// Texts of numbers, addresses and times: the first byte says how many digits a number has.
    static let number = Door(name: "number") {
        ["\u{2}12.34", "\u{0}9223372036854775807", "\u{8}0.00000001", " 10.0.0.0/8", " tcp/80"]
            .map { Array($0.utf8) }
            + ["127.0.0.1:8443", "00ff", "2026-11-21T08:00:00Z"].map { Array($0.utf8) }
    } take: { bytes in
        guard let first = bytes.first else { return }
        let digits = Int(first) % (FixedPoint.digitsMax + 1)
        let value = FixedPoint.parse(bytes.dropFirst(), digits: digits)
        require(
            FixedPoint.parse(bytes, in: 1..<bytes.count, digits: digits) == value,
            "two readings of a number")
        if let value {
            let text = FixedPoint.render(value, digits: digits)
            require(FixedPoint.parse(text.utf8, digits: digits) == value, "another number")
            var appended: [UInt8] = []
            FixedPoint.append(value, digits: digits, to: &appended)
            require(appended == Array(text.utf8), "two writings of a number")
        }
        let text = String(decoding: bytes, as: UTF8.self)
        if let address = Address(text) { require(address.description == text, "an address") }
        if let port = Port(text) { require(port.description == text, "a port") }
        if let prefix = Prefix(text) { require(Prefix(prefix.description) == prefix, "a network") }
        if let end = Endpoint(text) { require(Endpoint(end.description) == end, "an endpoint") }
        if let client = ClientOrderID(text) { require(client.text == text, "a client's order id") }
        if let digits = Hexadecimal.parse(text) {
            require(Hexadecimal.render(digits) == text.lowercased(), "hexadecimal digits")
        }
        _ = EventText.parse(time: text)
    }

    private static let limits = JournalLimits(segmentBytes: 1_024, payloadMax: 128)
    private static let records = (1...3 as ClosedRange<UInt8>).map { number in
        [UInt8](repeating: number, count: 40 * Int(number))
    }

    /// A journal of three records; made once, by its own writer.
    private static let journaled: (path: String, file: String, bytes: [UInt8]) = {
        let path = "/tmp/bulkhead-fuzz-journal-\(getpid())"
        if var journal = try? Journal.open(path, limits) {
            for record in records {
                _ = try? journal.append(record)
                try? journal.sync()
                while journal.isSyncing { _ = try? journal.settle() }
            }
            journal.close()
        }
        _ = atexit {
            for name in (try? Files.list(Door.journaled.path)) ?? [] {
                try? Files.remove("\(Door.journaled.path)/\(name)")
            }
            _ = unsafe rmdir(Door.journaled.path)
        }
        let file = ((try? Files.list(path)) ?? []).sorted().first { $0 != "lock" } ?? ""
        return (path, file, (try? Files.read("\(path)/\(file)", limit: 1 << 20)) ?? [])
    }()

    /// The first segment of a journal is somebody else's: what is read is what was written, or less.
    static let journal = Door(name: "journal") {
        [journaled.bytes]
    } take: { bytes in
        let path = "\(journaled.path)/\(journaled.file)"
        var segment = Array(bytes.prefix(limits.segmentBytes))
        segment += [UInt8](repeating: 0, count: limits.segmentBytes - segment.count)
        try? Files.create(path).writeAll(segment)
        guard let journal = try? Journal.open(journaled.path, limits) else { return }
        var read: [[UInt8]] = []
        if var reader = try? journal.reader(from: 1) {
            while let record = try? reader.next(through: journal.last) { read.append(record) }
        }
        require(UInt64(read.count) == journal.last, "an open journal cannot be read")
        require(read == Array(records.prefix(read.count)), "other records than were written")
        journal.close()
    }
}
