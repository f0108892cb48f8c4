package import LedgerTreaty
package import OrderTreaty
package import RiskTreaty

extension Orders {
    /// Closes the next block, which the caller appends to the journal before it does anything else;
    /// nil when there is nothing to close, or the block before is not on disk.
    ///
    /// `time` is nanoseconds since 1970, `steady` nanoseconds of a clock that never goes back.
    ///
    /// A block's time never lies before the one's before it. When the clock was set back, the time
    /// of blocks goes on at half its pace until the clock has caught up: it never stands still,
    /// because limits in each second would then never begin anew.
    package mutating func close(time: UInt64, steady: UInt64 = 0) -> Block? {
        guard !filling.isEmpty, haltReason == nil, isWhole, synced == journaled else { return nil }
        let passed = lastSteady.map { steady > $0 ? steady - $0 : 0 } ?? 0
        lastTime = max(lastTime + passed / 2, time)
        lastSteady = steady
        let block = Block(
            number: journaled + 1, first: next - UInt64(filling.count), time: lastTime,
            outcomeOf: answered, outcome: digest, commands: filling)
        flights[block.number] = Flight(
            first: block.first, time: block.time, commands: filling, waiters: fillingWaiters)
        journaled = block.number
        registered = block.number
        filling = []
        fillingWaiters = []
        return block
    }

    /// The journal has that block and all before it on disk: what came back of them takes effect.
    package mutating func stored(_ block: UInt64) -> OrdersVerdict {
        synced = max(synced, min(block, journaled))
        return settle()
    }

    /// After a restart: the block of the journal whose commands the state needs next; nil while
    /// enough are known, and for ever once the state is whole.
    package var wanted: UInt64? {
        registered < journaled && registered - answered < limits.window ? registered + 1 : nil
    }

    /// Takes the `wanted` block as the journal has it.
    package mutating func register(_ block: Block) -> OrdersVerdict {
        guard block.number == wanted, block.first == next, block.time >= lastTime else {
            return stop("block \(block.number) of the journal does not follow the one before")
        }
        for (index, command) in block.commands.enumerated() {
            note(command, block.first + UInt64(index), block.number)
        }
        next += UInt64(block.commands.count)
        lastTime = block.time
        registered = block.number
        flights[block.number] = Flight(
            first: block.first, time: block.time, commands: block.commands)
        return check(block)
    }

    /// Compares the digest of results that a block carries with what came back now.
    private mutating func check(_ block: Block) -> OrdersVerdict {
        guard block.outcomeOf > 0 else { return .fine }
        if let known = outcomes[block.outcomeOf] {
            return known == block.outcome ? .fine : differs(block.outcomeOf)
        }
        if block.outcomeOf > received { recorded[block.outcomeOf] = block.outcome }
        return .fine
    }

    mutating func differs(_ block: UInt64) -> OrdersVerdict {
        stop("the results of block \(block) are not those that the journal recorded")
    }

    mutating func stop(_ reason: String) -> OrdersVerdict {
        halt(reason)
        return .halted(reason)
    }

    // MARK: Risk

    /// Risk said where it stands: blocks go on behind that.
    package mutating func attachRisk(_ resume: Resume) -> OrdersVerdict {
        guard resume.block <= journaled else {
            return stop("risk has block \(resume.block), the journal ends at \(journaled)")
        }
        hasRisk = true
        sent = resume.block
        return .fine
    }

    package mutating func detachRisk() { hasRisk = false }

    /// The block that risk gets next: from the journal, or the one that was just closed.
    ///
    /// Behind blocks whose results are here, risk is only rebuilt: the passage's queue is the bound.
    package var sendable: UInt64? {
        hasRisk && sent < journaled && sent < received + limits.window
            && externals.count < limits.unbooked ? sent + 1 : nil
    }

    /// Risk was sent that block, the `sendable` one.
    package mutating func noteSent(_ block: Block) -> OrdersVerdict {
        sent = block.number
        return check(block)
    }

    // MARK: Ledger

    /// The ledger said where it stands.
    package mutating func attachLedger(_ resume: Resume) -> OrdersVerdict {
        guard resume.block <= journaled else {
            return stop("the ledger has block \(resume.block), the journal ends at \(journaled)")
        }
        guard resume.block >= booked else {
            return stop("the ledger had block \(booked) and now ends at \(resume.block)")
        }
        hasLedger = true
        posted = resume.block
        return book(resume.block)
    }

    package mutating func detachLedger() { hasLedger = false }

    /// What the ledger gets next; nil while nothing is ready.
    package var postable: External? { hasLedger ? externals[posted + 1] : nil }

    package mutating func notePosted() { posted += 1 }

    /// The ledger has that block and all before it on disk.
    package mutating func book(_ block: UInt64) -> OrdersVerdict {
        guard block <= posted else { return .outOfOrder }
        var old = min(block, answered)
        while externals.removeValue(forKey: old) != nil { old -= 1 }
        booked = max(booked, block)
        return .fine
    }
}
