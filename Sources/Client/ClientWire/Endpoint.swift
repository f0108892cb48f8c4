package import Addresses
package import Certificates

/// Where the venue's front door is.
package struct Endpoint: Sendable, Hashable, CustomStringConvertible {
    package let address: Address
    package let port: UInt16

    package init(_ address: Address, port: UInt16) {
        self.address = address
        self.port = port
    }

    /// `127.0.0.1:8443`; nil for anything else.
    package init?(_ text: some StringProtocol) {
        guard let colon = text.lastIndex(of: ":"), let address = Address(text[..<colon]),
            let port = UInt16(text[text.index(after: colon)...]), port > 0
        else { return nil }
        self.init(address, port: port)
    }

    package var description: String { "\(address):\(port)" }

    /// Whether a certificate speaks for this address.
    package func isNamed(by certificate: Certificate) -> Bool {
        certificate.addresses.contains(address)
    }
}
