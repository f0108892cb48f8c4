// Crew: the same pure work on many things at once, on a few threads that end with the call. It opens
// nothing and keeps nothing, and what comes out does not depend on how many threads there were.
// Bounds: `threadsMax` threads, and no more than the machine has processors.
internal import Glibc
internal import Synchronization

/// Threads for one piece of work.
package enum Crew {
    package static let threadsMax = 8

    /// One result for each index below `count`, in their order; the caller's thread works too.
    ///
    /// Where no thread is to be had, it works alone.
    package static func map<Result: Sendable>(
        _ count: Int, _ body: @escaping @Sendable (Int) -> Result
    ) -> [Result] {
        let processors = min(threadsMax, max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))))
        let hands = min(processors, count)
        guard hands > 1 else { return (0..<max(count, 0)).map(body) }
        let work = Work(count: count, share: max(1, count / (hands * 8)), body)
        let threads = (1..<hands).compactMap { _ in start { work.run() } }
        work.run()
        for thread in threads { pthread_join(thread, nil) }
        return work.results
    }

    /// Two works of different kinds at once; the first is done by the caller's thread.
    package static func both<One: Sendable, Other: Sendable>(
        _ one: () -> One, _ other: @escaping @Sendable () -> Other
    ) -> (One, Other) {
        let work = Work(count: 1, share: 1) { _ in other() }
        let thread = start { work.run() }
        let result = one()
        // Where no thread was to be had, or it has not begun yet, there is no need for it.
        work.run()
        if let thread { pthread_join(thread, nil) }
        return (result, work.results[0])
    }

    private final class Body: Sendable {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }

    private static func start(_ body: @escaping @Sendable () -> Void) -> pthread_t? {
        var thread = pthread_t()
        // SAFETY: the retained box is taken back exactly once: by the thread, or here without one.
        let box = unsafe Unmanaged.passRetained(Body(body))
        let result = unsafe pthread_create(
            &thread, nil,
            { pointer in
                if let pointer = unsafe pointer {
                    unsafe Unmanaged<Body>.fromOpaque(pointer).takeRetainedValue().run()
                }
                return nil
            }, box.toOpaque())
        guard result == 0 else {
            unsafe box.release()
            return nil
        }
        return thread
    }
}

/// Indices that are handed out in shares, and what came of them.
private final class Work<Result: Sendable>: Sendable {
    private let count: Int
    private let share: Int
    private let body: @Sendable (Int) -> Result
    private let next = Atomic<Int>(0)
    private let done = Mutex<[(first: Int, results: [Result])]>([])

    init(count: Int, share: Int, _ body: @escaping @Sendable (Int) -> Result) {
        self.count = count
        self.share = share
        self.body = body
    }

    func run() {
        while true {
            let first = next.wrappingAdd(share, ordering: .relaxed).oldValue
            guard first < count else { return }
            let results = (first..<min(first + share, count)).map(body)
            done.withLock { $0.append((first, results)) }
        }
    }

    /// All of them, once nobody works any more.
    var results: [Result] {
        done.withLock { $0.sorted { $0.first < $1.first }.flatMap(\.results) }
    }
}
