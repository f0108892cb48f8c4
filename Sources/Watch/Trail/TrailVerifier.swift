package import AuditTreaty
internal import Descriptors
package import Signatures

/// What a verified trail holds.
package struct TrailSummary: Sendable, Equatable {
    package var frames: UInt64 = 0
    /// Index of the first record that is here: not 0 where earlier segments were moved away.
    package var first: UInt64 = 0
    /// Events in the records that are here.
    package var events: UInt64 = 0
    /// Events known to be missing, by the frames and by the head.
    package var lost: UInt64 = 0
    package var segments = 0
    package var bytes: UInt64 = 0
    /// When the head was signed: nanoseconds since 1970.
    package var headTime: UInt64 = 0
    /// Frames behind the head: written in its last second, chained but not signed yet.
    package var unsigned: UInt64 = 0
    /// Bytes of an unfinished frame at the end; the writer cuts them at its next start.
    package var unfinished: UInt64 = 0
    /// The key that the verdict rests on.
    package var key: PublicKey

    package init(key: PublicKey) { self.key = key }
}

/// The outcome of checking a trail.
package enum TrailVerdict: Sendable, Equatable {
    case intact(TrailSummary)
    /// The first bad record.
    case bad(TrailFault)
    /// It could not be checked: what could not be read, and why.
    case unreadable(String)
}

/// Checks whole trails.
package enum TrailVerifier {
    /// Longest time, in nanoseconds, that frames behind a head may span: a writer signs every second.
    static let unsignedSpanMax: UInt64 = 10_000_000_000

    /// Checks every record from the first to the last, and the signed head.
    ///
    /// Without a key the one beside the trail is believed: then whoever could replace all of the
    /// directory could make a new trail. Costs one reading of all segments; any content is safe.
    /// With `partial`, segments before the first one may be elsewhere: then what is here is what
    /// the writer chained, up to what it signed, and nothing is said of what is not.
    package static func verify(
        _ directory: TrailDirectory, key: PublicKey? = nil, partial: Bool = false,
        each: (TrailFrame, EventMessage) -> Void = { _, _ in }
    ) -> TrailVerdict {
        guard Files.facts(of: directory.path)?.isDirectory == true else {
            return .unreadable("\(directory.path) is no directory that can be read")
        }
        guard let key = key ?? directory.statedKey() else {
            return .unreadable("\(directory.path)/key.public is missing or no key")
        }
        // The head first: whatever is written meanwhile lies behind it.
        guard let bytes = directory.headBytes() else {
            return .bad(TrailFault(.headMissing, file: "head", offset: 0, index: 0))
        }
        do throws(TrailFault.Reason) {
            let head = try TrailHead.open(bytes, key: key)
            return walk(directory, key, head, partial, each)
        } catch {
            return .bad(TrailFault(error, file: "head", offset: 0, index: 0))
        }
    }

    private static func walk(
        _ directory: TrailDirectory, _ key: PublicKey, _ head: TrailHead, _ partial: Bool,
        _ each: (TrailFrame, EventMessage) -> Void
    ) -> TrailVerdict {
        let segments: [TrailDirectory.Segment]
        do throws(SystemFailure) { segments = try directory.segments() } catch {
            return .unreadable(error.description)
        }
        let genesis = ChainLink.genesis(publicKey: key.encoded)
        var start = genesis
        if let first = segments.first, first.number != 0 {
            // A segment's head says where the chain stood; the signed hash behind it proves that.
            guard partial, let claim = TrailRecovery.claim(directory, first.number) else {
                let name = TrailDirectory.name(ofSegment: 0)
                return .bad(TrailFault(.segmentMissing, file: name, offset: 0, index: 0))
            }
            start = claim
        }
        var scan = TrailScan(directory, segments, from: start)
        var tally = Tally(head: head, isWhole: start == genesis)
        tally.place(start, segment: scan.segment, offset: 0)
        while true {
            switch scan.next() {
            case .segment: tally.place(scan.link, segment: scan.segment, offset: scan.offset)
            case .frame(let frame):
                let offset = scan.offset - UInt64(frame.payload.count + TrailFrame.overhead)
                func bad(_ reason: TrailFault.Reason) -> TrailVerdict {
                    .bad(
                        TrailFault(reason, file: scan.name, offset: offset, index: frame.index))
                }
                guard let message = try? EventMessage.decode(frame.payload) else {
                    return bad(.framePayload)
                }
                if frame.index >= head.frames {
                    guard tally.agrees else { return bad(.headDisagrees) }
                    guard tally.follows(frame) else { return bad(.headBehind) }
                }
                tally.add(frame, message)
                tally.place(scan.link, segment: scan.segment, offset: scan.offset)
                each(frame, message)
            case .bad(let fault): return .bad(fault)
            case .unreadable(let text): return .unreadable(text)
            case .end(let unfinished):
                return conclude(scan, tally, key, start.next, unfinished, segments)
            }
        }
    }

    private static func conclude(
        _ scan: borrowing TrailScan, _ tally: Tally, _ key: PublicKey, _ first: UInt64,
        _ unfinished: UInt64, _ segments: [TrailDirectory.Segment]
    ) -> TrailVerdict {
        let head = tally.head
        guard scan.link.next >= head.frames else {
            return .bad(
                TrailFault(
                    .truncated(missing: head.frames - scan.link.next), file: scan.name,
                    offset: scan.offset, index: scan.link.next))
        }
        guard tally.agrees else { return .bad(TrailFault(.headDisagrees, file: "head")) }
        var summary = TrailSummary(key: key)
        summary.frames = scan.link.next
        summary.first = first
        summary.events = tally.events
        summary.lost = tally.lost &+ head.pending
        summary.segments = segments.count
        summary.bytes = segments.reduce(0) { $0 &+ $1.size }
        summary.headTime = head.time
        summary.unsigned = scan.link.next - head.frames
        summary.unfinished = unfinished
        return .intact(summary)
    }
}

