internal import Addresses
internal import Confinement
internal import Findings
internal import Platform
internal import Testing

@Suite("Compiling passages")
struct PassageTests {
    private func platform() throws -> Platform {
        var platform = try Fixture.platform()
        platform.zones.append(
            Zone(
                name: "vault", network: try Fixture.network("10.9.4.0/24"), place: Fixture.place(4))
        )
        platform.flows[1].messages = ["place", "cancel"]
        return platform
    }

    @Test("a flow with messages brings the authority, and a labelled pair for each of its ends")
    func authority() throws {
        let deployment = try Fixture.deployment(try platform())
        let names = deployment.compartments.map(\.name)
        let authority = try #require(names.firstIndex(of: "authority"))
        #expect(deployment.compartments[authority].kind == .service)
        #expect(deployment.flows.allSatisfy { $0.to != authority })
        #expect(deployment.channels.contains(.pair(from: 0, to: authority, name: "authority")))
        #expect(deployment.channels.contains(.pair(from: 1, to: authority, name: "authority")))
        #expect(!deployment.channels.contains(.pair(from: 2, to: authority, name: "authority")))
        #expect(deployment.compartments[0].after.contains(authority))
        #expect(!deployment.compartments[2].after.contains(authority))
    }

    @Test("a platform without messages has no authority, and no channel")
    func none() throws {
        let deployment = try Fixture.deployment(try Fixture.platform())
        #expect(deployment.channels.isEmpty)
        #expect(!deployment.compartments.contains { $0.name == "authority" })
    }

    @Test("each end's table names its peers, their addresses and what may be said")
    func tables() throws {
        let deployment = try Fixture.deployment(try platform())
        let address = deployment.compartments.map { "\($0.address)" }
        let texts = deployment.channels.compactMap { channel -> (Int, String)? in
            guard case .table(let index, "passages", let bytes) = channel else { return nil }
            return (index, String(decoding: bytes, as: UTF8.self))
        }
        #expect(texts.map(\.0) == [0, 1])
        #expect(
            texts.map(\.1) == [
                """
                self front \(address[0])
                public 127.0.0.1
                open middle \(address[1]) 9000 place,cancel

                """,
                """
                self middle \(address[1])
                accept front \(address[0]) 9000 place,cancel

                """,
            ])
    }

    @Test("a platform with passages and no vault is refused at the flow's line")
    func noVault() throws {
        var platform = try platform()
        platform.zones.removeLast()
        #expect(try Fixture.codes(platform) == ["no-vault"])
    }

    @Test("a channel from the office is a listener for operators, one from a service a pair")
    func channels() throws {
        var platform = try Fixture.platform()
        platform.channels = [
            Channel(
                from: .office, to: "store", name: "operator", because: "x", place: Fixture.place(40)
            ),
            Channel(
                from: .service("front"), to: "store", name: "ring", because: "x",
                place: Fixture.place(41)),
        ]
        #expect(
            try Fixture.deployment(platform).channels == [
                .operators(to: 2, name: "operator"), .pair(from: 0, to: 2, name: "ring"),
            ])
    }
}
