package import ClientWire
package import Findings
internal import Loop
internal import Notation
internal import Numerals
package import OrderTreaty

/// What a run shall do.
package struct LoadPlan: Sendable {
    /// Most steps of one run.
    package static let ordersMax = 2_000_000
    package var steps: Int
    /// Steps a second; nil sends the next as soon as a connection is free.
    package var rate: Int?
    /// Makes the names of the run's orders its own: 1 to 16 letters and digits.
    package var name: String

    package init(steps: Int, rate: Int?, name: String) {
        self.steps = min(steps, Self.ordersMax)
        self.rate = rate
        self.name = name
    }
}

/// Where the steps come from.
package enum LoadSource: Sendable {
    case mix(OrderFlow)
    case replay(ReplayFlow)

    /// Taken out while it changes, so that its tables are never copied.
    mutating func next(open: [OpenOrder]) throws(FlowFile.Flaw) -> LoadStep? {
        switch consume self {
        case .mix(var flow):
            let step = flow.next(open: open)
            self = .mix(flow)
            return step
        case .replay(var flow):
            defer { self = .replay(flow) }
            return try flow.next()
        }
    }

    /// What is said of a file that is none.
    package static func failure(_ flaw: FlowFile.Flaw) -> Failure {
        Failure(
            .usage, "replay", "\(flaw.place) of the file: \(flaw.problem)",
            remedy: "give a file of NASDAQ TotalView-ITCH 5.0, or a CSV like the documented one")
    }
}

/// What a run has done so far.
package struct LoadTally: Sendable {
    package var steps = 0
    package var answered = 0
    package var statuses: [UInt16: UInt64] = [:]
    /// Problem words of answers that are no success.
    package var problems: [String: UInt64] = [:]
    package var lost: UInt64 = 0
    package var retries: UInt64 = 0
    package var latencies = Histogram()
    package var nanoseconds: UInt64 = 0
    /// What did not add up, the first hundred.
    package var faults: [String] = []
    package var faultCount = 0

    package init() {}

    /// Notes something that does not add up.
    package mutating func fault(_ text: String) {
        faultCount += 1
        if faults.count < 100 { faults.append(text) }
    }
}