/// Running totals over frames, compared with the head where it stands.
struct Tally: Sendable {
    let head: TrailHead
    private(set) var events: UInt64
    private(set) var lost: UInt64
    /// Whether the chain passed exactly through what the head signed.
    private(set) var agrees = false
    private var firstUnsigned: UInt64?
    /// Every frame since the first is counted, or in the head that counting began from.
    private let isWhole: Bool

    /// Counts from the first frame, or from those that an earlier head covers.
    init(head: TrailHead, from start: TrailHead? = nil, isWhole: Bool = true) {
        self.head = head
        self.isWhole = isWhole
        events = start?.events ?? 0
        lost = start?.lost ?? 0
    }

    mutating func add(_ frame: TrailFrame, _ message: EventMessage) {
        let (kept, missing) = Self.count(frame.origin, message)
        events &+= kept
        lost &+= missing
    }

    /// Events that a frame keeps, and events that it says are missing.
    static func count(_ origin: TrailOrigin, _ message: EventMessage) -> (UInt64, UInt64) {
        guard origin == .writer else { return (UInt64(message.events.count), 0) }
        var missing: UInt64 = 0
        for event in message.events {
            switch event {
            case .shed(let count), .resumed(let count): missing &+= count
            default: break
            }
        }
        return (0, missing)
    }

    /// Notes where the chain stands behind a frame or a segment's head.
    ///
    /// The head may be signed on either side of a segment's beginning.
    mutating func place(_ link: ChainLink, segment: UInt64, offset: UInt64) {
        guard link.next == head.frames else { return }
        if link.hash == head.hash, segment == head.segment, offset == head.offset,
            !isWhole || (events == head.events && lost == head.lost)
        {
            agrees = true
        }
    }

    /// Whether an unsigned frame is close enough to the first one.
    mutating func follows(_ frame: TrailFrame) -> Bool {
        let first = firstUnsigned ?? frame.time
        firstUnsigned = first
        return frame.time <= first || frame.time - first <= TrailVerifier.unsignedSpanMax
    }
}
