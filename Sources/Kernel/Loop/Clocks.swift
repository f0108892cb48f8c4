internal import CLinux

/// The system's clocks.
package enum Clocks {
    /// Nanoseconds of a clock that is never set and never stands still.
    package static func monotonic() -> UInt64 { bh_monotonic() }

    /// Seconds since 1970, UTC; it can be set.
    package static func wallSeconds() -> Int64 { bh_wall_seconds() }

    /// Nanoseconds since 1970, UTC; it can be set.
    package static func wallNanoseconds() -> UInt64 { bh_wall_nanoseconds() }
}
