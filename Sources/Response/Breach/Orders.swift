package import Addresses

/// An address and port that the probe tries, and why no flow of its compartment leads there.
package struct Target: Sendable, Equatable {
    package enum Kind: UInt8, Sendable, Equatable {
        /// A port that another service declares.
        case declared = 1
        /// A port at another service's address that nobody declares.
        case undeclared = 2
        /// An address outside the platform.
        case outside = 3
        /// A canary that listens on the host's loopback.
        case hostLoopback = 4
    }
    package var kind: Kind
    package var address: Address
    /// 6 TCP or 17 UDP.
    package var transport: UInt8
    package var port: UInt16

    package init(_ kind: Kind, _ address: Address, transport: UInt8 = 6, port: UInt16) {
        self.kind = kind
        self.address = address
        self.transport = transport
        self.port = port
    }
}

/// A path that is not the compartment's own, as the host writes it.
package struct VictimPath: Sendable, Equatable {
    package enum Kind: UInt8, Sendable, Equatable {
        /// Another service's state directory or a file in it.
        case state = 1
        /// A trail's directory or a file in it.
        case trail = 2
        /// The supervisor's control socket.
        case control = 3
        /// Another service's notify socket.
        case notify = 4
    }
    package var kind: Kind
    package var path: String

    package init(_ kind: Kind, _ path: String) {
        self.kind = kind
        self.path = path
    }
}

/// A host process that the probe tries to see, read, signal or trace.
package struct Victim: Sendable, Equatable {
    package enum Kind: UInt8, Sendable, Equatable {
        case service = 1
        /// Supervisor, sensor or trail writer.
        case watch = 2
    }
    package var kind: Kind
    /// In the host's pid namespace.
    package var pid: UInt32

    package init(_ kind: Kind, pid: UInt32) {
        self.kind = kind
        self.pid = pid
    }
}

/// What a compartment may take, so that the probe knows when a limit did not hold.
package struct Allowance: Sendable, Equatable {
    package var memoryBytes: UInt64
    package var processes: UInt32
    package var files: UInt32
    package var diskBytes: UInt64
    /// Size of each scratch mount.
    package var scratchBytes: UInt64

    package init(
        memoryBytes: UInt64, processes: UInt32, files: UInt32, diskBytes: UInt64,
        scratchBytes: UInt64
    ) {
        self.memoryBytes = memoryBytes
        self.processes = processes
        self.files = files
        self.diskBytes = diskBytes
        self.scratchBytes = scratchBytes
    }
}

/// What a probe is told: written by the runner, the victims added by the supervisor.
package struct Orders: Sendable, Equatable {
    /// Index of the compartment whose place the probe takes.
    package var compartment: UInt16
    package var address: Address
    /// The program's own path in the root.
    package var program: String
    package var state: String
    package var allowance: Allowance
    /// Addresses of other compartments, for forged senders.
    package var neighbours: [Address]
    package var targets: [Target]
    package var paths: [VictimPath]
    /// Ids of `Technique`, in the order to run.
    package var techniques: [String]
    /// Marks what this drill sends, so that a witness knows it again.
    ///
    /// 16 bytes.
    package var nonce: [UInt8]
    /// Name of an abstract socket that the runner holds on the host; empty for none.
    package var abstractName: String
    /// Key of a System V segment that the runner holds on the host; 0 for none.
    package var sharedKey: UInt32
    package var victims: [Victim]

    package init(compartment: UInt16, address: Address, program: String, allowance: Allowance) {
        self.compartment = compartment
        self.address = address
        self.program = program
        self.allowance = allowance
        state = "/state"
        neighbours = []
        targets = []
        paths = []
        techniques = []
        nonce = [UInt8](repeating: 0, count: Self.nonceBytes)
        abstractName = ""
        sharedKey = 0
        victims = []
    }

    package static let nonceBytes = 16
    /// Most bytes of encoded orders.
    package static let bytesMax = 256 << 10
}
