/// A comparison of one argument: `argument & mask == value`.
///
/// The kernel takes most arguments as 32-bit integers and ignores the upper half of the register,
/// so the default mask does the same.
package struct Match: Sendable, Equatable {
    package let argument: UInt32
    package let mask: UInt64
    package let value: UInt64

    package init(_ argument: UInt32, is value: UInt64, mask: UInt64 = 0xFFFF_FFFF) {
        self.argument = argument
        self.mask = mask
        self.value = value
    }
}

/// One system call a word permits, when, and why.
package struct Entry: Sendable {
    /// The kernel's name of the call; names that an architecture does not have are passed over.
    package let call: String
    /// Alternatives, each a list of comparisons that must all hold; empty permits every argument.
    package let rules: [[Match]]
    /// Who needs it, and for what.
    package let reason: String

    package init(_ call: String, _ reason: String, _ rules: [[Match]] = []) {
        self.call = call
        self.rules = rules
        self.reason = reason
    }

    /// The same call permitted for each of some values of one argument.
    package init(_ call: String, _ reason: String, argument: UInt32, among values: [UInt64]) {
        self.init(call, reason, values.map { [Match(argument, is: $0)] })
    }
}
