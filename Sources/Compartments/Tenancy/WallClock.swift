internal import CLinux

/// The wall clock, for stamping what arrives.
package enum WallClock {
    /// Nanoseconds since 1970, UTC.
    package static func now() -> UInt64 { bh_now() }
}
