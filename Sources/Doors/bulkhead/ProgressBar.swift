internal import Glibc

/// Tells a terminal how far something is that takes longer than a second.
struct ProgressBar {
    private static let nanosecondsAMillisecond: Int64 = 1_000_000
    private let what: String
    private let state: State?

    /// Written by the one thread that works and shows.
    private final class State {
        let begin = ProgressBar.now()
        var next: Int64
        var isShown = false

        init() { next = begin + 1000 }
    }

    init(_ what: String) {
        self.what = what
        state = isatty(2) == 1 ? State() : nil
    }

    func show(_ done: Int, of all: Int) {
        guard let state else { return }
        let now = Self.now()
        guard now >= state.next else { return }
        state.next = now + 200
        state.isShown = true
        Output.bar("\(what) \(done) of \(all), \((now - state.begin) / 1000) s")
    }

    func end() {
        if state?.isShown == true { Output.bar("") }
    }

    private static func now() -> Int64 {
        var time = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / nanosecondsAMillisecond
    }
}
