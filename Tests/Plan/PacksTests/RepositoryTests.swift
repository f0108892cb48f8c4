import Findings
import Packs
import Platform
import Testing

@Suite("The platform files of the repository")
struct RepositoryTests {
    static let files = ["exchange.yaml", "first.yaml", "firm.yaml"]

    @Test("nothing is left to mend in them, and the pack holds", arguments: files)
    func clean(_ name: String) throws {
        let checked = Checked(try repositoryFile("Platforms/\(name)"))
        #expect(checked.next == nil, "\(checked.next?.line(file: name) ?? "")")
        let platform = try #require(checked.platform)
        #expect(!platform.guarantees.isEmpty)
        #expect(!judged(platform).contains { $0.severity == .error })
    }

    /// One more flow in the firm, and a guarantee that it breaks.
    static let wider = [
        ("strategy", "egress-alpha.orders"), ("orders", "egress-beta.orders"),
        ("egress-alpha", "egress-beta.orders"), ("strategy", "positions.sql"),
        ("treasury", "signer.sign"), ("hot-wallet", "keys.hsm"), ("bastion", "secrets.read"),
        ("internet", "bastion.ssh"), ("office", "orders.control"), ("feed", "risk.checks"),
        ("positions", "feed.prices"), ("egress-chain", "hot-wallet.transfers"),
    ]

    @Test("whatever is opened in the firm beyond its plan breaks a promise", arguments: wider)
    func firm(_ from: String, _ to: String) throws {
        let text = try repositoryFile("Platforms/firm.yaml").replacing(
            "\nchannels:",
            with: "  - {from: \(from), to: \(to), because: it was convenient}\n\nchannels:")
        let checked = Checked(text)
        #expect(checked.next?.severity == .error)
    }
}
