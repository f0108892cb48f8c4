// Seccomp: what a compartment's program may ask of the kernel.
//
// A role is a set of words; a word is a set of system calls, some with rules about arguments, each
// with its reason. The room turns a role into the classic BPF program that the jail loads, and
// never loads one itself. A program has at most 4,096 instructions, the kernel's own bound.

/// One thing a program can be permitted, in the manner of OpenBSD's pledge.
package enum Word: String, CaseIterable, Sendable, Comparable {
    /// Memory, signals, time, waiting, and reading and writing what is already open.
    case stdio
    /// Opening files for reading; the loader of a dynamically linked program needs it.
    case rpath
    /// Opening files for writing, and making, renaming and removing them.
    case wpath
    /// TCP connections to others, where the platform file has a flow for them.
    case inetClient = "inet-client"
    /// Listening on TCP ports, or accepting on listeners that were handed over.
    case inetServer = "inet-server"
    /// UDP sockets.
    case datagram
    /// Unix-domain sockets of its own.
    case unix
    /// Further threads.
    case thread
    /// Further processes, and signals to them.
    case fork
    /// Running other programs of its root.
    case exec
    /// The readiness message to the supervisor.
    case notify
    /// Sending and receiving events over handed sockets.
    case events
    /// System V shared memory.
    case shm
    /// Timers and signals as descriptors.
    case signals
    /// Executable memory made at run time.
    case wx
    /// Restricting itself further by a second filter or Landlock layer.
    case seal

    package static func < (left: Word, right: Word) -> Bool { left.rawValue < right.rawValue }
}

/// What a filter is made from: words, and the facts of the compartment that narrow them.
package struct Role: Sendable, Hashable {
    /// Sorted, without repetition; `stdio` and `rpath` are always among them.
    package let words: [Word]
    /// Number of the descriptor that holds the compartment's program: execveat takes only this.
    package let programDescriptor: UInt32
    /// It holds a listener made in the host's namespace.
    ///
    /// An inherited host socket must not become a way out, so such a role has no bind and no
    /// listen.
    package let holdsHostSocket: Bool
    /// At least one TCP flow begins here; without one, no word gives it sockets to dial with.
    package let dials: Bool

    package init(
        words: [Word], programDescriptor: UInt32, holdsHostSocket: Bool = false, dials: Bool = false
    ) {
        self.words = Set(words).union([.stdio, .rpath]).sorted()
        self.programDescriptor = programDescriptor
        self.holdsHostSocket = holdsHostSocket
        self.dials = dials
    }
}
