internal import Confinement

extension Technique {
    /// What an envoy does to passages: connections between services, whatever they carry.
    ///
    /// The record is the event of the service that was attacked.
    package static let passages: [Technique] = [
        Technique(
            "pass.no-flow",
            "open a passage to a service without a flow to it, with the own "
                + "certificate", "T1210", [.landlock, .fabric, .host], checks: ["name"],
            records: [stranger]),
        Technique(
            "pass.plaintext", "speak to a passage's port without TLS", "T1071", [],
            checks: ["certificate"], records: ["it does not speak TLS"]),
        Technique(
            "pass.anonymous", "open a passage without a certificate", "T1078", [],
            checks: ["certificate"], records: ["it showed no certificate"]),
        Technique(
            "pass.forged-certificate", "open a passage with a certificate of a root of its own",
            "T1649", [], checks: ["certificate"], records: ["its certificate does not hold"]),
        Technique(
            "pass.stolen-certificate",
            "open a passage with the certificate and key of another "
                + "service, from here", "T1649", [], checks: ["name"], records: [stranger]),
        Technique(
            "pass.oversize", "announce a frame beyond the bound", "T1499", [], checks: ["frame"],
            records: [malformed]),
        Technique(
            "pass.malformed", "send frames that break the form of frames", "T1499", [],
            checks: ["frame"], records: [malformed]),
        Technique(
            "pass.state", "speak out of turn: before the greeting, or a greeting twice", "T1557",
            [], checks: ["state"],
            records: ["a word about the connection at the wrong moment", malformed]),
        Technique(
            "pass.unasked", "give answers that nobody asked for", "T1557", [], checks: ["state"],
            records: ["an answer that nobody asked for"]),
        Technique(
            "pass.kind", "say what the table of messages does not permit", "T1210", [],
            checks: ["table"], records: ["a kind of message that is not permitted"]),
        Technique(
            "pass.garbage", "say what is permitted, with a body that is none", "T1499", [],
            checks: ["codec"], records: [" malformed "]),
    ]

    /// What an envoy hopes for while the authority is away: what must be opened or renewed then,
    /// nobody certifies.
    package static let absences: [Technique] = [
        Technique(
            "trust.anonymous",
            "while the authority is away: open a passage without a "
                + "certificate", "T1078", [], checks: ["certificate"],
            records: ["it showed no certificate"]),
        Technique(
            "trust.self-made",
            "while the authority is away: open a passage with a certificate of "
                + "a root of its own", "T1649", [], checks: ["certificate"],
            records: ["its certificate does not hold"]),
        Technique(
            "trust.expired",
            "while the authority is away: open a passage with the authority's "
                + "certificate, whose life has ended", "T1649", [], checks: ["certificate"],
            records: ["its certificate does not hold (10)"]),
        Technique(
            "trust.outlived",
            "while the authority is away: keep a passage when its certificate's "
                + "life ends", "T1550", [], checks: ["certificate"],
            records: ["a certificate's life ended"]),
    ]

    private static let stranger = "the other side is not in the table"
    private static let malformed = "a malformed frame"
}
