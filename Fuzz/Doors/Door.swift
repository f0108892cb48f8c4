import Findings

/// One parser: what it is fed, and what must hold of what it accepts.
struct Door: Sendable {
    let name: String
    let seeds: @Sendable () -> [[UInt8]]
    let take: @Sendable ([UInt8]) -> Void

    static let all: [Door] = [
        .blueprint, .json, .elf, .deployment, .running, .plan, .event, .table, .control, .log,
        .audit,
        .netlink, .orders, .report, .trail, .block, .results, .ledger, .request, .stream, .market,
        .enrol, .bareEvent, .http, .answer, .frame, .passages, .signed, .listingFile, .flow,
        .number, .journal, .securityGroups, .terraformPlan, .yaml, .kubernetes,
        .nft, .nftJSON, .iptables, .flowLog, .unit,
    ]

    /// Written once, before the first input.
    nonisolated(unsafe) private static var selected = Door.all[0]

    static func select(_ door: Door) {
        // SAFETY: one thread, and no input was given yet.
        unsafe selected = door
    }

    /// Gives one input to the selected door.
    static func open(_ bytes: UnsafeBufferPointer<UInt8>) {
        // SAFETY: the bytes are copied before the call returns.
        unsafe selected.take(Array(bytes))
    }

    /// Ends the process, which the fuzzer reports with the input.
    static func require(_ holds: Bool, _ claim: String) {
        invariant(holds, claim)
    }
}
