/// Addresses for endpoints of which nobody knows the true ones: nothing outside can have these.
///
/// Loopback, and IPv4 addresses written as IPv6 ones: no packet on a wire may come from either or
/// go there, and systems drop those that do. Class E would not do: systems and clouds route it.
package enum StandIns {
    package static let v4: ClosedRange<UInt32> = 0x7F00_0000...0x7FFF_FFFF
    package static let v6: ClosedRange<UInt128> = 0xFFFF_0000_0000...0xFFFF_FFFF_FFFF
}