/// The load: steps through the front door, each followed until its outcome is known.
package struct LoadRun: ~Copyable {
    static let attemptsMax = 30
    static let questionNanoseconds: UInt64 = 10_000_000_000
    static let silenceNanoseconds: UInt64 = 60_000_000_000

    enum Task: Hashable {
        case place(Int)
        case cancel(Int)
        case replace(Int, Price, Quantity)
        /// What became of an order; `again` is set when it is to be placed if it is not there.
        case lookUp(Int, again: Bool)
        case cancelAll(account: Int)
        case balances(account: Int)
    }

    struct Question {
        var task: Task
        /// When it was due: waiting counts.
        var due: UInt64
        var attempts = 0
        var body: [UInt8] = []
    }

    var pool: ClientPool
    let text: RequestText
    let keys: [ClientKey]
    let listing: Listing
    let plan: LoadPlan
    private var source: LoadSource
    var records: [LoadRecord] = []
    private var open: [OpenOrder] = []
    private var openPlaces: [Int: Int] = [:]
    var waiting: [UInt64: Question] = [:]
    private var nextTag: UInt64 = 1
    var later: [(at: UInt64, question: Question)] = []
    private var held: LoadStep?
    private var lastTime: UInt64 = 0
    private var isMeasuring = true
    private var lastArrival = Clocks.monotonic()
    package var tally = LoadTally()
    var balances: [Int: JSON] = [:]

    /// Over a pool; `keys` sign for one account each.
    package init(
        _ pool: consuming ClientPool, keys: [ClientKey], listing: Listing, plan: LoadPlan,
        source: LoadSource
    ) {
        text = RequestText(pool.endpoint)
        self.pool = pool
        self.keys = keys
        self.listing = listing
        self.plan = plan
        self.source = source
    }

    /// Sends every step and waits for the last outcome; `progress` hears of it now and then.
    package mutating func trade(progress: (borrowing LoadTally) -> Void) throws(Failure) {
        let start = Clocks.monotonic()
        var nextNote = start
        var isOver = false
        while !isOver || !waiting.isEmpty || !later.isEmpty {
            let now = Clocks.monotonic()
            sendLater(now)
            while !isOver, pool.hasRoom, later.count < 1_024 {
                let due = plan.rate.map {
                    start + UInt64(tally.steps) * 1_000_000_000 / UInt64($0)
                }
                if let due, due > now { break }
                guard tally.steps < plan.steps, let step = try nextStep() else {
                    isOver = true
                    break
                }
                if let order = Self.order(of: step), records[order].isBusy {
                    held = step
                    break
                }
                tally.steps += 1
                take(step, due: due ?? now)
            }
            try turn(wait: plan.rate == nil ? 20 : 1)
            tally.nanoseconds = Clocks.monotonic() - start
            if now >= nextNote {
                progress(tally)
                nextNote = now + 100_000_000
            }
        }
        isMeasuring = false
    }

    private mutating func nextStep() throws(Failure) -> LoadStep? {
        if let step = held {
            held = nil
            return step
        }
        do throws(FlowFile.Flaw) { return try source.next(open: open) } catch {
            throw LoadSource.failure(error)
        }
    }

    /// What a replayed file held besides steps.
    package var replayed: ReplayFlow.Counts? {
        guard case .replay(let flow) = source else { return nil }
        return flow.counts
    }

    private static func order(of step: LoadStep) -> Int? {
        switch step {
        case .place: nil
        case .cancel(let order), .replace(let order, _, _): order
        }
    }

    private mutating func take(_ step: LoadStep, due: UInt64) {
        switch step {
        case .place(let account, let order):
            records.append(LoadRecord(account, order))
            let index = records.count - 1
            ask(Question(task: .place(index), due: due, body: placing(index)))
        case .cancel(let order):
            records[order].isBusy = true
            ask(Question(task: .cancel(order), due: due))
        case .replace(let order, let price, let quantity):
            records[order].isBusy = true
            records[order].wasReplaced = true
            ask(
                Question(
                    task: .replace(order, price, quantity), due: due,
                    body: replacing(order, price, quantity)))
        }
    }

    /// Moves the pool on and takes its answers.
    mutating func turn(wait: Int32) throws(Failure) {
        var arrivals: [ClientArrival] = []
        try pool.turn(timeoutMilliseconds: wait, into: &arrivals)
        let now = Clocks.monotonic()
        if !arrivals.isEmpty || isQuiet { lastArrival = now }
        guard now - lastArrival < Self.silenceNanoseconds else {
            throw Failure(
                .machine, "front-door",
                "\(pool.endpoint) has answered nothing for a minute"
                    + (pool.lastLoss.map { ": \($0)" } ?? ""), remedy: "see `bulkhead status`")
        }
        for arrival in arrivals {
            switch arrival {
            case .answer(let tag, let answer):
                guard let question = waiting.removeValue(forKey: tag) else { continue }
                conclude(question, answer)
            case .lost(let tag, _):
                guard let question = waiting.removeValue(forKey: tag) else { continue }
                tally.lost += 1
                doubt(question)
            }
        }
    }

    /// Puts a question, now or when a connection is free.
    mutating func ask(_ question: Question) {
        let (method, target, account) = route(question.task)
        let time = max(Clocks.wallNanoseconds() / 1_000_000, lastTime)
        lastTime = time
        let request = text.signed(
            method, target, question.body, by: keys[account], time: time)
        let deadline = Clocks.monotonic() + Self.questionNanoseconds
        if pool.ask(request, tag: nextTag, deadline: deadline) {
            waiting[nextTag] = question
            nextTag += 1
        } else {
            later.append((0, question))
        }
    }

    var isQuiet: Bool { waiting.isEmpty && later.isEmpty }

    /// Asks again what is due and has a connection.
    mutating func sendLater(_ now: UInt64) {
        guard !later.isEmpty, pool.hasRoom else { return }
        let due = later.filter { $0.at <= now }
        later.removeAll { $0.at <= now }
        for (_, question) in due { ask(question) }
    }

    /// Asks again after a pause; false when that was often enough.
    mutating func postpone(_ question: Question, seconds: Int?) -> Bool {
        guard question.attempts < Self.attemptsMax else { return false }
        var again = question
        again.attempts += 1
        tally.retries += 1
        let pause = seconds.map { UInt64($0) * 1_000_000_000 } ?? 20_000_000
        later.append((Clocks.monotonic() + min(pause, 5_000_000_000), again))
        return true
    }

    /// The outcome of a step is known.
    mutating func finish(_ question: Question, _ order: Int) {
        records[order].isBusy = false
        tally.answered += 1
        if isMeasuring { tally.latencies.add(Clocks.monotonic() - question.due) }
        remember(order)
    }

    private mutating func remember(_ order: Int) {
        let record = records[order]
        if record.state == .open {
            guard openPlaces[order] == nil else { return }
            openPlaces[order] = open.count
            open.append(
                OpenOrder(index: order, instrument: record.instrument, side: record.side))
        } else if let place = openPlaces.removeValue(forKey: order) {
            let last = open.removeLast()
            if place < open.count {
                open[place] = last
                openPlaces[last.index] = place
            }
        }
    }
}
