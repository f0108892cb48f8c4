import AdminTreaty
import Chance
import Descriptors
import Journal
import Numerals
import OrderTreaty
import Orders
import RiskTreaty
import Testing

/// What clients were told, over any number of runs.
private struct Promises {
    var orders: [String: OrderID] = [:]
    var accounts: UInt64 = 0

    mutating func note(_ rig: borrowing Rig, _ tickets: [UInt64: String]) {
        for (ticket, id) in tickets {
            guard let view = rig.view(ticket) else { continue }
            #expect(orders[id] == nil || orders[id] == view.id, "\(id) is one order for ever")
            orders[id] = view.id
        }
    }
}

@Suite("Orders under crashes")
struct CrashTests {
    private func act(
        _ rig: inout Rig, _ random: inout Seeded, _ tickets: inout [UInt64: String],
        _ count: inout Int
    ) throws {
        switch Int.random(in: 0..<12, using: &random) {
        case 0...5:
            let isRetry = count > 0 && Int.random(in: 0..<4, using: &random) == 0
            let number = isRetry ? Int.random(in: 0..<count, using: &random) : count
            if !isRetry { count += 1 }
            // What is asked follows from the id, so that a retry is one.
            let side = number % 2 == 0 ? "buy" : "sell"
            let price = String(900 + number * 35 % 200 / 5 * 5)
            let id = "id-\(number)"
            tickets[
                rig.submit(
                    rig.client.place(
                        id, side, "1", at: price, account: UInt32(number % 2 + 1)), .place)] = id
        case 6:
            guard count > 0 else { return }
            let number = Int.random(in: 0..<count, using: &random)
            _ = rig.submit(
                rig.client.sign(
                    "DELETE", "/v1/orders/id-\(number)", account: UInt32(number % 2 + 1)), .cancel)
        case 7: _ = rig.submit(.credit(AccountID(1), CurrencyID(1), Amount(7)))
        case 8: try rig.close()
        case 9: try rig.sync()
        case 10: try rig.send(Int.random(in: 1...3, using: &random))
        default: try rig.receive(Int.random(in: 1...3, using: &random))
        }
    }

    /// Ends a run: the process alone, or the whole machine, which may lose what no sync covered.
    private func crash(
        _ place: Place, _ rig: consuming Rig, _ random: inout Seeded
    ) throws -> (Decider, Client) {
        let isMachine = Bool.random(using: &random)
        let isUnsynced = rig.orders.synced < rig.orders.journaled
        let client = rig.client
        let decider = isMachine || Bool.random(using: &random) ? Decider() : rig.decider
        let last = rig.journal.last
        let wasSynced = rig.journal.synced == last
        rig.journal.close()
        if isMachine && isUnsynced && !wasSynced {
            try tear(place, &random)
        }
        return (decider, client)
    }

    /// Zeroes a part of the last record, as a disk does that wrote some sectors of it.
    private func tear(_ place: Place, _ random: inout Seeded) throws {
        for number in (0..<9).reversed() {
            let path = "\(place.path)/0000000\(number).journal"
            guard let bytes = try? Files.read(path, limit: 1 << 20),
                let end = bytes.lastIndex(where: { $0 != 0 })
            else { continue }
            let magic: [UInt8] = [0x42, 0x4B, 0x4A, 0x31]
            guard
                let start = stride(from: end / 16 * 16, through: 0, by: -16).first(where: {
                    Array(bytes[$0..<min($0 + 4, bytes.count)]) == magic
                })
            else { continue }
            let cut = Int.random(in: start...end, using: &random)
            let file = try Files.openUpdate(path, create: false)
            try file.writeAt(UInt64(cut), [UInt8](repeating: 0, count: end + 1 - cut))
            return
        }
    }

    @Test(
        "every acknowledged order is there after any crash, none is placed twice",
        arguments: 1...12 as ClosedRange<UInt64>)
    func crashes(seed: UInt64) throws {
        var random = Seeded(state: seed)
        let place = try Place()
        var promises = Promises()
        var count = 0
        var decider = Decider()
        var client = Client()
        for run in 0..<8 {
            var rig = try Rig(place.path, decider, client)
            try rig.attach()
            try rig.run()
            if run == 0 { try rig.fund() }
            for (id, order) in promises.orders {
                let number = UInt32(id.dropFirst(3)) ?? 0
                let ticket = rig.submit(
                    rig.client.sign("GET", "/v1/orders/\(id)", account: number % 2 + 1), .query)
                #expect(rig.view(ticket)?.id == order, "seed \(seed), run \(run): \(id) is lost")
            }
            var tickets: [UInt64: String] = [:]
            for _ in 0..<Int.random(in: 5...80, using: &random) {
                try act(&rig, &random, &tickets, &count)
            }
            promises.note(rig, tickets)
            (decider, client) = try crash(place, rig, &random)
        }
        try replays(place, promises)
    }

    /// The journal alone gives the same state twice, and holds every order once.
    private func replays(_ place: Place, _ promises: Promises) throws {
        var digests: [[UInt8]] = []
        for _ in 0..<2 {
            var rig = try Rig(place.path)
            try rig.attach()
            try rig.run()
            digests.append(rig.orders.stateDigest())
            #expect(rig.orders.answered == rig.journal.last)
        }
        #expect(digests[0] == digests[1])
        let journal = try Journal.open(place.path, Rig.journalLimits)
        var placed: [String: OrderID] = [:]
        var next: UInt64 = 1
        var reader = try journal.reader(from: 1)
        while let bytes = try reader.next(through: journal.last) {
            let block = try Rig.decode(bytes)
            #expect(block.first == next)
            for (index, command) in block.commands.enumerated() {
                guard case .place(let order) = command else { continue }
                let id = OrderID(block.first + UInt64(index))
                #expect(placed.updateValue(id, forKey: order.client.text) == nil)
            }
            next += UInt64(block.commands.count)
        }
        for (id, order) in promises.orders { #expect(placed[id] == order) }
    }
}
