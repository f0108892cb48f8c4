internal import LedgerBook
internal import OrderTreaty
package import SQLiteStore

/// What adding everything up again found.
package struct Proof: Sendable, Equatable {
    /// Blocks read.
    package var blocks = 0
    /// Transfers read.
    package var transfers = 0
    /// The first thing that does not fit; nil when all does.
    package var problem: String?
}

extension LedgerStore {
    /// Transfers in the file.
    package mutating func transferCount() throws(StoreFailure) -> Int {
        Int(try database.scalar("SELECT sum(transfers) FROM blocks") ?? 0)
    }

    /// Reads every transfer and compares: the chain of each block, the balances, the trial balance
    /// of each currency, and what is pending; with `structure` also the file's own structure.
    package mutating func verify(
        currencies: Int, structure: Bool = true
    ) throws(StoreFailure) -> Proof {
        if structure, let problem = try database.structureProblem() {
            return Proof(problem: problem)
        }
        var proof = Proof()
        var sums = Sums()
        proof.problem = try readJournal(&proof, &sums)
        guard proof.problem == nil else { return proof }
        let book: LedgerBook
        do throws(StoreFailure) {
            book = try load(currencies: currencies)
        } catch  where error.code == .corrupt {
            proof.problem = error.problem
            return proof
        }
        for entry in book.entries {
            for part in Place.Part.allCases {
                let place = Place(entry.account, part)
                let stored = book.amount(place, entry.currency)
                let added = sums.take(place, entry.currency)
                guard stored == added else {
                    proof.problem =
                        "account \(entry.account.raw), currency \(entry.currency.raw), \(part): "
                        + "\(stored) is kept, the transfers give \(added)"
                    return proof
                }
            }
        }
        if !sums.isEmpty { proof.problem = "transfers of accounts that have no balance" }
        return proof
    }

    /// Every block with its transfers; what does not fit, or nil.
    private mutating func readJournal(
        _ proof: inout Proof, _ sums: inout Sums
    ) throws(StoreFailure) -> String? {
        let blocks = prepared.blocks
        let rows = prepared.transfers
        defer {
            database.reset(blocks)
            database.reset(rows)
        }
        var chain = Position().chain
        while try database.step(blocks) {
            let number = UInt64(bitPattern: database.integer(blocks, 0))
            guard number == UInt64(proof.blocks) + 1 else {
                return "block \(number) has a gap before"
            }
            let count = Int(database.integer(blocks, 3))
            guard (0...LedgerBook.transfersMax).contains(count) else {
                return "block \(number) has an impossible count of transfers"
            }
            var transfers: [Transfer] = []
            for index in 0..<count {
                guard try database.step(rows),
                    database.integer(rows, 0)
                        == Int64(number) << Schema.blockShift + Int64(index),
                    let transfer = transfer(rows)
                else { return "block \(number): transfer \(index) is missing or broken" }
                transfers.append(transfer)
                guard sums.add(transfer) else { return "block \(number): sums beyond 64 bits" }
            }
            chain = Chain.next(
                chain, block: number, time: UInt64(bitPattern: database.integer(blocks, 1)),
                opened: Int(database.integer(blocks, 2)), transfers[...])
            guard chain == database.bytes(blocks, 4) else {
                return "block \(number): its chain is not that of its transfers"
            }
            proof.blocks += 1
            proof.transfers += count
        }
        guard try !database.step(rows) else { return "transfers behind the last block" }
        guard chain == position.chain, UInt64(proof.blocks) == position.block else {
            return "the last block is not the one that was kept as applied"
        }
        return nil
    }

    private func transfer(_ rows: Statement) -> Transfer? {
        guard
            let kind = Transfer.Kind(
                rawValue: UInt8(truncatingIfNeeded: database.integer(rows, 1))),
            let debit = Place(raw: database.integer(rows, 3)),
            let credit = Place(raw: database.integer(rows, 4)),
            let currency = UInt16(exactly: database.integer(rows, 5))
        else { return nil }
        return Transfer(
            kind, UInt64(bitPattern: database.integer(rows, 2)), from: debit, to: credit,
            CurrencyID(currency), database.integer(rows, 6))
    }
}

/// Balances as the transfers give them.
private struct Sums {
    private struct Key: Hashable {
        let place: Place
        let currency: CurrencyID
    }

    private var amounts: [Key: Int64] = [:]

    var isEmpty: Bool { amounts.values.allSatisfy { $0 == 0 } }

    mutating func add(_ transfer: Transfer) -> Bool {
        let debit = Key(place: transfer.debit, currency: transfer.currency)
        let credit = Key(place: transfer.credit, currency: transfer.currency)
        let taken = amounts[debit, default: 0].subtractingReportingOverflow(transfer.amount)
        amounts[debit] = taken.partialValue
        let given = amounts[credit, default: 0].addingReportingOverflow(transfer.amount)
        amounts[credit] = given.partialValue
        return !taken.overflow && !given.overflow
    }

    mutating func take(_ place: Place, _ currency: CurrencyID) -> Int64 {
        amounts.removeValue(forKey: Key(place: place, currency: currency)) ?? 0
    }
}
