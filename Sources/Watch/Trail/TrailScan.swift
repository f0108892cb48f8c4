internal import Bytes
internal import Descriptors
internal import Digests

/// The next thing a scan finds.
enum ScanStep: Sendable, Equatable {
    /// A segment was opened, and its head continues the chain.
    case segment
    /// A frame whose hash continues the chain.
    case frame(TrailFrame)
    /// Nothing more; `unfinished` bytes of a frame or segment head lie behind the last one.
    case end(unfinished: UInt64)
    case bad(TrailFault)
    /// A file could not be read.
    case unreadable(String)
}

/// Reads frames in order over segment files and checks the chain; the one reader of everybody.
///
/// Reads no further than the sizes that were listed, so a trail that is being written has an end.
/// A step other than `segment` and `frame` is final.
struct TrailScan: ~Copyable {
    private let directory: TrailDirectory
    private let segments: [TrailDirectory.Segment]
    private var position: Int
    private var file: SharedDescriptor?
    private var buffer: [UInt8] = []
    private var start = 0
    private var unread: UInt64 = 0
    private var context = SHA256()
    private let chunk = 1 << 20

    /// The chain behind the last good frame.
    private(set) var link: ChainLink
    /// Segment being read, and the offset behind its last good frame.
    private(set) var segment: UInt64
    private(set) var offset: UInt64 = 0

    /// Starts at the first of `segments`, whose head must continue `link`.
    init(_ directory: TrailDirectory, _ segments: [TrailDirectory.Segment], from link: ChainLink) {
        self.directory = directory
        self.segments = segments
        self.link = link
        position = -1
        segment = segments.first?.number ?? 0
    }

    var name: String { TrailDirectory.name(ofSegment: segment) }

    private func fault(_ reason: TrailFault.Reason) -> ScanStep {
        .bad(TrailFault(reason, file: name, offset: offset, index: link.next))
    }

    mutating func next() -> ScanStep {
        do throws(SystemFailure) {
            while true {
                if file == nil {
                    return try openNext()
                }
                try fill(4)
                let left = buffer.count - start
                if left == 0 {
                    if position == segments.count - 1 { return .end(unfinished: 0) }
                    file = nil
                    continue
                }
                return try frame(left)
            }
        } catch {
            return .unreadable(error.description)
        }
    }

    /// Opens the next segment and checks its head.
    private mutating func openNext() throws(SystemFailure) -> ScanStep {
        guard position + 1 < segments.count else { return .end(unfinished: 0) }
        let expected = position < 0 ? segments[0].number : segment + 1
        position += 1
        offset = 0
        segment = expected
        guard segments[position].number == expected else { return fault(.segmentMissing) }
        file = SharedDescriptor(try Files.open(directory.segment(expected)))
        buffer.removeAll(keepingCapacity: true)
        start = 0
        unread = segments[position].size
        try fill(SegmentHead.bytes)
        guard buffer.count >= SegmentHead.bytes else {
            // A crash while a segment is made leaves a short head, but only in the last segment.
            return position == segments.count - 1
                ? .end(unfinished: UInt64(buffer.count)) : fault(.segmentCut)
        }
        let head = Array(buffer[..<SegmentHead.bytes])
        guard SegmentHead.decode(head, number: expected) == link else { return fault(.segmentHead) }
        link = SegmentHead.follow(link, head)
        start = SegmentHead.bytes
        offset = UInt64(start)
        return .segment
    }

    /// Makes at least `count` bytes available, unless the file ends before.
    private mutating func fill(_ count: Int) throws(SystemFailure) {
        guard buffer.count - start < count, unread > 0, let file else { return }
        buffer.removeFirst(start)
        start = 0
        while buffer.count < count, unread > 0 {
            let room = Int(min(UInt64(chunk), unread))
            switch try DescriptorIO.read(file.number, into: &buffer, limit: room) {
            case .bytes(let got): unread -= UInt64(got)
            case .end, .wouldBlock: unread = 0
            }
        }
    }

    private mutating func frame(_ left: Int) throws(SystemFailure) -> ScanStep {
        guard left >= 4 else { return unfinished(left) }
        var lengthReader = ByteReader(buffer, in: start..<start + 4)
        let length = Int((try? lengthReader.integer(UInt32.self)) ?? 0) + 4
        guard length > TrailFrame.overhead,
            length <= TrailFrame.overhead + TrailFrame.payloadMax
        else { return fault(.frameLength) }
        try fill(length)
        guard buffer.count - start >= length else { return unfinished(buffer.count - start) }
        let end = start + length
        let hashStart = end - SHA256.bytes
        context.update(link.hash)
        context.update(buffer, in: start..<hashStart)
        let hash = context.finish()
        guard buffer[hashStart..<end].elementsEqual(hash) else { return fault(.frameHash) }
        var reader = ByteReader(buffer, in: start + 4..<hashStart)
        guard let index = try? reader.integer(UInt64.self), index == link.next else {
            return fault(.frameIndex)
        }
        guard let origin = (try? reader.integer(UInt8.self)).flatMap({ TrailOrigin(rawValue: $0) })
        else { return fault(.frameOrigin) }
        let time = (try? reader.integer(UInt64.self)) ?? 0
        let payload = Array(buffer[start + TrailFrame.headBytes..<hashStart])
        link = ChainLink(hash: hash, next: index + 1)
        start = end
        offset += UInt64(length)
        return .frame(TrailFrame(index: index, origin: origin, time: time, payload: payload))
    }

    private func unfinished(_ count: Int) -> ScanStep {
        position == segments.count - 1
            ? .end(unfinished: UInt64(count)) : fault(.segmentCut)
    }
}
