internal import Addresses
package import Findings

extension Span {
    /// A CIDR block or an address as providers write it; host bits are masked, and that is said.
    package static func read(_ text: String, at place: Place) -> (span: Span?, finding: Finding?) {
        guard let (block, isMasked) = Block.read(text) else {
            let finding = Finding(
                .error, "not-a-block", at: place, "`\(Excerpt.of(text))` is no CIDR block",
                remedy: "write 10.0.0.0/8")
            return (nil, finding)
        }
        let finding = Finding(
            .warning, "host-bits", at: place,
            "\(Excerpt.of(text)) has bits behind its prefix, which the provider ignores",
            remedy: "write the block's first address")
        switch block {
        case .v4(let range): return (.v4(range), isMasked ? finding : nil)
        case .v6(let range): return (.v6(range), isMasked ? finding : nil)
        }
    }
}
