internal import AuthorityTreaty
package import Certificates
package import Descriptors
internal import Loop
package import Passage
internal import Sockets
internal import Synchronization

/// A clock that tests turn: monotonic and wall time move together, unless the wall clock is set.
package final class TestClock: Sendable {
    private let ahead = Mutex<Int64>(0)
    private let stepped = Mutex<Int64>(0)

    package init() {}

    /// Moves on.
    package func turn(seconds: Int64) { ahead.withLock { $0 += seconds } }
    /// Somebody sets the wall clock, forward or back.
    package func step(seconds: Int64) { stepped.withLock { $0 += seconds } }
    package var wall: Int64 {
        Clocks.wallSeconds() + ahead.withLock { $0 } + stepped.withLock { $0 }
    }
    package var monotonic: UInt64 {
        Clocks.monotonic() + UInt64(ahead.withLock { $0 }) * 1_000_000_000
    }
    package var passages: PassageClock {
        PassageClock(monotonic: { self.monotonic }, wall: { self.wall })
    }
}

/// What a test needs is not there.
package struct Missing: Error {
    package init() {}
}

/// A small authority with labelled pairs, answered by hand.
package struct Office: ~Copyable {
    private let key = KeyPair()
    package let root: Certificate
    private var pairs: [(name: String, end: SharedDescriptor)] = []
    package let clock: TestClock

    package init(_ clock: TestClock = TestClock()) throws {
        guard
            let root = key.root(
                name: "root", notBefore: clock.wall - 60, notAfter: clock.wall + 1_000_000)
        else { throw Missing() }
        self.root = root
        self.clock = clock
    }

    private func answer(_ bytes: [UInt8], _ name: String) throws -> EnrolAnswer {
        let request = try EnrolRequest.decode(bytes)
        let isPublic = request.purpose == .open
        let wanted = CertificateRequest(
            commonName: name, names: [name], notBefore: clock.wall - 60,
            notAfter: clock.wall + 3_600, use: isPublic ? .server : .clientAndServer)
        guard let issued = key.issue(wanted, for: request.publicKey, under: root) else {
            return .refused(request.purpose, .key)
        }
        return .issued(
            request.purpose, certificate: issued.der, root: root.der, notAfter: issued.notAfter)
    }

    /// The service's end of a pair labelled with that name.
    package mutating func pair(_ name: String) throws -> SharedDescriptor {
        let ends = try LocalSocket.pair().split { SharedPair($0, $1) }
        pairs.append((name, ends.first))
        try ends.first.descriptor.setNonBlocking()
        return ends.second
    }

    /// Answers everything that waits; whoever has gone hears nothing.
    package mutating func serve() throws {
        for (name, end) in pairs {
            while case .message(let message)? = try? LocalSocket.receive(on: end.number) {
                let answer = try answer(message.bytes, name)
                _ = try? LocalSocket.send(answer.encode(), on: end.number)
            }
        }
    }
}

package struct SharedPair {
    package let first: SharedDescriptor
    package let second: SharedDescriptor

    package init(_ first: consuming Descriptor, _ second: consuming Descriptor) {
        self.first = SharedDescriptor(first)
        self.second = SharedDescriptor(second)
    }
}
