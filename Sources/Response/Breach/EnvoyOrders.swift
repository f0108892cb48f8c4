package import Addresses

/// A certificate with its key, taken from the service whose they are.
package struct Loot: Sendable, Equatable {
    package var owner: String
    /// Both in DER.
    package var certificate: [UInt8]
    package var secret: [UInt8]
    /// Who believed it at its own place; empty when nobody was asked.
    package var believer: String

    package init(owner: String, certificate: [UInt8], secret: [UInt8], believer: String) {
        self.owner = owner
        self.certificate = certificate
        self.secret = secret
        self.believer = believer
    }

    package static let certificateMax = 4_096
    package static let secretMax = 512
}

/// A port of a passage that no flow leads to.
package struct ForeignDoor: Sendable, Equatable {
    package var owner: String
    package var address: Address
    package var port: UInt16

    package init(owner: String, address: Address, port: UInt16) {
        self.owner = owner
        self.address = address
        self.port = port
    }
}

/// A request that a client of the drill signed, as it passes by whoever carries it.
package struct PassingRequest: Sendable, Equatable {
    /// Which attempt takes it.
    package var label: String
    package var account: UInt32
    package var key: String
    /// 32 bytes of HMAC-SHA256.
    package var signature: [UInt8]
    /// Exactly what was signed.
    package var payload: [UInt8]

    package init(
        label: String, account: UInt32, key: String, signature: [UInt8], payload: [UInt8]
    ) {
        self.label = label
        self.account = account
        self.key = key
        self.signature = signature
        self.payload = payload
    }

    package static let labelMax = 32
    package static let keyMax = 64
    package static let signatureMax = 64
    package static let payloadMax = 8_192
}

/// What an envoy is told: who it is, it finds in the descriptors of the service.
package struct EnvoyOrders: Sendable, Equatable {
    /// Ids of `Technique.envoys`, in the order to run.
    package var techniques: [String]
    /// Takes the service's certificate and key and hands them over.
    package var takesLoot: Bool
    package var loot: [Loot]
    package var doors: [ForeignDoor]
    /// Each is used once.
    package var requests: [PassingRequest]
    /// Who verifies what clients signed.
    package var verifier = ""
    /// An account of the drill's, another whose owner must lose nothing, and a key of the latter.
    package var account: UInt32 = 0
    package var victim: UInt32 = 0
    package var otherKey = ""
    /// The next command's number.
    package var sequence: UInt64 = 0
    /// What the first instrument trades against what, and how much of it the account holds behind an
    /// order.
    package var base: UInt16 = 0
    package var quote: UInt16 = 0
    package var held: Int64 = 0
    /// That order, its limit, the step of prices, and what price times quantity is divided by.
    package var resting: UInt64 = 0
    package var price: Int64 = 0
    package var tick: Int64 = 0
    package var divisor: Int64 = 1
    /// The authority's root, which certifies anybody for any time: what an attacker has who kept
    /// certificates of its for long enough.
    package var root: Loot?

    package init(techniques: [String] = []) {
        self.techniques = techniques
        takesLoot = false
        loot = []
        doors = []
        requests = []
    }

    package static let bytesMax = 1 << 20
    package static let nameMax = 64
    package static let lootMax = 64
    package static let doorsMax = 256
    package static let requestsMax = 64
}
