package import Addresses

/// A system call that was refused, or an attempt that a check of the probe's own ended.
package struct Refusal: Error, Sendable, Equatable {
    /// Its number; nil when no single call decided.
    package var call: UInt16?
    /// 0 when it was not an error number that told.
    package var errno: Int32
    /// The signal that ended the child that tried; 0 for none.
    package var signal: UInt8
    /// As the call got them: six.
    package var arguments: [UInt64]
    /// What was tried, or what was seen instead of success.
    package var detail: String

    package init(
        call: UInt16?, errno: Int32, signal: UInt8 = 0, arguments: [UInt64] = [], detail: String
    ) {
        self.call = call
        self.errno = errno
        self.signal = signal
        self.arguments = arguments
        self.detail = detail
    }
}

/// A packet that an attempt sent, or tried to: what a wall's record must name.
package struct Touch: Sendable, Equatable, Hashable {
    /// IP protocol number.
    package var transport: UInt8
    package var address: Address
    /// 0 where the protocol has none.
    package var port: UInt16

    package init(transport: UInt8, address: Address, port: UInt16) {
        self.transport = transport
        self.address = address
        self.port = port
    }
}

/// What an attempt came to, as the probe saw it.
package enum Outcome: Sendable, Equatable {
    case stopped(Refusal)
    /// The call succeeded; only a witness or a wall's record says whether anything arrived.
    case sent(String)
    /// Proved by its effect, which is named.
    case through(String)
    /// There is nothing of the kind to attack, or this kernel lacks what is attacked.
    case inapplicable(String)
    case couldNotRun(String)
}

/// One technique tried once.
package struct Trial: Sendable, Equatable {
    package var id: String
    /// Nanoseconds since 1970.
    package var begin: UInt64
    package var end: UInt64
    package var outcome: Outcome
    package var touches: [Touch]
    /// Compartments that were attacked, whose trails must tell.
    package var targets: [String] = []
    /// What the same way does when it is honest: without it being stopped proves nothing.
    package var control = ""

    package init(
        id: String, begin: UInt64, end: UInt64, outcome: Outcome, touches: [Touch] = []
    ) {
        self.id = id
        self.begin = begin
        self.end = end
        self.outcome = outcome
        self.touches = touches
    }
}

/// What the probe found itself to be; nil where its filter lets it not ask.
package struct Identity: Sendable, Equatable {
    package var uid: UInt32?
    package var gid: UInt32?
    package var effective: UInt64?
    package var permitted: UInt64?
    package var noNewPrivileges: Bool?
    /// 0 none, 2 filter.
    package var seccomp: UInt8?
    package var descriptors: [UInt32]

    /// Descriptors are asked for below this number: more than a jail hands over.
    package static let descriptorsMax: UInt32 = 128

    package init(
        uid: UInt32?, gid: UInt32?, effective: UInt64?, permitted: UInt64?,
        noNewPrivileges: Bool?, seccomp: UInt8?, descriptors: [UInt32]
    ) {
        self.uid = uid
        self.gid = gid
        self.effective = effective
        self.permitted = permitted
        self.noNewPrivileges = noNewPrivileges
        self.seccomp = seccomp
        self.descriptors = descriptors
    }
}

/// A packet that a witness saw arrive where it must not.
package struct Sighting: Sendable, Equatable {
    package var time: UInt64
    /// Interface on which it went out, as the kernel names it.
    package var interface: String
    package var source: Address
    package var touch: Touch

    package init(time: UInt64, interface: String, source: Address, touch: Touch) {
        self.time = time
        self.interface = interface
        self.source = source
        self.touch = touch
    }
}

/// One message on the report descriptor.
package enum Report: Sendable, Equatable {
    case identity(Identity)
    /// The attempt begins; if nothing follows, it ended the probe.
    case began(id: String, time: UInt64)
    case ended(Trial)
    case sighting(Sighting)
    /// A listener of the attempt that runs waits for connections from elsewhere.
    case listening(port: UInt16)
    case finished(trials: UInt32)
    /// What an envoy took from the service in whose place it sits.
    case loot(Loot)
    /// The attempt that runs waits for something that others bring about.
    case prompt(String)
}
