internal import Descriptors
package import Enrolment
package import Relay

/// One service as it runs, until it is killed.
package final class Seat<Work: Desk> {
    private var relay: Relay<Work>?
    private var authority: SharedDescriptor?

    package init() {}

    package func start(_ desk: Work, _ name: String, _ map: Map, _ office: inout Office) throws {
        // The old process had no time to say anything.
        relay = nil
        let authority = try office.pair(name)
        var next = try Relay(
            desk, name, map.table(name), authority: authority.number, events: nil)
        try office.serve()
        try next.attach()
        relay = consume next
        self.authority = authority
    }

    package func round(_ milliseconds: Int32 = 0) throws {
        _ = try relay?.round(timeoutMilliseconds: milliseconds)
    }

    package func read<Value>(_ look: (Work) -> Value) -> Value? {
        guard let here = relay.take() else { return nil }
        let value = look(here.desk)
        relay = consume here
        return value
    }

    package func change(_ change: (inout Work) -> Void) {
        guard var here = relay.take() else { return }
        change(&here.desk)
        relay = consume here
    }
}
