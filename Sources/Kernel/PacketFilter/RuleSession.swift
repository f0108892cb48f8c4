// PacketFilter: loading and listing nftables rules through libnftables.
//
// A session belongs to one network namespace and works from anywhere. It writes no rules of its
// own and never flushes: what is loaded is the caller's text, whole or not at all. Bounds: a
// text of 64 MiB, a listing of 64 MiB.

internal import CLinux
internal import CNftables
package import Descriptors
package import Findings
internal import Glibc

/// A libnftables context inside one network namespace.
///
/// Not for use from two threads at once.
@safe package struct RuleSession: ~Copyable {
    private let context: OpaquePointer

    /// The largest text taken or given, in bytes.
    package static let textBytesMax = 64 << 20

    /// Opens a session in `namespace`; needs CAP_NET_ADMIN there.
    package init(in namespace: borrowing Descriptor) throws(Failure) {
        // The context's socket belongs to the namespace of the thread that makes it.
        var made: OpaquePointer?
        let result = unsafe withUnsafeMutablePointer(to: &made) { place in
            unsafe bh_in_netns(
                namespace.number,
                { raw in
                    bh_low_take()
                    let context = unsafe nft_ctx_new(UInt32(NFT_CTX_DEFAULT))
                    unsafe raw?.assumingMemoryBound(to: OpaquePointer?.self).pointee = context
                    return unsafe context == nil ? -ENOMEM : 0
                }, place)
        }
        guard result == 0, let made = unsafe made else {
            bh_low_return()
            throw Failure(
                .machine, "packet-filter-unavailable",
                "nftables cannot be opened (errno \(-result))",
                remedy: "run as root on a kernel with nf_tables")
        }
        unsafe context = made
        unsafe nft_ctx_buffer_output(context)
        unsafe nft_ctx_buffer_error(context)
    }

    deinit {
        unsafe nft_ctx_free(context)
        bh_low_return()
    }

    /// Keeps numbers for the sockets of sessions to come: libnftables waits with `select`, which
    /// ends the process at a number over 1,023.
    ///
    /// Call it before the process has many descriptors; four sessions at a time are then safe.
    package static func keepNumbers() { bh_low_keep() }

    /// Performs the text as one transaction: all of it, or, when it throws, nothing.
    package mutating func load(_ text: String) throws(Failure) {
        _ = try run(text, flags: 0)
    }

    /// A table without its elements and counter values.
    ///
    /// In nft's canonical form with numeric protocols and priorities. `table` is `FAMILY NAME`, as `inet bulkhead`.
    package mutating func listing(_ table: String) throws(Failure) -> String {
        try run("list table \(table)", flags: Self.canonical)
    }

    /// Everything in the namespace in the same form: where one table is all there should be.
    package mutating func listing() throws(Failure) -> String {
        try run("list ruleset", flags: Self.canonical)
    }

    private static let canonical =
        NFT_CTX_OUTPUT_STATELESS | NFT_CTX_OUTPUT_TERSE | NFT_CTX_OUTPUT_NUMERIC_PROTO
        | NFT_CTX_OUTPUT_NUMERIC_PRIO

    /// Everything in the namespace with elements, without counter values: for comparing before
    /// and after, and for people.
    package mutating func ruleset() throws(Failure) -> String {
        try run("list ruleset", flags: NFT_CTX_OUTPUT_STATELESS)
    }

    /// The same as JSON (libnftables-json).
    package mutating func rulesetJSON() throws(Failure) -> String {
        try run("list ruleset", flags: NFT_CTX_OUTPUT_JSON)
    }

    /// The values of a table's named counters.
    package mutating func counters(_ table: String) throws(Failure) -> [String: RuleCounter] {
        RuleCounter.parse(listing: try run("list counters table \(table)", flags: 0))
    }

    private mutating func run(_ text: String, flags: Int) throws(Failure) -> String {
        guard text.utf8.count <= Self.textBytesMax else {
            throw Failure(
                .machine, "packet-filter-too-large", "a rule text is over 64 MiB",
                remedy: "declare fewer flows")
        }
        unsafe nft_ctx_output_set_flags(context, UInt32(flags))
        let result = unsafe nft_run_cmd_from_buffer(context, text)
        let output = unsafe Self.text(nft_ctx_get_output_buffer(context))
        let problem = unsafe Self.text(nft_ctx_get_error_buffer(context))
        guard result == 0 else {
            throw Failure(
                .machine, "packet-filter-refused",
                "nftables refused a transaction: \(problem.prefix(1000))",
                remedy: "nothing of it was applied; check that the kernel has nf_tables")
        }
        return output
    }

    private static func text(_ pointer: UnsafePointer<CChar>?) -> String {
        guard let pointer = unsafe pointer else { return "" }
        let length = unsafe strnlen(pointer, textBytesMax)
        return unsafe String(
            decoding: UnsafeRawBufferPointer(start: pointer, count: length), as: UTF8.self)
    }
}

/// What a counter has counted.
package struct RuleCounter: Sendable, Equatable {
    package var packets: UInt64
    package var bytes: UInt64

    package init(packets: UInt64, bytes: UInt64) {
        self.packets = packets
        self.bytes = bytes
    }

    /// Reads `counter NAME { packets N bytes N }` blocks of a listing; other lines are skipped.
    package static func parse(listing: String) -> [String: RuleCounter] {
        var found: [String: RuleCounter] = [:]
        var name: Substring?
        for line in listing.split(separator: "\n") {
            let words = line.split(whereSeparator: { $0 == " " || $0 == "\t" })
            if words.count == 3, words[0] == "counter", words[2] == "{" {
                name = words[1]
            } else if words.count == 4, words[0] == "packets", words[2] == "bytes",
                let packets = UInt64(words[1]), let bytes = UInt64(words[3]), let current = name
            {
                found[String(current)] = RuleCounter(packets: packets, bytes: bytes)
                name = nil
            }
        }
        return found
    }
}
