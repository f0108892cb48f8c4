import Descriptors
import Glibc
import Loop
import Testing

@Suite("Event loop")
struct LoopTests {
    private func pair() -> (SharedDescriptor, SharedDescriptor) {
        var ends: [Int32] = [0, 0]
        unsafe socketpair(AF_UNIX, Int32(SOCK_SEQPACKET.rawValue), 0, &ends)
        return (
            SharedDescriptor(Descriptor(owning: ends[0])),
            SharedDescriptor(Descriptor(owning: ends[1]))
        )
    }

    @Test("a descriptor with bytes is reported by its token")
    func readable() throws {
        var loop = try EventLoop()
        let (left, right) = pair()
        try loop.add(left.number, token: 77, .readable)
        #expect(try loop.wait(timeoutMilliseconds: 0).isEmpty)
        try DescriptorIO.writeAll(right.number, [1, 2, 3])
        let ready = try loop.wait(timeoutMilliseconds: nil)
        #expect(ready.map(\.token) == [77])
        #expect(ready.first?.readable == true && ready.first?.hangup == false)
    }

    @Test("a closed peer is a readable hang-up")
    func hangup() throws {
        var loop = try EventLoop()
        let (left, right) = pair()
        try loop.add(left.number, token: 1, .readable)
        shutdown(right.number, Int32(SHUT_RDWR))
        let ready = try loop.wait(timeoutMilliseconds: nil)
        #expect(ready.first?.readable == true && ready.first?.hangup == true)
    }

    @Test("changed interest and removal take effect")
    func change() throws {
        var loop = try EventLoop()
        let (left, right) = pair()
        try loop.add(left.number, token: 1, .readable)
        try loop.change(left.number, token: 2, .writable)
        #expect(try loop.wait(timeoutMilliseconds: 0).map(\.token) == [2])
        try loop.remove(left.number)
        #expect(try loop.wait(timeoutMilliseconds: 0).isEmpty)
        _ = right.number
    }

    @Test("one wait reports no more than its capacity, the next the others")
    func capacity() throws {
        var loop = try EventLoop(capacity: 1)
        let (left, right) = pair()
        try loop.add(left.number, token: 1, .writable)
        try loop.add(right.number, token: 2, .writable)
        let first = try loop.wait(timeoutMilliseconds: 0).map(\.token)
        let second = try loop.wait(timeoutMilliseconds: 0).map(\.token)
        #expect(Set(first + second) == [1, 2])
    }

    @Test("adding a number twice or a closed one is a named failure")
    func refused() throws {
        let loop = try EventLoop()
        let (left, _) = pair()
        try loop.add(left.number, token: 1, .readable)
        #expect(throws: SystemFailure.self) {
            try loop.add(left.number, token: 2, .readable)
        }
        #expect(throws: SystemFailure.self) { try loop.add(-1, token: 2, .readable) }
    }

    @Test("a timer fires once, or until it is disarmed")
    func timer() throws {
        var loop = try EventLoop()
        let timer = try Timer()
        try loop.add(timer.number, token: 5, .readable)
        #expect(try loop.wait(timeoutMilliseconds: 0).isEmpty)
        try timer.arm(afterNanoseconds: 1000)
        #expect(try loop.wait(timeoutMilliseconds: nil).map(\.token) == [5])
        #expect(try timer.expirations() == 1)
        #expect(try timer.expirations() == 0)
        try timer.arm(afterNanoseconds: 1000, everyNanoseconds: 1000)
        try timer.disarm()
        #expect(try loop.wait(timeoutMilliseconds: 0).isEmpty)
    }

    @Test("a blocked signal is read with its sender")
    func signals() throws {
        let source = try SignalSource([SIGUSR2])
        var loop = try EventLoop()
        try loop.add(source.number, token: 9, .readable)
        // To this thread only: threads of the test runner have not blocked it.
        pthread_kill(pthread_self(), SIGUSR2)
        #expect(try loop.wait(timeoutMilliseconds: nil).map(\.token) == [9])
        #expect(try source.next()?.signal == SIGUSR2)
        #expect(try source.next() == nil)
    }

    @Test("a wake-up from anywhere makes the loop ready until it is cleared")
    func wakeup() throws {
        var loop = try EventLoop()
        let wakeup = try Wakeup()
        try loop.add(wakeup.number, token: 3, .readable)
        try wakeup.signal()
        try wakeup.signal()
        #expect(try loop.wait(timeoutMilliseconds: nil).map(\.token) == [3])
        try wakeup.clear()
        #expect(try loop.wait(timeoutMilliseconds: 0).isEmpty)
    }

    @Test("an ended process makes its descriptor readable")
    func process() throws {
        var pid: pid_t = 0
        var arguments: [UnsafeMutablePointer<CChar>?] = unsafe [strdup("true"), nil]
        let status = unsafe posix_spawn(&pid, "/bin/true", nil, nil, &arguments, nil)
        unsafe free(arguments[0])
        try #require(status == 0)
        var loop = try EventLoop()
        let process = try Descriptor.process(pid)
        try loop.add(process.number, token: 4, .readable)
        #expect(try loop.wait(timeoutMilliseconds: nil).first?.readable == true)
        _ = waitpid(pid, nil, 0)
        #expect(throws: SystemFailure.self) { _ = try Descriptor.process(pid) }
    }
}
