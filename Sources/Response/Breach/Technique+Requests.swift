extension Technique {
    /// What whoever carries clients' requests does with them.
    ///
    /// The precondition is a word of its table: `request`, or `verify` and `place`.
    package static let requests: [Technique] = [
        Technique(
            "order.altered", "change an order on its way, or put another's key to it", "T1565.002",
            [], checks: ["signature"], records: ["wrongSignature"]),
        Technique(
            "order.repeated", "forward an accepted order a second time", "T1565.002", [],
            checks: ["window"], records: ["replayed"]),
        Technique(
            "order.forged-voucher", "vouch for an order itself", "T1550", [],
            checks: ["voucher"], records: [invalid]),
        Technique(
            "order.other-account", "put another account into a voucher", "T1550", [],
            checks: ["voucher"], records: [invalid]),
        Technique(
            "order.edited-payload", "change an order under its voucher", "T1565.002", [],
            checks: ["voucher"], records: [invalid]),
        Technique(
            "order.replayed-voucher", "submit an order a second time under its voucher", "T1550",
            [], checks: ["nonce"], records: ["was refused: replayed"]),
        Technique(
            "order.raised-scope", "trade with a key that may only read", "T1078", [],
            checks: ["scope", "voucher"], records: ["was refused: scopeMissing"]),
        Technique(
            "order.other-kind", "say an order under another message's name", "T1565.002", [],
            checks: ["payload"], records: ["was refused: malformed"]),
    ]

    private static let invalid = "was refused: voucherInvalid"

    /// What one of the three who speak to the ledger says falsely, while the other two are honest.
    ///
    /// The precondition is a word of its table: `external`, `holds` or `settlements`. A refused
    /// posting stops the venue, so each has a copy of the platform to itself.
    package static let postings: [Technique] = [
        Technique(
            "book.below-zero", "as who says what leaves: reserve more than is there", "T1565.001",
            [], checks: ["book"], records: ["halted: "]),
        Technique(
            "book.from-nothing", "as who says what leaves: give back what nobody reserved",
            "T1565.001", [], checks: ["book"], records: ["halted: "]),
        Technique(
            "book.false-hold", "as who decides: hold more than is there", "T1565.001", [],
            checks: ["book"], records: ["halted: "]),
        Technique(
            "book.false-release", "as who decides: release what is not held", "T1565.001", [],
            checks: ["book"], records: ["halted: "]),
        Technique(
            "book.false-trade", "as who matches: settle a trade of what nobody has", "T1565.001",
            [], checks: ["book"], records: ["halted: "]),
        Technique(
            "book.stolen-trade",
            "as who matches: settle a trade that nobody ordered, of what lies "
                + "behind others' orders", "T1565.001", [], checks: ["witnesses"],
            records: ["halted: "]),
    ]

    /// What the one that matches tells the one that answers clients.
    ///
    /// The precondition is the word `results` to whoever takes orders. A false report stops the
    /// venue, so each has a copy of the platform to itself.
    package static let reports: [Technique] = [
        Technique(
            "fill.unknown-order", "as who matches: report a fill of orders that nobody placed",
            "T1565.002", [], checks: ["report"],
            records: ["a report of an order that is not open"]),
        Technique(
            "fill.beyond-quantity",
            "as who matches: report a fill of more than an order's "
                + "quantity", "T1565.002", [], checks: ["report"],
            records: ["a trade beyond what is left of its orders"]),
        Technique(
            "fill.outside-limit",
            "as who matches: report a fill at a price outside an order's "
                + "limit", "T1565.002", [], checks: ["report"],
            records: ["a trade at a price that its orders do not allow"]),
        Technique(
            "fill.repeated", "as who matches: report a fill a second time", "T1565.002", [],
            checks: ["report"], records: ["a trade that is not the next one"]),
    ]
}
