import Relay
import Testing

@Suite("Windows")
struct RelayTests {
    private func filled(_ keeping: Window.Keeping, _ count: UInt64, blocksMax: Int = 4) -> Window {
        var window = Window(keeping, blocksMax: blocksMax, bytesMax: 100)
        for block in 1...count {
            window.append(block, [[UInt8(block)], [0]])
            if keeping == .whileRoom { while window.next() != nil {} }
        }
        return window
    }

    /// Blocks that are sent when the consumer stands there; nil when the next one is gone.
    private func resumed(_ window: inout Window, _ block: UInt64) -> [UInt64]? {
        window.resume(behind: block) ? sent(&window) : nil
    }

    private func sent(_ window: inout Window) -> [UInt64] {
        var list: [UInt64] = []
        while let frame = window.next() {
            if frame.isLast { list.append(frame.block) }
        }
        return list
    }

    @Test("what is not released is sent again from where the consumer stands")
    func acknowledged() {
        var window = filled(.untilReleased, 4)
        #expect(window.isFull)
        let all = sent(&window)
        #expect(all == [1, 2, 3, 4])
        #expect(window.isFull)
        window.release(through: 2)
        #expect(!window.isFull && window.count == 2)
        let from2 = resumed(&window, 2)
        #expect(from2 == [3, 4])
        let from3 = resumed(&window, 3)
        #expect(from3 == [4])
        let gone = resumed(&window, 2)
        #expect(gone == nil)
        let ahead = resumed(&window, 9)
        #expect(ahead == [] && window.count == 0)
        window.append(5, [[5]])
        #expect(!window.hasNext)
    }

    @Test("what was sent leaves when room is needed, and its last block is repeated")
    func recent() {
        var window = filled(.whileRoom, 6)
        #expect(!window.isFull && window.count == 4)
        let from4 = resumed(&window, 4)
        #expect(from4 == [4, 5, 6])
        let from2 = resumed(&window, 2)
        #expect(from2 == [3, 4, 5, 6])
        let gone = resumed(&window, 1)
        #expect(gone == nil)
    }

    @Test("nothing that was not sent leaves: the window is full")
    func unsent() {
        var window = Window(.whileRoom, blocksMax: 2, bytesMax: 100)
        window.append(1, [[1]])
        window.append(2, [[2]])
        #expect(window.isFull)
        let one = window.next()
        #expect(one?.block == 1)
        #expect(!window.isFull)
    }

    @Test("no more bytes are under way than the window holds")
    func bytes() {
        var window = Window(.untilReleased, blocksMax: 9, bytesMax: 10)
        window.append(1, [[UInt8](repeating: 0, count: 8)])
        window.append(2, [[UInt8](repeating: 0, count: 8)])
        #expect(window.isFull)
        let one = window.next()
        #expect(one?.block == 1)
        #expect(!window.hasNext)
        window.release(through: 1)
        let two = window.next()
        #expect(two?.block == 2)
    }
}
